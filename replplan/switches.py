"""What of a method is switched on: each switch that is off is a row of an ablation table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from replplan.errors import ConfigError

Step = Literal["cell", "statement"]
Hints = Literal["none", "errors", "all"]


_HINTS = {"none": "no-hints", "errors": "error-hints", "all": "all-hints"}
_WORDS: dict[str, dict[str, Any]] = {
    "no-demonstrations": {"demonstrations": False},
    "no-children": {"children": False},
    "no-ask": {"ask": False},
    "statement": {"step": "statement"},
    "no-hints": {"hints": "none"},
    "error-hints": {"hints": "errors"},
    "all-hints": {"hints": "all"},
    "buggy": {"buggy": True},
    "shown": {"shown": True},
}
_WITHOUT = "without-"


@dataclass(frozen=True)
class Switches:
    """What a planner gives its sessions, in their prompts and in their cells alike.

    Attributes:
        demonstrations: prompts begin with demonstrations from the pool.
        children: an undefined call is a sub-task; without, it is Python's own `NameError`.
        ask: cells may ask fuzzy questions.
        step: what a model writes a turn: a whole cell, or one statement as in the paper.
        hints: what is shown that helps to repair a cell: "errors" for names, keys and attributes
            near to those of a Python error; "all" for these and, after an action that the world
            refused, for the admissible ones near to it, which no method of the papers is told;
            None for all, but for errors alone to a model that was taught its world: it goes on
            seeing what it was taught with.
        buggy: there is a bug in each demonstration, put in on purpose.
        shown: demonstrations are shown to a model that was taught as well, which needs none.
        without: REPL names whose demonstrations are not shown.
    """

    demonstrations: bool = True
    children: bool = True
    ask: bool = True
    step: Step = "cell"
    hints: Hints | None = None
    buggy: bool = False
    shown: bool = False
    without: tuple[str, ...] = ()

    @property
    def changed(self) -> tuple[str, ...]:
        """What is not as REPL-Plan has it, in words for a method's name."""
        names = ("demonstrations", "children", "ask")
        off = tuple(f"no-{name}" for name in names if not getattr(self, name))
        off += () if self.step == "cell" else (self.step,)
        off += (_HINTS[self.hints],) if self.hints else ()
        off += tuple(name for name in ("buggy", "shown") if getattr(self, name))
        return (*off, *(_WITHOUT + name for name in self.without))


ALL_ON = Switches()
"""REPL-Plan as it is meant."""


def turned(words: Sequence[str], switches: Switches = ALL_ON) -> Switches:
    """These switches, turned as the words of a method's name say.

    Raises:
        ConfigError: a word is none of them.
    """
    for word in words:
        name = word.removeprefix(_WITHOUT)
        if name != word and name.isidentifier():
            switches = replace(switches, without=(*switches.without, name))
        elif word in _WORDS:
            switches = replace(switches, **_WORDS[word])
        else:
            known = ", ".join([*_WORDS, f"{_WITHOUT}NAME"])
            raise ConfigError(f"{word!r} is no switch of a method; there are: {known}")
    return switches
