"""Stopping a cell so that its kernel keeps its variables: a ladder of rungs, the mildest first."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from replplan.cell import Rung, Variable
from replplan.errors import KernelError
from replplan_kernels.client import Client
from replplan_kernels.frames import MalformedError
from replplan_kernels.link import Connection, Frame, Replies
from replplan_kernels.run import CellRun

_RUNG_SECONDS, _NUDGE_SECONDS = 0.5, 0.25
_LADDER_SECONDS = 2.5
"""After which nothing but the end of the process helps: a cell is to end within 3 s."""

_ACKNOWLEDGED_SECONDS = 0.25
_SEEN_SECONDS = 1.0


class Watcher:
    """The kernel's thread that is told which cell is to be stopped."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._told: dict[str, asyncio.Future[bool | None]] = {}
        self._seen = Replies()
        self._branched: asyncio.Future[Frame] | None = None
        self._came = asyncio.Event()

    def take(self, connection: Connection, frame: Frame) -> bool:
        """Take up a frame if it is the watcher's; says whether it was.

        Raises:
            MalformedError: there is a watcher already.
        """
        if "watch" in frame:
            if self._connection is not None:
                raise MalformedError("a second watcher")
            self._connection = connection
            self._came.set()
            return True
        if connection is self._connection:
            if "branch" in frame:
                if self._branched and not self._branched.done():
                    self._branched.set_result(frame)
                return True
            if "variables" in frame:
                self._seen.take(frame)
                return True
            told = self._told.get(str(frame.get("stopping")))
            if told and not told.done():
                told.set_result(frame.get("signal") is not False)
            return True
        return False

    def lost(self, connection: Connection) -> None:
        """Note that a connection is closed: who waits for word on it is told that none comes."""
        if connection is self._connection:
            self._connection = None
            for told in self._told.values():
                if not told.done():
                    told.set_result(None)

    async def came(self) -> int:
        """Wait for it; the number of its process.

        Raises:
            MalformedError: it is gone already.
        """
        await self._came.wait()
        if self._connection is None:
            raise MalformedError("gone")
        return self._connection.peer()

    async def branch(self, request: Frame) -> Frame:
        """Ask for a branch, or tell one that it is wanted; what it says to that.

        Raises:
            KernelError: there is none; says why.
        """
        if self._connection is None:
            raise KernelError("the kernel cannot be branched: it no longer listens")
        self._branched = asyncio.get_running_loop().create_future()
        self._connection.send({"branch": request})
        told = await self._branched
        if told["branch"] is not True:
            raise KernelError(f"the kernel cannot be branched: {str(told.get('failed'))[:1000]}")
        return told

    async def variables(self, repl: int) -> tuple[Variable, ...]:
        """The variables of a REPL; none where the kernel does not say in time."""
        if self._connection is None:
            return ()
        seen = self._seen.expect()
        self._connection.send({"variables": repl})
        try:
            async with asyncio.timeout(_SEEN_SECONDS):
                told = (await seen)["variables"]
            return tuple(Variable(name=n, kind=k, value=v) for n, k, v in told)
        except (TimeoutError, TypeError, ValueError):  # what a kernel says is not to be trusted
            return ()

    async def tell(self, run: str, why: str, *, force: bool) -> bool | None:
        """Say which cell is to be stopped, and wait a little until that is known there.

        Says whether SIGINT should follow: it should not where it would hit the cells of other
        threads, and what these have started, alone, nor where a cell has its own way with it.
        None where the kernel does not say so in time.
        """
        if self._connection is None:
            return None
        told: asyncio.Future[bool | None] = asyncio.get_running_loop().create_future()
        self._told[run] = told
        self._connection.send({"stop": run, "why": why, "force": force})
        try:
            async with asyncio.timeout(_ACKNOWLEDGED_SECONDS):
                return await told
        except TimeoutError:
            return None
        finally:
            self._told.pop(run, None)


class Interruptible(Protocol):
    """A process that can be sent SIGINT."""

    async def interrupt(self) -> None:
        """Send SIGINT to it and to what it started."""


class Stoppable(Protocol):
    """What the ladder is put up against."""

    watcher: Watcher
    client: Client | None

    @property
    def process(self) -> Interruptible:
        """The kernel's process."""


async def climb(kernel: Stoppable, run: CellRun, why: str) -> bool:
    """Stop a cell; whether it ended. `run.rung` says by what.

    Told whom it means, the kernel gets SIGINT, or where the cell is in another thread an
    exception there; then a message, which wakes an event loop that did not see the signal; then
    an exception set in the cell's thread, again and again.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + _LADDER_SECONDS
    await _signal(kernel, run, why, force=False)
    if await _ends(run, "signal"):
        return True
    if kernel.client is not None:
        await kernel.client.nudge()
    if await _ends(run, "message", _NUDGE_SECONDS):
        return True
    while loop.time() < end:
        await _signal(kernel, run, why, force=True)
        if await _ends(run, "exception"):
            return True
    return False


async def _signal(kernel: Stoppable, run: CellRun, why: str, *, force: bool) -> None:
    """Have SIGINT strike the cell that is meant, and neither one that came after it nor, where it
    is on another thread, that from which it was called."""
    helps = await kernel.watcher.tell(run.id, why, force=force)
    if helps is None:  # it may be busy in C code; the signal waits there as well
        helps = run.in_main
    if helps and not run.ended.done():
        await kernel.process.interrupt()


async def interrupt(kernel: Stoppable, run: CellRun | None) -> bool:
    """Stop a cell on behalf of a person; whether it was running and has ended."""
    if run is None or run.ended.done():
        return False
    return await climb(kernel, run, "interrupted by the user")


async def _ends(run: CellRun, rung: Rung, seconds: float = _RUNG_SECONDS) -> bool:
    run.rung = rung
    waited: set[Any] = {run.ended}
    await asyncio.wait(waited, timeout=seconds)
    return run.ended.done()
