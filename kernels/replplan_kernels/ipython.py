"""A kernel with IPython in it: cells of a root REPL, and of child REPLs in the same process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from replplan.cell import CellResult
from replplan.errors import CellTimeout, KernelDied, KernelError
from replplan.kernel import Kernel, KernelOptions
from replplan_kernels.branch import Checkpoints
from replplan_kernels.branching import Branching
from replplan_kernels.calls import Calls
from replplan_kernels.child import ChildRepl
from replplan_kernels.client import Client
from replplan_kernels.lending import Lending, equipment
from replplan_kernels.link import Connection, Frame, Link
from replplan_kernels.live import Send
from replplan_kernels.processes import Process, make_process
from replplan_kernels.room import check_room
from replplan_kernels.root import Root, SteeredRoot
from replplan_kernels.run import CellRun
from replplan_kernels.starting import to_its_end
from replplan_kernels.stopping import Watcher, climb

_GRACE_SECONDS = 1.0
"""How long a cell whose `execute` was cancelled has to end before its kernel is killed."""

_DEATH_SECONDS = 0.25
"""How long a connection that was just closed may be the first sign of the kernel's death."""


@asynccontextmanager
async def open_ipython(options: KernelOptions) -> AsyncIterator[Kernel]:
    """Open a kernel; it is closed at the end of the `async with` block.

    Raises:
        ConfigError: the folder or a file of the options is not there.
        KernelError: the kernel did not start.
    """
    kernel = IPythonKernel(options, make_process(options))
    try:
        try:
            await kernel.start()
        except OSError as error:
            raise KernelError(f"the kernel did not start: {error}") from error
        yield kernel
    finally:
        await kernel.close()


