"""Jupyter messages: what is asked of the kernel itself, and what it says without our own way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import zmq

from replplan_kernels.channels import Channel, Channels, Message
from replplan_kernels.run import CellRun


class Client:
    """A client that always drains what the kernel sends.

    Args:
        channels: the kernel's, of which `control` is drained as well where it is asked there.
        control: whether they have a control channel.

    `runs` are the cells under way, by id: those of the root, and those of sub-tasks. `welcomed` is
    set when the kernel has taken note that its output is wanted.
    """

    def __init__(self, channels: Channels, *, control: bool = False) -> None:
        self.channels = channels
        self.runs: dict[str, CellRun] = {}
        self.welcomed = asyncio.Event()
        self._replies: dict[str, asyncio.Future[dict[str, Any]]] = {}
        takes: dict[Channel, Callable[[Message], None]] = {
            "iopub": self._on_output,
            "shell": self._on_reply,
        }
        if control:
            takes["control"] = self._on_reply
        self._tasks = [asyncio.create_task(self._drain(c, take)) for c, take in takes.items()]

    async def execute_silently(self, code: str) -> dict[str, Any]:
        """Run a piece of our own, and give back the reply."""
        content = {
            "code": code,
            "silent": True,
            "store_history": False,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        return await self.ask("execute_request", content)

    async def nudge(self) -> None:
        """Send a message that wakes the kernel's event loop."""
        await self.channels.send("shell", self.channels.message("kernel_info_request", {}))

    async def ask(
        self, kind: str, content: dict[str, Any], channel: Channel = "shell"
    ) -> dict[str, Any]:
        """Send a request and wait for the reply to it."""
        message = self.channels.message(kind, content)
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._replies[message["header"]["msg_id"]] = reply
        await self.channels.send(channel, message)
        return await reply

    async def _drain(self, channel: Channel, take: Callable[[Message], None]) -> None:
        while True:
            message = await self.channels.receive(channel)
            with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError, IndexError):
                take(message)

    def _on_output(self, message: Message) -> None:
        kind, content = message["header"]["msg_type"], message["content"]
        if kind == "iopub_welcome":
            self.welcomed.set()
        run = self.runs.get(message["parent_header"].get("msg_id", ""))
        if run is None and kind == "stream":
            run = next(iter(self.runs.values()), None)  # from a thread of an earlier cell
        if run is not None:
            run.take(kind, content)

    def _on_reply(self, message: Message) -> None:
        reply = self._replies.pop(message["parent_header"]["msg_id"], None)
        if reply is not None and not reply.done():
            reply.set_result(dict(message["content"]))

    async def close(self) -> None:
        """Close the sockets."""
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(zmq.ZMQError):
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.channels.close()
