"""The server on its transports: standard input and output, or HTTP with a token."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any

from replplan.errors import ConfigError
from replplan.for_mcp.desk import Desk
from replplan.for_mcp.server import make_server

_INTERRUPTED = 130
_GRACE = 2
"""Seconds that requests have to end in when the server is ended."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True)
class Address:
    """Where the server listens, and the token that it asks for. Port 0 is a free one."""

    host: str
    port: int
    token: str


async def serve_stdio(desk: Desk) -> None:
    """Serve the process that started this one, until it closes our standard input."""
    task = asyncio.current_task()
    assert task is not None
    leaving = list[asyncio.Task[None]]()

    def end() -> None:
        task.cancel()
        leaving.append(asyncio.create_task(_leave(desk)))

    on_signals(end)
    try:
        await make_server(desk).run_stdio_async()
    finally:
        await desk.close()


async def _leave(desk: Desk) -> None:
    """End the process when its plans have ended: the thread that waits for standard input cannot be
    interrupted, and Python would wait for it."""
    await desk.close()
    os._exit(_INTERRUPTED)


async def serve_http(desk: Desk, address: Address, ready: Callable[[str], None]) -> None:
    """Serve over streamable HTTP, to whoever has the token, until a signal.

    Args:
        desk: takes the orders.
        address: where to listen.
        ready: is told the address of the server when it listens.

    Raises:
        ConfigError: the address is not to be had.
    """
    import uvicorn

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            """A signal ends the server in good order; uvicorn's own way kills this process."""
            on_signals(lambda: setattr(self, "should_exit", True))
            yield

    app = make_server(desk).streamable_http_app(host=address.host)
    listener = _listen(address)
    port = listener.getsockname()[1]
    config = uvicorn.Config(
        guarded(app, address.token),
        log_level="warning",
        timeout_graceful_shutdown=_GRACE,
        lifespan="on",
    )
    ready(f"http://{address.host}:{port}/mcp")
    try:
        await Server(config).serve(sockets=[listener])
    finally:
        listener.close()
        await desk.close()


def _listen(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server((address.host, address.port), family=family)
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f"the server cannot listen at {address.host}:{address.port}: {error}"
        ) from error


def guarded(app: App, token: str) -> App:
    """The app for those alone who send the token, as `Authorization: Bearer TOKEN`."""
    expected = f"Bearer {token}".encode()

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        given = dict(scope.get("headers", ())).get(b"authorization", b"")
        if scope["type"] != "http" or secrets.compare_digest(given, expected):
            await app(scope, receive, send)
            return
        headers = [(b"www-authenticate", b"Bearer"), (b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": b"this server asks for its token\n"})

    return guard


def on_signals(end: Callable[[], object]) -> None:
    """Have a polite kill, Ctrl-C or a closed terminal call this."""
    if sys.platform != "win32":
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, end)
