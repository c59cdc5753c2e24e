"""One household game, and how each method is made to say the same actions."""

from __future__ import annotations

from plans import Played, cell, play

from replplan.limits import Limits
from replplan.method import Planner
from replplan.model import ScriptedModel
from replplan_domains.alfworld import ALFWorld

TASK = "demo-pick"
WIN = (
    "go to shelf 2",
    "take alarmclock 1 from shelf 2",
    "go to sidetable 1",
    "move alarmclock 1 to sidetable 1",
)


def as_cells(actions: list[str]) -> list[str]:
    """One action a reply, in code."""
    return [cell(f"print(act({a!r}))") for a in actions]


def as_steps(actions: list[str]) -> list[str]:
    """One action a reply, as ReAct writes them."""
    return [f"Thought: I try {a}.\nAction: {a}" for a in actions]


WRITERS = {"repl-plan": as_cells, "flat": as_cells, "code": as_cells, "react": as_steps}


def actor(method: str, actions: list[str]) -> ScriptedModel:
    """A model that does these actions in a method's own form."""
    return ScriptedModel(WRITERS[method](list(actions)))


async def play_game(
    model: ScriptedModel, planner: Planner, limits: Limits | None = None, **options: int
) -> Played:
    """Play the game to its end."""
    return await play(model, limits, ALFWorld(**options), TASK, planner)
