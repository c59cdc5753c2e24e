"""Environments that are known: what is to be done in each, and how its actions are called."""

from __future__ import annotations

from typing import Any, NamedTuple

LAKE = "FrozenLake-v1"
_ICE = "walk from S to G over the frozen F, not into a hole H. Brackets mark where you are"


class Preset(NamedTuple):
    """An environment.

    Attributes:
        goal: what is to be done.
        actions: the names of its actions, in order.
        options: for `gymnasium.make`.
        ends_well: whether it ends by success alone, whatever its rewards.
    """

    goal: str
    actions: tuple[str, ...]
    options: dict[str, Any]
    ends_well: bool = False


_WALK = ("left", "down", "right", "up")
PRESETS: dict[str, Preset] = {
    LAKE: Preset(_ICE, _WALK, {"is_slippery": False}),
    "FrozenLake8x8-v1": Preset(_ICE, _WALK, {"is_slippery": False}),
    "Taxi-v4": Preset(
        "fetch the passenger, at the letter in round brackets, and drop him at the one in pointed"
        " brackets. The taxi is in square brackets while empty, in curly ones with him. Walls are"
        " |; : can be passed",
        ("south", "north", "east", "west", "pickup", "dropoff"),
        {},
        ends_well=True,
    ),
    "CliffWalking-v1": Preset(
        "walk from x, bottom left, to T. C is the cliff: whoever steps there starts again",
        ("up", "right", "down", "left"),
        {"max_episode_steps": 100},
        ends_well=True,
    ),
}
