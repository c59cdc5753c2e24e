"""Jupyter messages: sends cells to the kernel, and gives what comes back to the right run."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient

from replplan_kernels.run import CellRun


class Client:
    """A client that always drains what the kernel sends.

    `runs` are the cells under way, by id: those of the root, and those of sub-tasks, whose
    output comes the same way.
    """

    def __init__(self, client: AsyncKernelClient) -> None:
        self._client: Any = client
        self.runs: dict[str, CellRun] = {}
        self._replies: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._tasks = [
            asyncio.create_task(self._drain(self._client.iopub_channel, self._on_output)),
            asyncio.create_task(self._drain(self._client.shell_channel, self._on_reply)),
        ]

    async def execute(self, run: CellRun, code: str) -> None:
        """Send a cell of the root; its end comes to the run."""
        reply = await self._request("execute_request", run.id, _cell(code, silent=False))
        reply.add_done_callback(lambda done: run.end(done.result().get("replplan", "")))

    async def execute_silently(self, code: str) -> dict[str, Any]:
        """Run a piece of our own, and give back the reply."""
        return await (await self._request("execute_request", "", _cell(code, silent=True)))

    async def nudge(self) -> None:
        """Send a message that wakes the kernel's event loop."""
        await self._request("kernel_info_request", "", {})

    async def _request(
        self, kind: str, msg_id: str, content: dict[str, Any]
    ) -> asyncio.Future[dict[str, Any]]:
        session = self._client.session
        message = session.msg(kind, content)
        if msg_id:
            message["header"]["msg_id"] = message["msg_id"] = msg_id
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._replies[message["header"]["msg_id"]] = reply
        # Not session.send: it goes through a shadow of the socket, which swallows its readiness.
        await self._client.shell_channel.socket.send_multipart(session.serialize(message))
        return reply

    async def _drain(self, channel: Any, take: Callable[[dict[str, Any]], None]) -> None:
        session = self._client.session
        while True:
            parts = await channel.socket.recv_multipart()
            # A cell has the key, so it can send us anything: what is no message is dropped.
            with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError, IndexError):
                take(session.deserialize(session.feed_identities(parts)[1]))

    def _on_output(self, message: dict[str, Any]) -> None:
        kind, content = message["header"]["msg_type"], message["content"]
        run = self.runs.get(message["parent_header"].get("msg_id", ""))
        if run is None and kind == "stream":
            run = next(iter(self.runs.values()), None)  # from a thread of an earlier cell
        if run is not None:
            run.take(kind, content)

    def _on_reply(self, message: dict[str, Any]) -> None:
        reply = self._replies.pop(message["parent_header"]["msg_id"], None)
        if reply is not None and not reply.done():
            reply.set_result(dict(message["content"]))

    async def close(self) -> None:
        """Close the sockets."""
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(zmq.ZMQError):
            await asyncio.gather(*self._tasks, return_exceptions=True)
        self._client.stop_channels()


def _cell(code: str, *, silent: bool) -> dict[str, Any]:
    return {
        "code": code,
        "silent": silent,
        "store_history": False,
        "user_expressions": {},
        "allow_stdin": False,
        "stop_on_error": False,
    }
