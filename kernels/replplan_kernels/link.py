"""The host's end of the link: a socket on which the kernel's threads call.

A connection carries one conversation at a time: a call and its reply, or a sub-task and the cells
that are run in it. What arrives is checked, for any cell may write to the socket: a frame that no
honest kernel sends closes its connection, and that is all it does.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from replplan_kernels.frames import Frames, MalformedError, encode

Frame = dict[str, Any]
Take = Callable[["Connection", Frame], None]
Lost = Callable[["Connection"], None]

_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid


class Connection(asyncio.Protocol):
    """One connection of the kernel.

    Attributes:
        task: what is being done for the conversation that it carries.
        ran: takes up the end of the cell that runs in it; None while none does.
        cancelled: whether the kernel said that it broke the conversation off.
    """

    def __init__(self, take: Take, lost: Lost) -> None:
        self._take, self._lost, self._frames = take, lost, Frames()
        self._transport: asyncio.Transport | None = None
        self.task: asyncio.Task[None] | None = None
        self.ran: Callable[[Frame], None] | None = None
        self.cancelled = False

    def serve(self, take: Take) -> None:
        """Give what arrives to another."""
        self._take = take

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        try:
            for frame in self._frames.feed(data):
                self._take(self, frame)
        except MalformedError:
            self.close()

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


class Link:
    """The socket, and all connections to it."""

    def __init__(self, path: Path, take: Take, lost: Lost) -> None:
        self.path, self._take, self._on_lost = path, take, lost
        self.connections: set[Connection] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    def serve(self, take: Take, lost: Lost) -> None:
        """Give what arrives to others from now on."""
        self._take, self._on_lost = take, lost
        for connection in self.connections:
            connection.serve(take)

    async def open(self) -> None:
        """Listen."""
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.bind(str(self.path))
            self.path.chmod(0o600)
            loop = asyncio.get_running_loop()
            self._server = await loop.create_unix_server(
                self.connect, sock=listener, start_serving=False
            )
        except BaseException:
            listener.close()
            raise
        await self._server.start_serving()

    def connect(self) -> Connection:
        """Take up a connection of the kernel."""
        connection = Connection(self._take, self._lost)
        self.connections.add(connection)
        return connection

    def _lost(self, connection: Connection) -> None:
        self.connections.discard(connection)
        self._on_lost(connection)
        if connection.task is not None and not connection.task.done():
            self._ending.add(connection.task)
            connection.task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """Close all connections and end what is done for them."""
        if self._server is not None:
            self._server.close()
        tasks = [c.task for c in self.connections if c.task and not c.task.done()]
        for connection in tuple(self.connections):
            connection.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *self._ending, return_exceptions=True)
        await asyncio.sleep(0)  # let asyncio tell the connections that they are lost
