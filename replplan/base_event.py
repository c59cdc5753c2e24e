"""What every event has."""

from __future__ import annotations

from typing import ClassVar

from replplan.record import Record


class BaseEvent(Record):
    """`time` is in seconds since the epoch; `session` the id of the session it belongs to."""

    transient: ClassVar[bool] = False

    time: float = 0.0
    session: str = "root"
