"""The host's end of the link: a socket on which the kernel's threads call.

A connection carries one conversation at a time: a call and its reply, or a sub-task and the cells
that are run in it. What arrives is checked, for any cell may write to the socket: a frame that no
honest kernel sends closes its connection, and that is all it does.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
import sys
from collections import deque
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol

from replplan_kernels.frames import LARGEST, Frames, MalformedError, encode
from replplan_kernels.room import too_few

Frame = dict[str, Any]

_WAITING = 100
"""Connections that may wait to be taken up."""

_AGAIN_SECONDS = 0.1

_MOST_CONNECTIONS = 256
"""Of one kernel, which may have 128 threads and processes behind its walls."""

_UNCOUNTED, _MOST_HELD = 1 << 20, 4 * LARGEST
"""Bytes that each connection may have under way, and all of a kernel together."""

_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid


class Hearer(Protocol):
    """Who hears what a kernel says."""

    def take(self, connection: Connection, frame: Frame) -> None:
        """Take up a frame.

        Raises:
            MalformedError: no honest kernel sends it.
        """

    def lost(self, connection: Connection) -> None:
        """Take note that a connection is closed."""

    def refused(self, why: str) -> None:
        """Take note that the host could not take a connection; says why, for people."""


class Connection(asyncio.Protocol):
    """One connection of the kernel.

    Attributes:
        task: what is being done for the conversation that it carries.
        ran: takes up the end of the cell that runs in it; None while none does.
        cancelled: whether the kernel said that it broke the conversation off.
        in_main: whether the cells that run in it do so on the kernel's main thread.
    """

    def __init__(
        self, hearer: Hearer, lost: Callable[[Connection], None], check: Callable[[], None]
    ) -> None:
        self._take, self._lost, self._check, self._frames = hearer.take, lost, check, Frames()
        self._transport: asyncio.Transport | None = None
        self.task: asyncio.Task[None] | None = None
        self.ran: Callable[[Frame], None] | None = None
        self.cancelled, self.in_main = False, True

    def serve(self, hearer: Hearer) -> None:
        """Give what arrives to another."""
        self._take = hearer.take

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        try:
            for frame in self._frames.feed(data):
                self._take(self, frame)
            if self.held() > _UNCOUNTED:
                self._check()
        except MalformedError:
            self.close()

    def held(self) -> int:
        """Bytes that are under way here: of what comes, of what is being done, of what goes."""
        done = self.task is None or self.task.done()
        goes = self._transport.get_write_buffer_size() if self._transport else 0
        return self._frames.waiting + goes + (0 if done else self._frames.last)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self._transport = None
        self._lost(self)

    def peer(self) -> int:
        """The process that made the connection, as the host numbers it.

        Raises:
            MalformedError: it is gone.
        """
        sock = self._transport.get_extra_info("socket") if self._transport else None
        if sock is None:
            raise MalformedError("nobody")
        told = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        return int(_CREDENTIALS.unpack(told)[0])

    @property
    def open(self) -> bool:
        """Whether frames can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def send(self, frame: Frame) -> None:
        """Send a frame; nobody is there to read it when the connection is closed.

        Raises:
            TypeError, ValueError: it has no JSON form, or is too large.
        """
        data = encode(frame)
        if self._transport is not None and self.open:
            self._transport.write(data)

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something for the kernel; one thing at a time.

        Raises:
            MalformedError: it waits for something else already.
        """
        if self.task is not None and not self.task.done():
            work.close()
            raise MalformedError("two calls at once")
        self.task = begun(work)

    def close(self) -> None:
        """Close it, without waiting for what is still to be sent."""
        if self._transport is not None:
            self._transport.abort()


def begun(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """A task whose first step is done already: many calls need no other.

    Waiting for the event loop's next round would cost a call a good part of its time.
    """
    loop = asyncio.get_running_loop()
    if sys.version_info >= (3, 12):
        return asyncio.Task(work, loop=loop, eager_start=True)
    task = loop.create_task(work)
    ready = getattr(loop, "_ready", None)  # what asyncio's own loops run next, this task last
    if ready:
        ready.pop()._run()
    return task


class Replies:
    """Replies of a kernel to questions of one kind: they come in the order of the questions, also
    those that come too late for who asked."""

    def __init__(self) -> None:
        self._asked = deque[asyncio.Future[Frame]]()

    def expect(self) -> asyncio.Future[Frame]:
        """The reply to the question that is sent now."""
        reply: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._asked.append(reply)
        return reply

    def take(self, frame: Frame) -> None:
        """Take up one that came."""
        if self._asked and not (reply := self._asked.popleft()).done():
            reply.set_result(frame)


def _closing(why: str) -> bytes:
    return encode({"error": ["RuntimeError", why], "closing": True})


class Link:
    """The socket, and all connections to it."""

    def __init__(self, path: Path, hearer: Hearer) -> None:
        self.path, self._hearer = path, hearer
        self.connections: set[Connection] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._opening: set[asyncio.Task[Any]] = set()
        self._listener: socket.socket | None = None
        self._reserve: int | None = None

    def serve(self, hearer: Hearer) -> None:
        """Give what arrives to another from now on."""
        self._hearer = hearer
        for connection in self.connections:
            connection.serve(hearer)

    async def open(self) -> None:
        """Listen."""
        self._listener = listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.path))
        self.path.chmod(0o600)
        listener.setblocking(False)
        listener.listen(_WAITING)
        self._reserve = os.open(os.devnull, os.O_RDONLY)
        self._listen(listener)

    def _listen(self, listener: socket.socket) -> None:
        if listener.fileno() >= 0:
            asyncio.get_running_loop().add_reader(listener, self._accept, listener)

    def _accept(self, listener: socket.socket) -> None:
        """Take up who connects. Not asyncio's server: that lets them wait for descriptors."""
        try:
            opened, _ = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            self._refuse(listener, too_few(error))
            return
        if len(self.connections) + len(self._opening) >= _MOST_CONNECTIONS:
            with opened, contextlib.suppress(OSError):
                opened.sendall(_closing(f"a kernel has {_MOST_CONNECTIONS} connections at most"))
            return
        loop = asyncio.get_running_loop()
        task = loop.create_task(loop.connect_accepted_socket(self.connect, opened))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    def _refuse(self, listener: socket.socket, why: str) -> None:
        """Tell who connects that there is no descriptor for it, by means of the one in reserve."""
        if self._reserve is not None:
            os.close(self._reserve)
            self._reserve = None
        try:
            opened, _ = listener.accept()
            with opened:
                opened.sendall(_closing(why))
        except OSError:  # somebody else was faster
            loop = asyncio.get_running_loop()
            loop.remove_reader(listener)
            loop.call_later(_AGAIN_SECONDS, self._listen, listener)
        with contextlib.suppress(OSError):
            self._reserve = os.open(os.devnull, os.O_RDONLY)
        self._hearer.refused(why)

    def connect(self) -> Connection:
        """Take up a connection of the kernel."""
        connection = Connection(self._hearer, self._lost, self._check_held)
        self.connections.add(connection)
        return connection

    def _check_held(self) -> None:
        """Raises `MalformedError` where the kernel makes the host hold more than it should."""
        if sum(connection.held() for connection in self.connections) > _MOST_HELD:
            raise MalformedError("too much at once")

    def _lost(self, connection: Connection) -> None:
        self.connections.discard(connection)
        self._hearer.lost(connection)
        if connection.task is not None and not connection.task.done():
            self._ending.add(connection.task)
            connection.task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """Close all connections and end what is done for them."""
        if self._listener is not None:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
        if self._reserve is not None:
            os.close(self._reserve)
            self._reserve = None
        await asyncio.gather(*self._opening, return_exceptions=True)
        tasks = [c.task for c in self.connections if c.task and not c.task.done()]
        for connection in tuple(self.connections):
            connection.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *self._ending, return_exceptions=True)
        await asyncio.sleep(0)  # let asyncio tell the connections that they are lost
