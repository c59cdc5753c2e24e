"""Which view fits where a plan is watched."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TextIO

from replplan.console.plain import PlainView
from replplan.events import Event


class View(Protocol):
    """A sink that is a context manager. `trace` is the path to name at the end, if any."""

    trace: str | Path | None

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None: ...

    def __call__(self, event: Event) -> None:
        """Take an event. Never raises."""
        ...


class SilentView:
    """Shows nothing."""

    def __init__(self, *, trace: str | Path | None = None) -> None:
        self.trace = trace

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        pass

    def __call__(self, event: Event) -> None:
        """Pass over an event."""


def view_for(stream: TextIO, quiet: bool = False, *, trace: str | Path | None = None) -> View:
    """The view for a stream: live on a real terminal, plain lines elsewhere, none if `quiet`.

    A terminal that cannot move its cursor (TERM=dumb) or does not speak Unicode gets plain lines
    too; NO_COLOR keeps the live view and takes its colours away.
    """
    if quiet:
        return SilentView(trace=trace)
    if not stream.isatty():
        return PlainView(stream, trace=trace)
    from rich.console import Console

    from replplan.console.live import LiveView

    console = Console(file=stream, markup=False, highlight=False, emoji=False)
    able = console.is_interactive and not console.is_dumb_terminal
    if able and console.encoding.startswith("utf"):
        return LiveView(console, trace=trace)
    return PlainView(stream, trace=trace)
