"""What of a method is switched on: each switch that is off is a row of an ablation table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Step = Literal["cell", "statement"]


@dataclass(frozen=True)
class Switches:
    """What a planner gives its sessions, in their prompts and in their cells alike.

    Attributes:
        demonstrations: prompts begin with demonstrations from the pool.
        children: an undefined call is a sub-task; without, it is Python's own `NameError`.
        ask: cells may ask fuzzy questions.
        step: what a model writes a turn: a whole cell, or one statement as in the paper.
    """

    demonstrations: bool = True
    children: bool = True
    ask: bool = True
    step: Step = "cell"

    @property
    def changed(self) -> tuple[str, ...]:
        """What is not as REPL-Plan has it, in words for a method's name."""
        names = ("demonstrations", "children", "ask")
        off = tuple(f"no-{name}" for name in names if not getattr(self, name))
        return off if self.step == "cell" else (*off, self.step)


ALL_ON = Switches()
"""REPL-Plan as it is meant."""
