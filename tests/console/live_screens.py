"""The live view on a terminal: what it holds, and what stands at its bottom."""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich.console import Console
from terminal import Terminal

from replplan.console import LiveView
from replplan.console.gauge import Gauge
from replplan.events import (
    Event,
)


def console(width: int = 80, height: int = 24, **more: object) -> Console:
    return Console(
        file=io.StringIO(), force_terminal=True, width=width, height=height, _environ={}, **more
    )  # type: ignore[arg-type]


def standing(screen: Console) -> LiveView:
    """A view on a screen, for which no time passes."""
    view = LiveView(screen)
    view._gauge = Gauge(lambda: 0.0)
    return view


def written(screen: Console) -> str:
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def scrolled(
    events: Iterable[Event], width: int = 80, trace: str | None = None, each: bool = True
) -> str:
    """What a terminal holds when all is over; drawn anew after `each` event."""
    screen = console(width)
    with LiveView(screen, trace=trace) as view:
        for event in events:
            view(event)
            if each:
                view.refresh()
    return Terminal(width).feed(written(screen)).text


def below(events: Iterable[Event], width: int = 80, height: int = 24) -> list[str]:
    """The lines at the bottom of the screen while a plan is at work."""
    screen = console(width, height)
    view = standing(screen)
    for event in events:
        view(event)
    view.refresh()
    with screen.capture() as captured:
        screen.print(view)
    return Terminal(width).feed(captured.get()).text.rstrip("\n").split("\n")