class IPythonKernel(SteeredRoot, Branching, Lending):  # before what only says how it looks
    """A live kernel. Made by `open_ipython`."""

    def __init__(self, options: KernelOptions, process: Process) -> None:
        self.options, self.process = options, process
        self.runs: dict[str, CellRun] = {}
        self.calls = Calls(options, self.runs, partial(ChildRepl, self))
        self.watcher, self.root = Watcher(), Root(self.runs)
        self.link: Link | None = None
        self.client: Client | None = None
        self._dead: str | None = None
        self._refused: str | None = None
        self.death = asyncio.Event()
        self._mourner: asyncio.Task[None] | None = None
        self.closing: asyncio.Task[None] | None = None
        self.one_at_a_time = asyncio.Lock()
        self.checkpoints = Checkpoints(self)
        self.shared: tuple[str, ...] = ()

    def sibling(self, options: KernelOptions, process: Process) -> IPythonKernel:
        """A kernel of the same make that is not started."""
        return IPythonKernel(options, process)

    async def start(self) -> None:
        """Start the process and make it ours."""
        check_room()
        await self.talk()
        await self.open_link()
        is_ours = await self.process.go(equipment(self.options))
        self.mourn()
        assert self.client is not None
        await self.process.check(self.client)
        await self._install(is_ours)
        await self.bring_values()

    async def talk(self) -> None:
        """Start the process, or with a branch that has risen begin to talk to it."""
        channels = await self.process.start()
        self.client = Client(channels, control=self.process.asked_on_control)
        self.client.runs = self.runs

    async def open_link(self) -> Link:
        """Listen to what the process may say."""
        self.link = self.process.make_link(self)
        await self.link.open()
        return self.link

    def mourn(self) -> None:
        """Take note of the end of the process that there is now."""
        if self._mourner is not None:
            self._mourner.cancel()
        self._mourner = asyncio.create_task(self._mourn())

    async def _install(self, is_ours: bool) -> None:
        code = "" if is_ours else self.process.bootstrap(equipment(self.options))
        reply: asyncio.Future[Frame] = asyncio.ensure_future(self._installed(code))
        death = asyncio.ensure_future(self.death.wait())
        either: set[asyncio.Future[Any]] = {reply, death}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            why_not = self._refused or self.process.last_words()
            told = reply.result() if reply.done() else {"evalue": why_not}
        finally:
            reply.cancel()
            death.cancel()
        if told.get("status") != "ok":
            raise KernelError(f"the kernel did not start: {told.get('evalue')}")
        assert self.client is not None
        await self.process.settle(self.client)

    async def _installed(self, code: str) -> Frame:
        assert self.client is not None
        told = await self.client.execute_silently(code) if code else {"status": "ok"}
        if told.get("status") == "ok":
            await self.root.ready.wait()
        return told

    async def execute(
        self,
        code: str,
        *,
        timeout: float | None = None,
        on_output: Callable[[str], None] | None = None,
    ) -> CellResult:
        """Run a cell of the root. See `replplan.kernel.Repl`."""
        run = CellRun(timeout, self.options, on_output)

        async def send(run: CellRun) -> None:
            self.root.send(run, code)

        async with self.one_at_a_time:
            self.check_not_halfway()
            self.calls.errors.clear()
            await self.checkpoints.before_cell()
            try:
                result = await self.follow(run, send)
            except CellTimeout as error:
                result = await self.checkpoints.after_kill(run, error)
            if self.calls.errors:
                raise self.calls.errors.pop(0)
        return result

    async def buried(self) -> None:
        """Wait until the end of the process is noted."""
        if self._mourner is not None:
            await self._mourner

    def live_again(self) -> None:
        """Have another process, which lives."""
        assert self.link is not None
        self.link.serve(self)
        self.calls.serve(partial(ChildRepl, self))
        self._dead, self.death = None, asyncio.Event()
        self.mourn()

    async def follow(self, run: CellRun, send: Send) -> CellResult:
        """Send a cell and see it through to its result."""
        self.check_alive()
        self.begin(run)
        return await self.see_out(run, send)

    def begin(self, run: CellRun) -> None:
        """Have a cell under way."""
        self.runs[run.id] = run
        run.clock.go()

    async def see_out(self, run: CellRun, send: Send | None = None) -> CellResult:
        """See a cell that is under way through to its result."""
        try:
            if send:
                await send(run)
            await self._see_through(run)
            return await run.result()
        except asyncio.CancelledError:
            await self._break_off(run)
            raise
        finally:
            run.clock.stop()
            run.full_output()
            del self.runs[run.id]

    def check_alive(self) -> None:
        """Raises `KernelDied` if the kernel is no more."""
        if self._dead is not None:
            raise KernelDied(self._dead)

    async def _see_through(self, run: CellRun) -> None:
        either: set[asyncio.Future[Any]] = {run.ended, run.clock.expired}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if run.ended.done():
            return
        run.stopped = "timeout"
        why = f"stopped after {run.timeout:g} s, its time limit"
        if not await climb(self, run, why):
            self.process.kill()
            raise CellTimeout(
                f"a cell ran past its limit of {run.timeout:g} s and could not be stopped; "
                f"{self.process.left}"
            )

    async def _break_off(self, run: CellRun) -> None:
        """Never leave a running cell behind."""
        with contextlib.suppress(asyncio.CancelledError):  # the caller raises it
            await to_its_end(asyncio.create_task(self._end_soon(run)))

    async def _end_soon(self, run: CellRun) -> None:
        try:
            async with asyncio.timeout(_GRACE_SECONDS):
                ended = await climb(self, run, "interrupted")
        except TimeoutError:
            ended = False
        if not ended:
            self.process.kill()

    def take(self, connection: Connection, frame: Frame) -> None:
        """Take up a frame. See `replplan_kernels.link.Hearer`."""
        most = "call" in frame  # by far the most of them are
        taken = not most and self.watcher.take(connection, frame)
        if most or not (taken or self.root.take(connection, frame)):
            self.calls.take(connection, frame)

    def lost(self, connection: Connection) -> None:
        """Cancel what was done for a connection that is closed.

        A planner whose cell was running is spared for a moment: if the kernel has died, it is to
        be told so.
        """
        self.watcher.lost(connection)
        if connection is self.root.connection:
            self._unless_dead(self.process.kill)  # it takes no more cells
        if connection.task is None:
            return
        if connection.cancelled or connection.ran is None:
            connection.task.cancel()
        else:
            self._unless_dead(connection.task.cancel)

    def refused(self, why: str) -> None:
        """Take note that a connection was refused: without its first ones, it is no kernel."""
        if not self.root.ready.is_set():
            self._refused, self._dead = why, self._dead or why
            self.death.set()
            self.process.kill()

    def _unless_dead(self, do: Callable[[], object]) -> None:
        """Do it in a moment, if it was not its death that closed a connection: that says more."""

        def later() -> None:
            if self._dead is None:
                do()

        asyncio.get_running_loop().call_later(_DEATH_SECONDS, later)

    async def _mourn(self) -> None:
        how = await self.process.ended()
        self._dead = self._dead or f"the kernel's process has ended{how}, its variables are gone"
        self.death.set()
        for run in tuple(self.runs.values()):
            run.fail(KernelDied(self._dead))
        for connection in tuple(self.link.connections) if self.link else ():
            connection.close()

    async def close(self) -> None:
        """End the process and all that it started. May be called twice."""
        if self.closing is None:
            self.closing = asyncio.create_task(self._close())
        await to_its_end(self.closing)

    async def _close(self) -> None:
        self._dead = self._dead or "the kernel is closed"
        await self.checkpoints.close()
        self.process.kill()
        for run in tuple(self.runs.values()):
            run.fail(KernelDied(self._dead))
        await self.buried()
        if self.link is not None:
            await self.link.close()
        if self.client is not None:
            await self.client.close()
        await self.process.close()
