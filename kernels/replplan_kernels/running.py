"""A kernel that runs already, reached by its connection file."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.connect import find_connection_file
from zmq import Event, ZMQError
from zmq.utils.monitor import recv_monitor_message

from replplan.errors import ConfigError, KernelError
from replplan_kernels.channels import SocketContext, ZmqChannels

_CONNECT_SECONDS = 3.0


class Running:
    """A kernel that runs already, by its connection file. See `Place`."""

    owned = False

    def __init__(self, file: str) -> None:
        self.name = file
        self._channels: ZmqChannels | None = None

    async def open(self) -> ZmqChannels:
        """See `Place`."""
        info = await asyncio.to_thread(self._read)
        if not await _listens(info):
            raise KernelError(
                f"no kernel listens where the connection file {self.name} says: it has ended; "
                "start it again, and give the file that it then has"
            )
        client: Any = AsyncKernelClient(context=SocketContext.instance())
        client.load_connection_info(info)
        self._info = info
        self._channels = ZmqChannels.connected(client, "shell", "iopub", "stdin", "control")
        # A kernel that is killed may listen for a moment longer than it is connected: ask again
        # with each attempt to connect anew.
        lost = Event.DISCONNECTED | Event.CONNECT_RETRIED
        self._monitor = self._channels.ends(lost)
        return self._channels

    def _read(self) -> dict[str, Any]:
        try:
            path = find_connection_file(self.name)
        except OSError:
            raise ConfigError(
                f"there is no connection file {self.name}: `jupyter --runtime-dir` says where "
                "those of running kernels are"
            ) from None
        try:
            info = json.loads(Path(path).read_text("utf-8"))
            info["key"] = str(info["key"]).encode()
            return {"transport": "tcp"} | dict(info, shell_port=int(info["shell_port"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{path} is no connection file of a kernel: {error!r}") from error

    async def interrupt(self) -> None:
        """See `Place`."""
        if self._channels is not None:
            message = self._channels.message("interrupt_request", {})
            await self._channels.send("control", message)

    async def gone(self) -> str:
        """See `Place`."""
        with contextlib.suppress(ZMQError):
            while True:
                await recv_monitor_message(self._monitor)
                if not await _listens(self._info):
                    break
        return f"nobody listens any more where {self.name} says"

    async def close(self) -> None:
        """See `Place`."""
        if self._channels is not None:
            await self._channels.close()


async def _listens(info: dict[str, Any]) -> bool:
    """Whether something takes connections at a kernel's shell channel."""
    ip, port = str(info["ip"]), info["shell_port"]
    ipc = info["transport"] == "ipc"
    opening = asyncio.open_unix_connection(f"{ip}-{port}") if ipc else None
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            _, writer = await (opening or asyncio.open_connection(ip, port))
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
