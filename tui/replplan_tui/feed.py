"""Where events come from: a trace, also one that is still being written, or a plan of this process.

A feed takes events in on a thread of its own, and the screen takes them out when it can: a slow
terminal holds up neither the plan nor the reading.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO

from replplan.errors import TraceError
from replplan.events import Event, PlanFinished
from replplan.trace import read_event
from replplan_tui.page import Leap
from replplan_tui.story_state import KEPT

AHEAD, AHEAD_BYTES = 20_000, 1 << 25
"""Events that a reader may be ahead of the screen, and bytes of a trace."""

LONG = 1 << 26
"""Bytes of a trace from which on its events are counted first, since only so many are kept."""

_POLL, _BLOCK, _LONGEST = 0.2, 1 << 20, 1 << 26
_CALLED = re.compile(
    rb'\{"time":[\d.e+]+,"session":"[^"\\]*","type":"model_called","purpose":"\w+"'
)


class Feed:
    """Events on their way to a screen.

    Attributes:
        path: the trace that holds them.
        problem: why there are no more, in a sentence, where that is no end of a plan.
        ended: there are no more.
        share: how much of a trace has been read, 0 to 1.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem = ""
        self.ended = False
        self.share = 1.0
        self.waits = False
        self._events: deque[Event] = deque()
        self._stop = threading.Event()

    @property
    def pending(self) -> int:
        """How many wait to be shown."""
        return len(self._events)

    def put(self, event: Event) -> None:
        """Take an event in; any thread may."""
        self._events.append(event)

    def take(self, seconds: float) -> Iterator[Event]:
        """Give events out, for so long at most."""
        until = time.perf_counter() + seconds
        while self._events:
            yield self._events.popleft()
            if time.perf_counter() > until:
                return

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """Let go of everything."""
        self._stop.set()


class TraceFeed(Feed):
    """Reads a trace, and goes on as long as it is being written."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._thread = threading.Thread(target=self._read_on, name="replplan-feed", daemon=True)
        self._unseen = 0

    def start(self) -> None:
        """Read on a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End the reading."""
        super().stop()
        if self._thread.is_alive():
            self._thread.join(2)  # one that waits for a pipe does not end

    def _read_on(self) -> None:
        try:
            with self.path.open("rb") as file:
                self._follow(file)
        except OSError as e:
            self.problem = f"the trace {self.path} cannot be read: {e.strerror}"
        except TraceError as e:
            self.problem = str(e)
        finally:
            self.ended, self.share, self.waits = True, 1.0, False

    def _follow(self, file: IO[bytes]) -> None:
        size = max(1, self.path.stat().st_size)
        number = self._leap(file) if size > LONG else 0
        begun, rest, kept = file.tell(), list[bytes](), 0
        while not self._stop.is_set():
            block = file.read(_BLOCK)
            if not block:
                self._check_there(file)
                self.share, self.waits = 1.0, True
                self._stop.wait(_POLL)
                continue
            self.waits = False
            self.share = min(1.0, (file.tell() - begun) / max(1, size - begun))
            rest, kept = [*rest, block], kept + len(block)
            if kept > _LONGEST:
                raise TraceError(f"{self.path} is no trace: its lines have no end")
            if b"\n" not in block:
                continue
            *lines, last = b"".join(rest).split(b"\n")
            rest, kept = [last], len(last)
            for line in lines:
                number += 1
                if self._enter(line, f"{self.path}, line {number}"):
                    return

    def _check_there(self, file: IO[bytes]) -> None:
        """Raises `TraceError` where nothing more can come of a trace."""
        try:
            now = self.path.stat()
        except FileNotFoundError:
            raise TraceError(f"{self.path} was removed: this is what there was") from None
        if not os.path.samestat(now, os.fstat(file.fileno())) or now.st_size < file.tell():
            raise TraceError(f"{self.path} was written anew: open it again to see that")

    def _leap(self, file: IO[bytes]) -> int:
        """Of more events than are kept, go past all but the first and the last ones.

        Returns:
            The number of the line at which the file stands now; the next one is to be read.
        """
        self.share = 0.0
        blocks = [block.count(b"\n") for block in iter(partial(file.read, _BLOCK), b"")]
        past = sum(blocks) - KEPT
        file.seek(0)
        if past <= 1:
            return 0
        self._enter(file.readline(_LONGEST), f"{self.path}, line 1")
        before = 0
        for place, lines in enumerate(blocks):
            if before + lines >= past:
                file.seek(place * _BLOCK)
                break
            before += lines
        for _ in range(past - before):
            file.readline()
        self.put(Leap(moments=past - 1))  # type: ignore[arg-type]
        return past

    def _enter(self, line: bytes, where: str) -> bool:
        """Put in what a line says; whether it is the last one."""
        self._unseen += len(line)
        while self.pending > (0 if self._unseen > AHEAD_BYTES else AHEAD):
            if self._stop.wait(_POLL / 10):
                return True
        self._unseen = self._unseen if self.pending else 0
        event = read_event(without_messages(line), where)
        self.put(event)
        return self._stop.is_set() or isinstance(event, PlanFinished)


def without_messages(line: bytes) -> bytes:
    """A request without its messages: most of a trace is these, and no screen shows them."""
    found = _CALLED.match(line)
    return line if found is None else found[0] + b"}"
