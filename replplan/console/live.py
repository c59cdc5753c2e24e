"""The live view: a plan as it scrolls up in a terminal, what is under way at the bottom."""

from __future__ import annotations

import logging
import queue
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from replplan.console.board import Block, Board, Shown
from replplan.console.gauge import Gauge
from replplan.console.screen import Page, Scrolled, drawn
from replplan.console.view import View
from replplan.events import Event

log = logging.getLogger(__name__)

PERIOD = 0.1
"""Seconds from one refresh to the next."""


class LiveView(View):
    """Shows a plan on a terminal: finished cells scroll up, running ones are live below.

    An event is only put into a queue, so that no terminal holds up a plan; a thread of the view
    takes it from there and draws, ten times a second at most. `trace` is the path of the trace,
    shown at the end; it may be set while the plan runs.
    """

    def __init__(self, console: Console, *, trace: str | Path | None = None) -> None:
        self.console = console
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._board, self._gauge = Board(), Gauge()
        self._board.teller.trace = trace
        self._bottom: list[Text] = []
        self._broken = False
        self._drawing = threading.Lock()
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._draw_on, name="replplan-view", daemon=True)
        self._live = Live(
            self,
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=sys.stdout.isatty(),
            redirect_stderr=sys.stderr.isatty(),
            vertical_overflow="crop",
        )

    @property
    def trace(self) -> str | Path | None:
        """The path of the trace."""
        return self._board.teller.trace

    @trace.setter
    def trace(self, trace: str | Path | None) -> None:
        self._board.teller.trace = trace

    def __call__(self, event: Event) -> None:
        """Take an event; it is shown with the next refresh."""
        if not self._broken:
            self._events.put(event)

    def __enter__(self) -> Self:
        self._live.start()
        self._thread.start()
        return self

    def close(self) -> None:
        """Show the end, and give the terminal back."""
        self._left.set()
        self._thread.join()
        self._guarded(self._end)
        self._guarded(self._live.stop)

    def refresh(self) -> None:
        """Show all that has happened up to now."""
        with self._drawing:
            blocks: list[Block] = []
            while not self._events.empty():
                event = self._events.get()
                self._gauge.tell(event)
                blocks += self._board.tell(event)
            self._bottom = self._below()
            self._print(blocks)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """What is under way, and the status bar."""
        yield from drawn(self._bottom, console)

    def _end(self) -> None:
        self.refresh()
        self._bottom = []
        told = [Shown(item) for item in self._board.teller.where()]
        self._print([*self._board.finish(), Block("", 0, told)])

    def _print(self, blocks: list[Block]) -> None:
        if blocks:
            self.console.print(Scrolled(blocks), end="")
        else:
            self._live.refresh()

    def _draw_on(self) -> None:
        while not self._broken and not self._left.wait(PERIOD):
            self._guarded(self.refresh)

    def _guarded(self, draw: Callable[[], None]) -> None:
        """Draw; a terminal that is gone ends the view, not the plan."""
        try:
            draw()
        except (OSError, ValueError) as error:
            log.warning("The view of the plan ends, its terminal is gone: %s", error)
            self._broken = True

    def _below(self) -> list[Text]:
        if not self._gauge.running:
            return []
        width, height = self.console.size
        page, panes = Page(self.console, width - 1), self._board.at_work
        most = max(height - 3, 1)
        shown = panes[: most // 4 or 1]
        rows = _fitted([page.under_way(pane, len(panes) > 1) for pane in shown], most)
        if len(panes) > len(shown):
            rows.append(Text(f"  … and {len(panes) - len(shown)} more at work", "dim"))
        rows.append(self._gauge.bar(self._board.current, width - 1))
        for row in rows:
            row.truncate(width - 1)
        return rows


def _fitted(parts: list[list[Text]], most: int) -> list[Text]:
    """The ends of all parts, so that they fill `most` rows together and none takes all."""
    room = most
    kept: list[list[Text]] = [[] for _ in parts]
    for done, (place, part) in enumerate(sorted(enumerate(parts), key=lambda p: len(p[1]))):
        share = room // (len(parts) - done)
        kept[place] = part if len(part) <= share else [part[0], *part[len(part) - share + 1 :]]
        room -= len(kept[place])
    return [row for part in kept for row in part]
