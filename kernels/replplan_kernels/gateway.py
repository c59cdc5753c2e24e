"""A kernel behind a Jupyter server or a Kernel Gateway: started there for us, and ended there."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from replplan.errors import ConfigError, KernelError
from replplan_kernels.channels import Channel, Message

_SECONDS = 20.0
_START_SECONDS = 60.0
_LARGEST = 100 << 20
_TRIES, _AGAIN_SECONDS = 10, 0.3


class SocketChannels:
    """A kernel's channels over one websocket, as Jupyter servers speak. See `Channels`.

    Attributes:
        ended: done when the server says that the kernel is no more, or is gone itself.
    """

    def __init__(self, socket: WebSocketClientConnection, session: str) -> None:
        self._socket, self._session = socket, session
        self._boxes: defaultdict[str, asyncio.Queue[Message]] = defaultdict(asyncio.Queue)
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read())

    def message(self, kind: str, content: dict[str, Any]) -> Message:
        """See `Channels`."""
        header = {
            "msg_id": uuid.uuid4().hex,
            "msg_type": kind,
            "session": self._session,
            "username": "replplan",
            "date": datetime.now(UTC).isoformat(),
            "version": "5.3",
        }
        rest: Message = {"parent_header": {}, "metadata": {}, "content": content, "buffers": []}
        return {"header": header} | rest

    async def send(self, channel: Channel, message: Message) -> None:
        """See `Channels`."""
        with contextlib.suppress(Exception):  # it is closed: the reader tells of that
            await self._socket.write_message(json.dumps(message | {"channel": channel}))

    async def receive(self, channel: Channel) -> Message:
        """See `Channels`."""
        return await self._boxes[channel].get()

    async def _read(self) -> None:
        while (text := await self._socket.read_message()) is not None:
            with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
                message = json.loads(text)
                self._boxes[str(message["channel"])].put_nowait(message)
                if message["header"]["msg_type"] == "status":
                    self._look(message["content"].get("execution_state"))
        self._end("the server has closed the connection")

    def _look(self, state: object) -> None:
        if state in ("restarting", "autorestarting", "dead"):
            self._end("the server says that it died")

    def _end(self, how: str) -> None:
        if not self.ended.done():
            self.ended.set_result(how)

    async def close(self) -> None:
        """See `Channels`."""
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        self._socket.close()


class Gateway:
    """A kernel of a server, given as `http://HOST:PORT/?token=TOKEN#KERNELSPEC`. See `Place`."""

    owned = True

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.base = f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
        self.name = self.base  # without the token
        self.spec = parts.fragment
        token = parse_qs(parts.query).get("token", [""])[0]
        self._headers = {"Authorization": f"token {token}"} if token else {}
        self._id = ""
        self._channels: SocketChannels | None = None

    async def open(self) -> SocketChannels:
        """See `Place`."""
        asked = {"name": self.spec} if self.spec else {}
        told = await self._request("POST", "/api/kernels", asked)
        self._id, session = str(told["id"]), uuid.uuid4().hex
        address = f"{self.base}/api/kernels/{self._id}/channels?" + urlencode(
            {"session_id": session}
        )
        request = HTTPRequest("ws" + address.removeprefix("http"), headers=self._headers)
        try:
            socket = await asyncio.wait_for(
                websocket_connect(request, max_message_size=_LARGEST), _SECONDS
            )
        except (OSError, HTTPClientError) as error:
            raise KernelError(f"the server {self.name} has no channels for us: {error}") from error
        self._channels = SocketChannels(socket, session)
        return self._channels

    async def _request(self, method: str, path: str, body: Any = None) -> Any:
        request = HTTPRequest(
            self.base + path,
            method=method,
            headers=self._headers,
            body=None if body is None else json.dumps(body),
            request_timeout=_START_SECONDS,
            connect_timeout=_SECONDS,
        )
        try:
            reply = await AsyncHTTPClient().fetch(request)
            return json.loads(reply.body) if reply.body else None
        except HTTPClientError as error:
            raise await self._refusal(error, method) from error
        except (OSError, ValueError) as error:
            raise KernelError(
                f"no Jupyter server answers at {self.name}: {error}; "
                "start it, or give the address that it shows"
            ) from error

    async def _refusal(self, error: HTTPClientError, method: str) -> Exception:
        if error.code in (401, 403):
            return ConfigError(
                f"the server {self.name} lets us do nothing ({error.code}): give its token, as in "
                f"{self.name}/?token=..."
            )
        if error.code == 599:
            return KernelError(f"no Jupyter server answers at {self.name}: {error.message}")
        body = error.response.body if error.response else b""
        said = ""
        with contextlib.suppress(ValueError, AttributeError):
            said = str(json.loads(body).get("message") or "").strip()
        what = f"start the kernel {self.spec or 'it has'}" if method == "POST" else "do that"
        return KernelError(
            f"the server {self.name} cannot {what}: {said or error.message} ({error.code})"
        )

    async def interrupt(self) -> None:
        """See `Place`."""
        await self._request("POST", f"/api/kernels/{self._id}/interrupt", {})

    async def gone(self) -> str:
        """See `Place`."""
        if self._channels is None:
            return "it was never there"
        return await asyncio.shield(self._channels.ended)

    async def close(self) -> None:
        """See `Place`. A server that restarts a dead kernel just then has to be told again."""
        for _ in range(_TRIES if self._id else 0):
            with contextlib.suppress(KernelError, ConfigError):
                await self._request("DELETE", f"/api/kernels/{self._id}")
            if not await self._is_there():
                break
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _is_there(self) -> bool:
        try:
            await self._request("GET", f"/api/kernels/{self._id}")
        except (KernelError, ConfigError):  # it, or the server, has gone
            return False
        return True
