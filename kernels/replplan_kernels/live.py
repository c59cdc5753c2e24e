"""What the parts of a live kernel know of the whole."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable

from replplan.cell import CellResult
from replplan.kernel import Kernel, KernelOptions
from replplan_kernels.calls import Calls
from replplan_kernels.client import Client
from replplan_kernels.link import Link
from replplan_kernels.processes import Process
from replplan_kernels.root import Root
from replplan_kernels.run import CellRun
from replplan_kernels.stopping import Watcher

Send = Callable[[CellRun], Awaitable[None]]


class LiveKernel(Kernel, ABC):
    """A kernel, for its branches, for those that lend it, and for its sub-tasks.

    Attributes:
        options: how it was opened, or is lent.
        process: where it runs.
        runs: the cells under way, by id.
        calls: the host's side of what cells call.
        watcher: the kernel's thread that is told what is to be stopped, or branched.
        root: the connection of the root's cells.
        link: the socket on which the kernel calls, once it is open.
        client: its Jupyter channels, once they are open.
        halfway: of a branch, the root's cell in whose middle it was made, until it is seen out.
        death: set when the process has ended.
        closing: the closing of it, once it has begun.
        one_at_a_time: held by whoever runs a cell of the root.
    """

    options: KernelOptions
    process: Process
    runs: dict[str, CellRun]
    calls: Calls
    watcher: Watcher
    root: Root
    link: Link | None
    client: Client | None
    halfway: CellRun | None = None
    death: asyncio.Event
    closing: asyncio.Task[None] | None
    one_at_a_time: asyncio.Lock

    @abstractmethod
    def sibling(self, options: KernelOptions, process: Process) -> LiveKernel:
        """A kernel of the same make that is not started."""

    @abstractmethod
    def check_alive(self) -> None:
        """Raises `KernelDied` if the kernel is no more."""

    @abstractmethod
    async def start(self) -> None:
        """Start the process and make it ours."""

    @abstractmethod
    async def talk(self) -> None:
        """Start the process, or with a branch that has risen begin to talk to it."""

    @abstractmethod
    async def open_link(self) -> Link:
        """Listen to what the process may say."""

    @abstractmethod
    def mourn(self) -> None:
        """Take note of the end of the process that there is now."""

    @abstractmethod
    async def buried(self) -> None:
        """Wait until the end of the process is noted."""

    @abstractmethod
    def live_again(self) -> None:
        """Have another process, which lives."""

    @abstractmethod
    def begin(self, run: CellRun) -> None:
        """Have a cell under way."""

    @abstractmethod
    async def follow(self, run: CellRun, send: Send) -> CellResult:
        """Send a cell and see it through to its result."""

    @abstractmethod
    async def see_out(self, run: CellRun, send: Send | None = None) -> CellResult:
        """See a cell that is under way through to its result."""

    @abstractmethod
    async def close(self) -> None:
        """End the process and all that it started."""
