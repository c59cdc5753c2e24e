"""No kernel at all: for methods that run no cells."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from replplan.cell import CellResult
from replplan.errors import KernelError
from replplan.kernel import Kernel, KernelOptions


@asynccontextmanager
async def open_no_kernel(options: KernelOptions) -> AsyncIterator[Kernel]:
    """What a method is lent that needs no kernel: nothing is started."""
    yield NoKernel()


class NoKernel(Kernel):
    """Refuses every cell."""

    async def execute(
        self,
        code: str,
        *,
        timeout: float | None = None,
        on_output: Callable[[str], None] | None = None,
    ) -> CellResult:
        """Refuse.

        Raises:
            KernelError: always.
        """
        raise KernelError("this method said that it needs no kernel, so it cannot run a cell")

    async def close(self) -> None:
        """Nothing to let go of."""
