"""The notebook that a plan was begun in, as the kernel of that plan."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from replplan.errors import KernelError
from replplan.kernel import Kernel, KernelOptions
from replplan_kernels.inside.here import Guest, Plan
from replplan_kernels.ipython import IPythonKernel
from replplan_kernels.link import Hearer, Link
from replplan_kernels.workspace import Workspace, private_folder


class Here:
    """The two ends of a plan in a notebook: a kernel for the plan, the notebook's thread for its
    cells."""

    def __init__(self, shell: Any) -> None:
        """Take the notebook's shell.

        Raises:
            KernelError: it is none of an IPython kernel.
        """
        self._kernel = getattr(shell, "kernel", None)
        if self._kernel is None:
            raise KernelError("this is no notebook: only in one can a plan work in place")
        self._ready, self._link = threading.Event(), ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Kernel]:
        """The kernel, for a plan that another thread runs; waits for `serve`."""
        process: Any = _ThisProcess()
        kernel = IPythonKernel(KernelOptions(isolation="none"), process)
        try:
            link = await kernel.open_link()
            kernel.mourn()
            self._link = str(link.path)
            self._ready.set()
            await kernel.root.ready.wait()
            yield kernel
        finally:
            await kernel.close()

    def left(self) -> None:
        """The plan is over, maybe before it came to its kernel."""
        self._ready.set()

    def serve(self, plan: Plan) -> None:
        """Run the plan's cells on this thread, the notebook's own, until the plan is over.

        Args:
            plan: is shown meanwhile, and cancelled where the user interrupts the notebook.

        Raises:
            KeyboardInterrupt: the user interrupted the notebook.
        """
        self._ready.wait()
        if self._link:
            Guest(self._kernel, self._link).serve(plan)


class _ThisProcess:
    """This process, as far as a kernel needs to know of it. It is never ended."""

    def __init__(self) -> None:
        self.workspace = Workspace(private_folder(), Path.cwd())
        self._over = asyncio.Event()

    def make_link(self, hearer: Hearer) -> Link:
        """The socket on which cells call."""
        return Link(self.workspace.private / "link", hearer)

    def shared_folder(self) -> Path:
        """Where values are put down for the notebook."""
        return self.workspace.private

    async def interrupt(self) -> None:
        """Interrupt the notebook's thread."""
        os.kill(os.getpid(), signal.SIGINT)

    async def ended(self) -> str:
        """Wait until the plan has no more use of it."""
        await self._over.wait()
        return ""

    def kill(self) -> None:
        """Be of no more use."""
        self._over.set()

    async def close(self) -> None:
        """Remove the socket's folder."""
        self.kill()
        await asyncio.to_thread(self.workspace.remove)
