"""A forked kernel, seen from the host."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import shutil
import signal
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from replplan.errors import KernelError


class HungUp(KernelError):
    """A kernel was gone before it said what it was asked for."""


_LARGEST = 1 << 20
_LOOK_SECONDS = 0.5
_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid


class ForkedKernel:
    """A kernel's process, much like a `subprocess.Popen`, and its side of the status socket.

    May be used from any thread and event loop.

    Attributes:
        pid: its process id as the host sees it, also where it lives in a namespace of pids.
        connection: Jupyter's connection information; the key as text.
        folder: where its sockets are; private, removed by `release`.
        returncode: how it ended, as `subprocess` counts; None while it lives.
        why: why it did, where there is more to be said.
    """

    stdin = stdout = stderr = None

    def __init__(self, status: socket.socket, folder: Path) -> None:
        self.status, self.folder = status, folder
        self.pid = 0
        self.connection: dict[str, Any] = {}
        self.returncode: int | None = None
        self.why = ""
        self._lock = threading.Lock()
        status.setblocking(False)
        status.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)

    async def hear(self, word: str) -> Any:
        """What the kernel says under this word.

        Raises:
            KernelError: it says that it failed, or has ended.
        """
        while True:
            with contextlib.suppress(BlockingIOError):
                return self._heard(word)
            await readable(self.status)

    def _heard(self, word: str) -> Any:
        data, ancillary = self._receive()
        said = json.loads(data) if data else {}
        if word in said:
            self.pid = _CREDENTIALS.unpack(ancillary[0][2])[0]  # translated by the system
            return said[word]
        if "failed" in said:
            raise KernelError(f"the kernel did not start: {said['failed']}")
        self.returncode = said.get("exit", -int(signal.SIGKILL))
        kind = KernelError if said else HungUp
        raise kind(f"the kernel did not start: {self.how()}")

    def _receive(self) -> tuple[bytes, list[Any]]:
        """The next message and who sent it; empty at the end."""
        try:
            return self.status.recvmsg(_LARGEST, socket.CMSG_SPACE(_CREDENTIALS.size))[:2]
        except BlockingIOError:
            raise
        except OSError:  # it went without having read all that was said to it
            return b"", []

    def tell(self, word: dict[str, Any]) -> None:
        """Say something to the kernel that waits for it.

        Raises:
            OSError: it is gone.
        """
        self.status.send(json.dumps(word).encode())

    def poll(self) -> int | None:
        """How it ended; None while it lives."""
        with self._lock:
            while self.returncode is None:
                try:
                    data, _ = self._receive()
                except BlockingIOError:
                    return None
                nothing = {"exit": -int(signal.SIGKILL)}
                said: dict[str, Any] = json.loads(data) if data else nothing
                self.returncode, self.why = said.get("exit"), said.get("why", "")
            return self.returncode

    async def ended(self) -> int:
        """Wait for its end; how it ended. An event tells of it; it is looked up now and then."""
        while (code := self.poll()) is None:
            if await self._told_soon():
                continue
            if self._is_gone() and self.poll() is None:  # how it ended is told before it is gone
                self.returncode = -int(signal.SIGKILL)
        return code

    async def _told_soon(self) -> bool:
        """Wait a moment for something to be said; whether it was."""
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                await readable(self.status)
        except TimeoutError:
            return False
        except OSError:  # the host has no descriptor left to wait on
            await asyncio.sleep(_LOOK_SECONDS)
            return False
        return True

    def _is_gone(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return self.pid > 0
        return False

    def wait(self, timeout: float | None = None) -> int | None:
        """Block until its end, or until the timeout in seconds."""
        if self.poll() is None:
            poll = select.poll()
            poll.register(self.status, select.POLLIN)
            poll.poll(None if timeout is None else timeout * 1000)
        return self.poll()

    def how(self) -> str:
        """How it ended, for people."""
        code = self.poll()
        if code is None:
            return "it is alive"
        if code >= 0:
            return f"it ended with exit code {code}"
        because = f": {self.why}" if self.why else ""
        return f"it was ended by {signal.Signals(-code).name}{because}"

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel alone, if it lives."""
        if self.pid and self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def hang_up(self) -> None:
        """Kill it if it lives; its folder stays."""
        self.kill()
        self.status.close()

    def release(self) -> None:
        """Kill it if it lives, and remove its folder."""
        self.hang_up()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def opened(pid: int) -> Iterator[int]:
    """A descriptor of a process.

    Raises:
        ProcessLookupError: there is none of this number.
    """
    descriptor = os.pidfd_open(pid)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


async def readable(sock: socket.socket) -> None:
    """Wait until there is something to read."""
    loop = asyncio.get_running_loop()
    await _event(sock, loop.add_reader, loop.remove_reader)


async def writable(sock: socket.socket) -> None:
    """Wait until there is room to write."""
    loop = asyncio.get_running_loop()
    await _event(sock, loop.add_writer, loop.remove_writer)


async def _event(
    sock: socket.socket, add: Callable[..., None], remove: Callable[[int], object]
) -> None:
    """On a descriptor of its own, so that others may wait as well, in this loop or in another."""
    told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    descriptor = os.dup(sock.fileno())

    def tell() -> None:
        if not told.done():
            told.set_result(None)

    add(descriptor, tell)
    try:
        await told
    finally:
        remove(descriptor)
        os.close(descriptor)
