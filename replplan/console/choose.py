"""Which view fits where a plan is watched."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from replplan.console.plain import PlainView
from replplan.console.view import View


def view_for(stream: TextIO, quiet: bool = False, *, trace: str | Path | None = None) -> View:
    """The view for a stream: live on a real terminal, plain lines elsewhere, none if `quiet`.

    A terminal that cannot move its cursor (TERM=dumb) or does not speak Unicode gets plain lines
    too; NO_COLOR keeps the live view and takes its colours away.
    """
    if quiet:
        return View(trace=trace)
    if not stream.isatty():
        return PlainView(stream, trace=trace)
    from rich.console import Console

    from replplan.console.live import LiveView

    console = Console(file=stream, markup=False, highlight=False, emoji=False)
    able = console.is_interactive and not console.is_dumb_terminal
    if able and console.encoding.startswith("utf"):
        return LiveView(console, trace=trace)
    return PlainView(stream, trace=trace)
