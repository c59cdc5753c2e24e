"""The trajectory that a demonstration was kept with: thoughts, actions, observations.

It stands in the notebook's metadata, under `replplan`, as a list of objects:
`{"thought": "...", "action": "go to shelf 1", "observation": "You arrive ..."}`. So one notebook
shows a task to methods that write code and to those that only act.
"""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from replplan.errors import ConfigError
from replplan.pool import Demonstration
from replplan.record import Record


class Move(Record):
    """One action, the thought before it and the observation after it."""

    action: str
    observation: str = ""
    thought: str = ""


_MOVES: TypeAdapter[tuple[Move, ...]] = TypeAdapter(tuple[Move, ...])


def trajectory_of(demonstration: Demonstration) -> tuple[Move, ...]:
    """The trajectory of a demonstration; empty where it was kept without.

    Raises:
        ConfigError: what stands in its place is no trajectory.
    """
    try:
        return _MOVES.validate_python(demonstration.about.get("trajectory", ()))
    except ValidationError as e:
        first = e.errors()[0]
        where = "/".join(["replplan", "trajectory", *map(str, first["loc"])])
        raise ConfigError(
            f"{demonstration.source}: {where} in its metadata is wrong: {first['msg']}"
        ) from e
