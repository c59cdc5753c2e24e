"""Runs the root's cells as the host sends them, past Jupyter's messages, on the same event loop."""

from __future__ import annotations

import asyncio
import contextvars
import os
from collections.abc import Awaitable, Callable
from typing import Any

from replplan_kernels.inside.frames import receive
from replplan_kernels.inside.outbox import Outbox

RunCell = Callable[[str, str], Awaitable[dict[str, Any]]]
"""Runs a cell, given its text and its id; what came of it, in JSON."""

Equip = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes up what cells can call from now on; what is to be told of it."""


class RootCells:
    """The root's end of the connection that cells come down and output goes up.

    Cells share a context, so that a context variable which one of them sets is set in the next.
    `afterwards` is called, once, when the present cell has ended.
    """

    def __init__(self, outbox: Outbox, run_cell: RunCell, equip: Equip) -> None:
        self.outbox, self.run_cell, self.equip = outbox, run_cell, equip
        self._context = contextvars.Context()
        self._task: asyncio.Task[None] | None = None
        self.afterwards: Callable[[], None] | None = None

    def listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take cells from now on, and run them on this event loop.

        Raises:
            OSError: the host cannot be reached.
        """
        self._loop, self._connection = loop, self.outbox.connect()
        self.outbox.confirmed = False  # this connection is for cells, and in order with their end
        self.outbox.send({"root": os.getpid()})
        self._loop.add_reader(self._connection, self._readable)

    def _readable(self) -> None:
        frame = receive(self._connection)
        if frame is None:
            self._loop.remove_reader(self._connection)
            return
        if "equip" in frame:
            self.outbox.send({"equipped": self.equip(frame["equip"])})
            return
        work = self._run(frame["cell"], frame["id"])
        self._task = self._loop.create_task(work, context=self._context)

    async def _run(self, text: str, run: str) -> None:
        try:
            told = await self.run_cell(text, run)
        except BaseException as error:  # noqa: BLE001 - it would end the event loop
            told = _struck(error)
        self.outbox.send({"ended": told, "run": run})
        if afterwards := self.afterwards:
            self.afterwards, self._context = None, contextvars.copy_context()
            afterwards()


def _struck(error: BaseException) -> dict[str, Any]:
    """What came of a cell that was struck as it had just ended."""
    name, message = type(error).__name__, str(error)
    shown = {"name": name, "message": message, "traceback": f"{name}: {message}"}
    return {"error": shown, "answer": None, "stopped": False, "plan_ended": False}
