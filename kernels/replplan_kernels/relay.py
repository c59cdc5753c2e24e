"""The host's end of the link where it goes over Jupyter's stdin channel. See `inside/relay.py`."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import secrets
from pathlib import Path
from typing import Any

from replplan_kernels.channels import Channels
from replplan_kernels.link import Hearer, Link

_PIECE = 48 << 10
_TAKEN = 16
"""After how many messages the kernel is told that they were taken."""

_PING_SECONDS = 10.0
_MOST = 1000
"""Connections at a time: more, no honest kernel has."""


class _Carried(asyncio.Transport):
    """A connection's way to the kernel."""

    def __init__(self, link: RelayedLink, number: int) -> None:
        super().__init__()
        self.link, self.number = link, number
        self.connection = link.connect()
        self.connection.connection_made(self)

    def write(self, data: Any) -> None:
        """Send it in pieces."""
        for start in range(0, len(data), _PIECE):
            piece = base64.b64encode(data[start : start + _PIECE]).decode()
            self.link.say({"to": self.number, "data": piece})

    def get_write_buffer_size(self) -> int:
        """Bytes that wait to be sent: the link holds them."""
        return 0

    def is_closing(self) -> bool:
        """Whether it is closed."""
        return self.number not in self.link.carried

    def abort(self) -> None:
        """Close it at both ends."""
        if not self.is_closing():
            self.link.say({"to": self.number, "close": True})
            self.end()

    def end(self) -> None:
        """Close it at this end."""
        if self.link.carried.pop(self.number, None) is not None:
            asyncio.get_running_loop().call_soon(self.connection.connection_lost, None)


class RelayedLink(Link):
    """The link of a kernel with which we share no file system.

    Attributes:
        visit: a name that no other host's words have, of before or of the same time.
        carried: the connections, by number.
    """

    def __init__(self, channels: Channels, hearer: Hearer) -> None:
        super().__init__(Path(), hearer)
        self.channels, self.visit = channels, secrets.token_hex(8)
        self.carried: dict[int, _Carried] = {}
        self._came = 0
        self._outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Listen to the channel."""
        works = (self._receive(), self._send(), self._ping())
        self._tasks = [asyncio.create_task(work) for work in works]

    def say(self, word: dict[str, Any]) -> None:
        """Send a word, in order."""
        self._outgoing.put_nowait(word)

    async def _send(self) -> None:
        while True:
            word = await self._outgoing.get()
            text = json.dumps(word | {"visit": self.visit})
            message = self.channels.message("input_reply", {"value": text})
            await self.channels.send("stdin", message)
            self._outgoing.task_done()

    async def _receive(self) -> None:
        while True:
            message = await self.channels.receive("stdin")
            # Any cell has the channel: what makes no sense is dropped.
            with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
                if message["header"]["msg_type"] == "input_request":
                    self._hear(json.loads(message["content"]["prompt"]))

    def _hear(self, word: dict[str, Any]) -> None:
        if word["visit"] != self.visit:
            return
        self._came += 1
        if self._came % _TAKEN == 0:
            self.say({"taken": self._came})
        number = int(word["of"])
        carried = self.carried.get(number)
        if "open" in word and carried is None and len(self.carried) < _MOST:
            self.carried[number] = _Carried(self, number)
        elif "data" in word and carried is not None:
            data = base64.b64decode(word["data"])  # not from within a task: it may begin others
            asyncio.get_running_loop().call_soon(carried.connection.data_received, data)
        elif "closed" in word and carried is not None:
            carried.end()

    async def _ping(self) -> None:
        """Let the kernel know that the host is there."""
        while True:
            await asyncio.sleep(_PING_SECONDS)
            self.say({"ping": True})

    async def close(self) -> None:
        """Say good-bye, and end what is done for the kernel."""
        await super().close()
        self.say({"bye": True})
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._outgoing.join(), 1.0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
