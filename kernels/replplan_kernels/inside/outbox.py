"""What cells print and show, on its way to the host: in order, and no faster than the host reads.

A cell never writes to the socket itself: it may be interrupted anywhere, also in the middle of a
frame. It puts text into a queue, from which a thread sends; what it calls to that end is atomic.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import queue
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from replplan_kernels.inside.frames import encode, printed, receive_reply
from replplan_kernels.inside.runs import current_run

_PIECE = 1 << 18
"""Characters that are queued in one piece at most, and sent in one frame about at most."""

_ROOM = 1 << 21
"""Characters that wait at most, about, before who prints has to wait until all are sent.

Not only until there is room: who prints and who sends would take the interpreter's lock from one
another all the time, 5 ms for each of the two.
"""

_SOON = 0.02
"""Seconds that printed text may wait for more."""

_PATIENCE = 10.0
_sleep = time.sleep

Item = str | bytes | Callable[[], None]
"""Printed text, a frame, or what to call when all before it has been sent."""


class Outbox:
    """The way of all output to the host.

    `path` is the host's socket. A forked process has a connection of its own, and nothing to say
    of what its parent had still to send. Its parent may end the cell as soon as it is gone: so it
    waits, when it flushes, until the host has read all (`confirmed`).
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.renew()
        os.register_at_fork(after_in_child=self.renew)

    def renew(self) -> None:
        """Begin anew: no connection, nothing to send, no thread that sends."""
        self.confirmed = True
        self.connection: socket.socket | None = None
        self._items, self._size = deque[tuple[str, Item]](), 0
        self._bell: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._rung = self._served = self._lost = False
        self._sending = threading.Lock()

    def write(self, text: str) -> None:
        """Send printed text of the cell that runs here, soon."""
        run = current_run()
        name = run.id if run else ""
        if run:
            run.recording.print(text)
        if len(text) <= _PIECE:
            self._put(name, text, len(text))
            return
        for start in range(0, len(text), _PIECE):
            self._put(name, text[start : start + _PIECE], _PIECE)

    def show(self, kind: str, content: dict[str, Any]) -> None:
        """Send something that the cell which runs here shows.

        Raises:
            ValueError: it is larger than a frame may be.
        """
        run = current_run()
        frame = encode({"shown": kind, "content": content, "run": run.id if run else ""})
        self._put("", frame, len(frame))
        if run:
            run.recording.show(kind, content.get("data", {}))

    def complete(self, run: str) -> None:
        """Tell the host that all output of this cell has been sent."""
        self._put("", encode({"complete": run}), 0)
        self._bell.put(True)

    def flush(self) -> None:
        """Wait until all that was printed is on its way."""
        if sys.is_finalizing():  # no other thread runs any more
            self._deliver()
            return
        if self._lost:
            return
        sent: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._put("", lambda: sent.put(None), 0)
        self._bell.put(True)
        with contextlib.suppress(queue.Empty):
            sent.get(timeout=_PATIENCE)

    def send(self, frame: dict[str, Any]) -> None:
        """Send a frame behind all output, at once. Not where a cell may be interrupted."""
        self._items.append(("", encode(frame)))
        self._deliver()

    def _put(self, run: str, item: Item, size: int) -> None:
        if not self._served:
            self._served = True
            _thread.start_new_thread(self._serve, ())  # not one that belongs to a cell
        if self._size > _ROOM:
            self._bell.put(True)
            while self._size > _ROOM and not self._lost:
                _sleep(0.001)
        if self._lost:
            return
        self._items.append((run, item))
        self._size += size
        if not self._rung:
            self._rung = True
            self._bell.put(False)

    def _serve(self) -> None:
        """Send what is there whenever the bell rings: soon after it did, or at once."""
        bell = self._bell
        while True:
            if not bell.get():
                with contextlib.suppress(queue.Empty):
                    bell.get(timeout=_SOON)
            self._rung = False
            self._deliver()

    def _deliver(self) -> None:
        with self._sending:
            try:
                self._deliver_all()
            except OSError:  # the host is gone, and who waits for it need not
                self._lost, self._size = True, 0
                while self._items:
                    item = self._items.popleft()[1]
                    if callable(item):
                        item()

    def _deliver_all(self) -> None:
        of, parts, size = "", list[str](), 0
        while self._items or parts:
            run, item = self._items[0] if self._items else ("", b"")
            if isinstance(item, str) and (run == of or not parts) and size < _PIECE:
                of, size = run, size + len(item)
                parts.append(item)
            elif parts:
                self._send(printed("".join(parts), of))
                parts, size = [], 0
                continue
            elif isinstance(item, bytes):
                self._send(item)
            elif callable(item):
                self._confirm()
                item()
            self._items.popleft()
        self._size = 0

    def _confirm(self) -> None:
        """Wait for the host, which replies when it has read all that came before."""
        if self.confirmed:
            self._send(encode({"flush": True}))
            receive_reply(self.connect())

    def _send(self, data: bytes) -> None:
        if data:
            self.connect().sendall(data)

    def connect(self) -> socket.socket:
        """The connection, made where there is none yet.

        Raises:
            OSError: the host cannot be reached.
        """
        if self.connection is None:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(self.path)
            except OSError:
                connection.close()
                raise
            self.connection = connection
        return self.connection
