"""The connection down which the root's cells go to the kernel, and up which output comes."""

from __future__ import annotations

import asyncio
from typing import Any

from replplan.cell import Variable
from replplan.kernel import ROOT
from replplan_kernels.client import Client
from replplan_kernels.frames import MalformedError
from replplan_kernels.link import Connection, Frame, Replies
from replplan_kernels.processes import Process
from replplan_kernels.run import CellRun
from replplan_kernels.stopping import Watcher, interrupt


class Root:
    """The host's end of it. `runs` are the cells under way, those of sub-tasks as well.

    Output is taken from any connection: a process that a cell forked has one of its own. `run` is
    the root's last cell. `marked` is set when all is here that was printed before a branch.
    """

    def __init__(self, runs: dict[str, CellRun]) -> None:
        self.runs = runs
        self.ready = asyncio.Event()
        self.connection: Connection | None = None
        self.run: CellRun | None = None
        self._equipped = Replies()
        self.marked = asyncio.Event()

    async def equip(self, told: Frame) -> Frame:
        """Tell the kernel what its cells can call from now on; what it says to that."""
        equipped = self._equipped.expect()
        if self.connection is not None:
            self.connection.send({"equip": told})
        return await equipped

    def send(self, run: CellRun, code: str) -> None:
        """Send a cell; its output and its end come to the run."""
        self.run = run
        if self.connection is not None:
            self.connection.send({"cell": code, "id": run.id})

    def take(self, connection: Connection, frame: Frame) -> bool:
        """Take up a frame if it is output, or of the root; says whether it was.

        Raises:
            MalformedError: no honest kernel sends it.
        """
        match frame:
            case {"printed": str(text), "run": str(name)}:
                # Of a cell that has ended: a thread goes on, and prints into the present one.
                run = self.runs.get(name) or next(iter(self.runs.values()), None)
                if run is not None:
                    run.print(text)
            case {"shown": str(kind), "content": dict(content), "run": str(name)}:
                self._show(name, kind, content)
            case {"flush": True}:
                connection.send({"flushed": True})
            case {"complete": str(name)}:
                self._complete(name)
            case {"mark": True}:
                self.marked.set()
            case {"ended": dict(told), "run": str(name)} if connection is self.connection:
                self._end(name, told)
            case {"equipped": dict(told)} if connection is self.connection:
                self._equipped.take(told)
            case {"root": int()} if self.connection is None:
                self.connection = connection
                self.ready.set()
            case _:
                return False
        return True

    def _show(self, name: str, kind: str, content: dict[str, Any]) -> None:
        if run := self.runs.get(name):
            try:
                run.take(kind, content)
            except (KeyError, TypeError, AttributeError) as error:
                raise MalformedError("a display") from error

    def _end(self, name: str, told: Frame) -> None:
        self._complete(name)
        if run := self.runs.get(name):
            run.end(told)

    def _complete(self, name: str) -> None:
        if run := self.runs.get(name):
            run.idle.set()


class SteeredRoot:
    """The part of a kernel with which somebody looks at its root, or stops its cell."""

    root: Root
    watcher: Watcher
    client: Client | None
    process: Process

    async def interrupt(self) -> bool:
        """Stop the root's cell. See `replplan.kernel.Repl`."""
        return await interrupt(self, self.root.run)

    async def variables(self) -> tuple[Variable, ...]:
        """The root's variables. See `replplan.kernel.Repl`."""
        return await self.watcher.variables(ROOT)
