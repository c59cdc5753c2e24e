"""What every event has."""

from __future__ import annotations

from typing import ClassVar, Literal

from replplan.record import Record

Fault = Literal["model", "kernel", "world", "host", "replplan"]
"""Where the trouble lies that made a plan fail; `host`: the process in which it was played."""


class BaseEvent(Record):
    """`time` is in seconds since the epoch; `session` the id of the session it belongs to."""

    transient: ClassVar[bool] = False

    time: float = 0.0
    session: str = "root"
