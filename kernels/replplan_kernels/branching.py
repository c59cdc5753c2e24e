"""What of a kernel has to do with its branches and its checkpoint. See `replplan.kernel.Kernel`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path

from replplan.cell import CellResult
from replplan.errors import KernelError
from replplan.kernel import HostCalls
from replplan_kernels import disk
from replplan_kernels.branch import Checkpoints, fork, rise
from replplan_kernels.live import LiveKernel


class Branching(LiveKernel):
    """Branches, in whatever a cell does; a checkpoint, between cells."""

    checkpoints: Checkpoints

    @cached_property
    def _midway(self) -> asyncio.Lock:
        """Held by whoever makes a branch in the middle of a cell."""
        return asyncio.Lock()

    async def branch(self, calls: HostCalls | None = None) -> LiveKernel:
        """A second kernel with the same state. See `replplan.kernel.Kernel`."""
        async with self._midway:
            if self.runs:
                return await _branch(self, calls)
        async with self._between_cells():
            return await _branch(self, calls)

    async def resume(self) -> CellResult:
        """See the cell out in whose middle this branch was made. See `replplan.kernel.Repl`."""
        run, self.halfway = self.halfway, None
        if run is None:
            raise KernelError("no cell is under way here: it was seen out, or never was")
        async with self.one_at_a_time:
            result = await self.see_out(run)
            if self.calls.errors:
                raise self.calls.errors.pop(0)
            return result

    def check_not_halfway(self) -> None:
        """See to it that the cell has been seen out with which a branch began.

        Raises:
            KernelError: it has not.
        """
        if self.halfway is not None:
            raise KernelError("this branch is in the middle of a cell: see that out by resume()")

    async def checkpoint(self, file: Path | None = None) -> dict[str, str]:
        """Keep the present state. See `replplan.kernel.Kernel`."""
        async with self._between_cells():
            if file is not None:
                return await disk.keep(self, file)
            await self.checkpoints.take()
            return {}

    async def restore(self, file: Path | None = None) -> None:
        """Go back to what was kept. See `replplan.kernel.Kernel`."""
        async with self._between_cells(dead=True):
            if file is not None:
                await disk.load(self, file)
            else:
                await self.checkpoints.restore()

    @asynccontextmanager
    async def _between_cells(self, *, dead: bool = False) -> AsyncIterator[None]:
        if self.runs:
            raise KernelError("a cell is running: do this between cells")
        async with self.one_at_a_time:
            if self.closing is not None or not dead:
                self.check_alive()
            yield


async def _branch(kernel: LiveKernel, calls: HostCalls | None) -> LiveKernel:
    kernel.check_alive()
    branch = await fork(kernel, calls)
    try:
        await rise(branch)
    except BaseException:
        await branch.close()
        raise
    return branch
