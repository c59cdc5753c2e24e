"""A feed that a plan of this process fills while its trace is written: it takes bounded room, and
holds the plan up never, however slow the screen is."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from replplan.errors import TraceError
from replplan.events import Event
from replplan.trace import read_event
from replplan_tui.feed import Feed, without_messages

WAITING = 10_000
"""Events that wait for the screen at most; the ones behind them are read out of the trace."""


class BoundedFeed(Feed):
    """Events of a plan on their way to a screen that may be slower than the plan.

    Where too many wait, the ones that follow are not kept, and the screen reads them out of the
    trace when it comes to them. What no trace holds, such as the pieces of a completion, is left
    out then. Each event is to be written before it is `put`.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._door = threading.Lock()
        self._told = self._taken = 0
        self._rereads = False
        self._lines = self._offset = 0

    @property
    def pending(self) -> int:
        """How many wait to be shown, here and in the trace."""
        return max(len(self._events), self._told - self._taken)

    def put(self, event: Event) -> None:
        """Take an event in, or leave it to the trace; any thread may, and none waits."""
        with self._door:
            self._told += not event.transient
            if not self._rereads and len(self._events) < WAITING:
                self._events.append(event)
            elif not event.transient:
                self._rereads = True

    def take(self, seconds: float) -> Iterator[Event]:
        """Give events out, for so long at most."""
        until = time.perf_counter() + seconds
        for event in super().take(seconds):
            self._taken += not event.transient
            yield event
        if self._rereads and not self._events:
            try:
                with self.path.open("rb") as file:
                    yield from self._reread(file, until)
            except (OSError, TraceError) as e:
                self.problem = f"the screen fell behind, and some of the plan is not shown: {e}"
                self._catch_up(self._told)

    def _reread(self, file: IO[bytes], until: float) -> Iterator[Event]:
        file.seek(self._offset)
        while not self._catch_up(self._taken) and time.perf_counter() < until:
            line = file.readline()
            self._lines, self._offset = self._lines + 1, file.tell()
            if self._lines > self._taken:
                self._taken += 1
                event = read_event(without_messages(line), f"{self.path}, line {self._lines}")
                yield event

    def _catch_up(self, taken: int) -> bool:
        """Whether all has been taken that was told; what is told from now on waits here again."""
        with self._door:
            self._taken = taken
            self._rereads = taken < self._told
            return not self._rereads
