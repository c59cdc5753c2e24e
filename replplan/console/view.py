"""What the views of a plan have in common."""

from __future__ import annotations

from pathlib import Path

from replplan.closing import Closing
from replplan.events import Event


class View(Closing):
    """A sink of events that is a context manager. This one shows nothing.

    Args:
        trace: the path of the trace, to be named at the end, if any; may be set until then.
    """

    trace: str | Path | None

    def __init__(self, *, trace: str | Path | None = None) -> None:
        self.trace = trace

    def __call__(self, event: Event) -> None:
        """Take an event. Never raises."""
