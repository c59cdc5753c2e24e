"""A plan at work for a client of the protocol: told of as it goes, ended when it is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import anyio

from replplan.console.items import Item, Teller

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context

    from replplan.events import Event, Sink

T = TypeVar("T")

_LONGEST = 200


class Progress:
    """A sink that turns events into lines for a client; iterate over it for these lines."""

    def __init__(self) -> None:
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._teller = Teller()

    def __call__(self, event: Event) -> None:
        """Take an event."""
        for item in self._teller.tell(event):
            self._lines.put_nowait(_line(event.session, item))

    def end(self) -> None:
        """Nothing more will come."""
        self._lines.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[str]:
        while (line := await self._lines.get()) is not None:
            yield line


async def reported(context: Context[Any, Any], work: Callable[[Sink], Awaitable[T]]) -> T:
    """Do some work that tells a sink of events, and report them to the client that asked for it.

    The protocol's own cancellation strikes again at every await; so the work has a task of its own,
    which is cancelled once and then waited for: a plan ends its kernel and its requests.

    Raises:
        Exception: what the work raised.
    """
    progress = Progress()

    async def run() -> T:
        return await work(progress)

    task = asyncio.create_task(run())
    task.add_done_callback(lambda _: progress.end())
    count = 0
    try:
        async for line in progress:
            count += 1
            await context.report_progress(count, None, line)
        return task.result()
    finally:
        task.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait([task])


def _line(session: str, item: Item) -> str:
    """The first line of an item, behind the path of its REPL."""
    where = "" if session == "root" else f"{session} | "
    came = "" if item.reply is None else f" -> {item.reply}"
    first = item.text.partition("\n")[0]
    text = f"{where}{item.gutter}{first}{came}"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
