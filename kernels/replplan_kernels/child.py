"""The REPL of a sub-task, as the core sees it: its cells go down the connection of its call."""

from __future__ import annotations

from collections.abc import Callable

from replplan.cell import CellResult, Variable
from replplan.errors import KernelError
from replplan.kernel import Repl
from replplan_kernels.link import Connection
from replplan_kernels.live import LiveKernel
from replplan_kernels.run import CellRun
from replplan_kernels.stopping import interrupt


class ChildRepl(Repl):
    """The REPL of a sub-task, in the thread that called it."""

    def __init__(self, kernel: LiveKernel, connection: Connection, number: int) -> None:
        self._kernel, self._connection, self._number = kernel, connection, number
        self._over = False
        self._run: CellRun | None = None

    async def execute(
        self,
        code: str,
        *,
        timeout: float | None = None,
        on_output: Callable[[str], None] | None = None,
    ) -> CellResult:
        """Run a cell in the child. See `replplan.kernel.Repl`."""
        self._kernel.check_alive()
        if self._connection.ran is not None:
            raise KernelError("a cell of this sub-task is running already: wait for its end")
        if self._over or not self._connection.open:
            raise KernelError("this sub-task is over: its call waits for no more cells")
        run = CellRun(timeout, self._kernel.options, on_output)
        run.in_main = self._connection.in_main
        self._connection.ran, self._run = run.end, run
        try:
            return await self._kernel.follow(run, lambda run: self._send(run, code))
        finally:
            self._connection.ran = None

    def take_up(self, run: CellRun) -> None:
        """Have a cell under way, as the kernel had that this one is a branch of."""
        self._connection.ran, self._run = run.end, run

    async def resume(self) -> CellResult:
        """See the cell through that is under way. See `replplan.kernel.Repl`."""
        run = self._run
        if run is None or run.id not in self._kernel.runs:
            return await super().resume()
        try:
            return await self._kernel.see_out(run)
        finally:
            self._connection.ran = None

    async def interrupt(self) -> bool:
        """Stop the child's cell. See `replplan.kernel.Repl`."""
        return await interrupt(self._kernel, self._run)

    async def variables(self) -> tuple[Variable, ...]:
        """The child's variables. See `replplan.kernel.Repl`."""
        return await self._kernel.watcher.variables(self._number)

    async def _send(self, run: CellRun, code: str) -> None:
        self._connection.send({"cell": code, "id": run.id})

    def end(self) -> None:
        """Take no more cells: the call is over."""
        self._over = True
