"""The kernel's end of the link: conversations of its threads with the host.

A conversation has a connection to itself for as long as it lasts; connections are used again. One
that is broken off by an exception closes its connection, so that no later call reads a stale
answer, and tells the host, which then cancels what it was doing.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from types import TracebackType
from typing import Any

from replplan_kernels.inside.frames import encode, receive_reply
from replplan_kernels.inside.runs import CellRun, current_run
from replplan_kernels.inside.unwinding import CellStopped, PlanEnded, host_error

_FINAL = ("value", "error", "ended")


class Branched(BaseException):
    """Ends a wait for the host in a branch, which has another host to ask."""


class Link:
    """All conversations of this process with the host.

    `waiting` says whether the main thread waits for the host in a conversation.
    """

    def __init__(self, path: str) -> None:
        self.path, self.pid = path, os.getpid()
        self.main, self.waiting = threading.main_thread().ident, False
        self.free: list[socket.socket] = []
        self.open: set[Conversation] = set()
        self.ended: str | None = None

    def call(self, frame: dict[str, Any]) -> dict[str, Any]:
        """Ask the host once, and give back its reply, which has a `value`."""
        with Conversation(self) as say:
            return say(frame)

    def move(self, path: str) -> None:
        """Have another host's socket, in a fork; the connections so far are not ours."""
        self.path, self.pid = path, os.getpid()
        self.free, self.open = [], set()

    def connect(self) -> socket.socket:
        """A connection that nobody uses. A cell may fork: each process has its own."""
        if self.pid != os.getpid():
            self.pid, self.free, self.open = os.getpid(), [], set()
        with contextlib.suppress(IndexError):
            return self.free.pop()
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(self.path)
        except OSError as error:
            connection.close()
            raise RuntimeError("the host cannot be reached any more") from error
        return connection

    def break_off_thread(self, thread: int) -> None:
        """Break off what this thread is saying to the host."""
        for conversation in tuple(self.open):
            if conversation.thread == thread:
                conversation.break_off()

    def break_off_cell(self, run: CellRun, *, but: int) -> None:
        """Break off what a cell and its sub-tasks say to the host, in all threads but one."""
        for conversation in tuple(self.open):
            if conversation.within(run) and conversation.thread != but:
                conversation.break_off()


class Conversation:
    """Some frames back and forth, begun and ended in a `with` block."""

    def __init__(self, link: Link) -> None:
        self.link, self.run, self.thread = link, current_run(), threading.get_ident()
        self.finished, self.broken = True, False
        self.opened: dict[str, Any] = {}

    def __enter__(self) -> Conversation:
        if self.link.ended is not None:
            raise PlanEnded(self.link.ended)
        self.connection = self.link.connect()
        self.link.open.add(self)
        return self

    def __call__(self, frame: dict[str, Any]) -> dict[str, Any]:
        """Send a frame and wait for the reply to it.

        Raises:
            PlanEnded: the host says that the plan is over.
            CellStopped: the conversation was broken off.
            Exception: what the host wants raised.
        """
        self.opened = frame.get("subtask") or self.opened
        data = encode(frame | {"run": self.run.id if self.run else ""})
        self.finished = False
        reply = self._exchange(data)
        self.finished = any(key in reply for key in _FINAL) and "closing" not in reply
        if "ended" in reply:
            self.link.ended = str(reply["ended"])
            raise PlanEnded(self.link.ended)
        if "error" in reply:
            raise host_error(*reply["error"])
        return reply

    def _exchange(self, data: bytes) -> dict[str, Any]:
        while True:
            try:
                reply = self._ask(data)
                break
            except Branched:  # which has a new connection for us
                continue
        if self.broken or (reply is None and _being_stopped(self.run)):
            raise CellStopped("the call was broken off")
        if reply is None:
            raise RuntimeError("the host closed the connection")
        return dict(reply)

    def _ask(self, data: bytes) -> Any:
        link, here = self.link, self.thread == self.link.main
        try:
            link.waiting = link.waiting or here
            with contextlib.suppress(OSError):  # where it is closed already, it was said why
                self.connection.sendall(data)
            return receive_reply(self.connection)
        except OSError:
            return None
        finally:
            link.waiting = link.waiting and not here

    def go_on(self, inner: CellRun | None) -> None:
        """In a branch: have a connection to its host, and tell that of what is under way here.

        Args:
            inner: the cell of the sub-task that runs; None where the host is to be asked again.
        """
        self.connection = self.link.connect()
        self.link.open.add(self)
        if inner is not None:
            told = {"subtask": self.opened | {"resumed": True}, "cell": inner.id}
            self.connection.sendall(encode(told | {"run": self.run.id if self.run else ""}))

    def depth(self) -> int:
        """How many cells it is inside of."""
        return len(list(self.run.outward())) if self.run else 0

    def within(self, run: CellRun) -> bool:
        """Whether this cell began it, or a sub-task of it did."""
        return self.run is not None and run in self.run.outward()

    def break_off(self) -> None:
        """Wake the thread that waits here; from any thread."""
        self.broken = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RD)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.link.open.discard(self)
        if self.finished and not self.broken:
            self.link.free.append(self.connection)
            return
        with contextlib.suppress(OSError):
            self.connection.sendall(encode({"cancel": True}))
        self.connection.close()


def _being_stopped(run: CellRun | None) -> bool:
    return run is not None and any(outer.stopping for outer in run.outward())
