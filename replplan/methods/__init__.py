"""Methods by name: REPL-Plan, and the ones it is measured against, as planners of one core."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from replplan.errors import ConfigError
from replplan.methods.code import CodePlanner
from replplan.methods.react import ReactPlanner
from replplan.planner import ReplPlanner, TurnPlanner
from replplan.switches import ALL_ON, Switches, turned


class _Method(NamedTuple):
    """What makes its planner, and which switches mean anything to it."""

    planner: Callable[[str, Switches], TurnPlanner]
    has: frozenset[str]


_METHODS = {
    "repl-plan": _Method(
        ReplPlanner,
        frozenset({"demonstrations", "children", "ask", "step", "hints", "buggy", "without"}),
    ),
    "react": _Method(ReactPlanner, frozenset({"demonstrations"})),
    "code": _Method(CodePlanner, frozenset({"demonstrations", "ask", "hints", "buggy"})),
    "flat": _Method(ReplPlanner, frozenset({"demonstrations", "ask", "step", "hints", "buggy"})),
}
METHODS = tuple(_METHODS)
"""The names of all methods."""

_FLAGS = {
    "children": "--no-children",
    "ask": "--no-ask",
    "step": "--step statement",
    "hints": "--hints",
    "buggy": "buggy",
    "without": "without-NAME",
}


def make_planner(name: str = "repl-plan", switches: Switches = ALL_ON) -> TurnPlanner:
    """The planner of a method.

    Args:
        name: one of `METHODS`.
        switches: what of the method is on; what it never had need not be switched off. Those that
            are off enter the planner's name: "repl-plan/no-children".

    Raises:
        ConfigError: there is no such method, or it never had what is switched off.
    """
    if name not in _METHODS:
        raise ConfigError(f"there is no method {name!r}; there are: {', '.join(METHODS)}")
    method = _METHODS[name]
    for switch, flag in _FLAGS.items():
        if switch not in method.has and getattr(switches, switch) != getattr(ALL_ON, switch):
            raise ConfigError(f"{flag} means nothing for the method {name}: leave it out")
    own = replace(
        switches,
        children=switches.children and "children" in method.has,
        ask=switches.ask and "ask" in method.has,
    )
    return method.planner("/".join([name, *switches.changed]), own)


def planner_named(name: str, switches: Switches = ALL_ON) -> TurnPlanner:
    """The planner of a name as tables have it: "repl-plan", "repl-plan/no-children/no-ask".

    Args:
        name: a method, and the switches that are turned.
        switches: how the others stand.

    Raises:
        ConfigError: as `make_planner`, or a part of the name is no switch.
    """
    method, *words = name.split("/")
    return make_planner(method, turned(words, switches))


__all__ = [
    "METHODS",
    "CodePlanner",
    "ReactPlanner",
    "Switches",
    "make_planner",
    "planner_named",
]
