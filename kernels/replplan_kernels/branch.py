"""Branches: kernels that another one has forked, with the same state, copy-on-write.

A branch is forked at once and then waits; only when it is wanted does it get sockets and threads.
So a checkpoint, a branch that is kept for bad times, costs a few milliseconds. Kernel and branches
share the private folder, each with its sockets in a place of its own, and the working folder.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from replplan.cell import CellError, CellResult
from replplan.errors import CellTimeout, KernelDied, KernelError
from replplan.kernel import HostCalls
from replplan_kernels.channels import ZmqChannels
from replplan_kernels.forked import ForkedProcess, reach
from replplan_kernels.frames import MalformedError
from replplan_kernels.live import LiveKernel
from replplan_kernels.room import check_room
from replplan_kernels.run import CellRun
from replplan_kernels.workspace import Workspace
from replplan_kernels.zygote.family import children

_PATIENCE = 30.0
_PORTS = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")
_EXCHANGED = ("process", "runs", "calls", "watcher", "root", "link", "client", "shared")
"""What makes a kernel this one and no other."""

_SHOWN = 100
"""How many descriptors are told of."""

T = TypeVar("T")


class BranchProcess(ForkedProcess):
    """A process that a forked kernel has forked, and a client of it. See `ForkedProcess`."""

    def __init__(self, parent: ForkedProcess) -> None:
        super().__init__(parent.options)
        self._parent = parent
        self._family = parent.family
        private = self.family.new_folder()
        self.workspace = Workspace(private, parent.workspace.folder)
        self.family.members.append(self)
        self.connection = {
            "transport": "ipc",
            "ip": str(private / "k"),
            "key": secrets.token_hex(16),
            "signature_scheme": "hmac-sha256",
            **{name: number for number, name in enumerate(_PORTS, 1)},
        }

    def request(self, link: Path) -> dict[str, Any]:
        """What the kernel must know that is to be forked."""
        return {
            "link": str(link),
            "connection": self.connection,
            "connection_file": str(self.workspace.private / "kernel.json"),
        }

    def adopt(self, pid: int) -> None:
        """Have the zygote take care of it, by its number.

        Raises:
            KernelError: it is gone, or is no child of that kernel: cells can claim anything.
        """
        parent, private = self._parent._kernel, self.workspace.private
        assert parent is not None
        if pid not in children(parent.pid):
            raise KernelError("the kernel cannot be branched: what came is no child of it")
        self._kernel = self.family.zygote.adopt(parent, pid, self.connection, private)

    async def start(self) -> ZmqChannels:
        """Connect, when it has its sockets."""
        assert self._kernel is not None
        return reach(self._kernel)


async def fork(parent: LiveKernel, calls: HostCalls | None = None) -> LiveKernel:
    """A branch that waits, its cells calling `calls`. It can be made to `rise`, or closed.

    Raises:
        KernelError: there can be none now; says why and what to do.
        KernelDied: the kernel has ended.
    """
    if not isinstance(parent.process, ForkedProcess):
        raise KernelError(
            "only a forked kernel can be branched: open it with start='zygote' and no kernel of "
            "your own, where this machine can fork"
        )
    check_room()
    process = BranchProcess(parent.process)
    options = replace(parent.options, calls=calls or parent.options.calls)
    branch = parent.sibling(options, process)
    branch.calls.go_on_from(parent.calls)
    try:
        link = await branch.open_link()
        parent.root.marked.clear()
        told = await of(parent, parent.watcher.branch(process.request(link.path)))
        branch.shared = _names(told.get("shared"))
        await _have_halfway(branch, parent, told.get("within"))
        process.adopt(await of(branch, of(parent, branch.watcher.came())))
        branch.mourn()
    except MalformedError as error:
        await branch.close()
        raise KernelError("the kernel cannot be branched: its branch ended at once") from error
    except OSError as error:
        await branch.close()
        raise KernelError(f"the kernel cannot be branched: {error}") from error
    except BaseException:
        await branch.close()
        raise
    return branch


async def _have_halfway(branch: LiveKernel, parent: LiveKernel, names: Any) -> None:
    """Let the cells be under way that were when the branch was made, the root's first."""
    within = [parent.runs[name] for name in names or () if name in parent.runs]
    if not within:
        return
    await of(parent, parent.root.marked.wait())
    for run in within:
        branch.begin(run.twin(branch.options))
    first, *others = branch.runs.values()
    branch.halfway = branch.root.run = first
    branch.calls.halfway = {run.id for run in others}


async def rise(branch: LiveKernel) -> None:
    """Have a branch that waits run cells.

    Raises:
        KernelError: it cannot; says why.
        KernelDied: it has ended.
    """
    await of(branch, branch.watcher.branch({}))
    await of(branch, branch.talk())
    await of(branch, branch.root.ready.wait())
    assert branch.client is not None
    await of(branch, branch.process.check(branch.client))


async def become(kernel: LiveKernel, branch: LiveKernel) -> None:
    """Let a kernel go on as a branch that has risen, and end what it was."""
    kernel.process.kill()
    await kernel.buried()
    for name in _EXCHANGED:
        was, is_now = getattr(kernel, name), getattr(branch, name)
        setattr(kernel, name, is_now)
        setattr(branch, name, was)
    kernel.live_again()
    branch.mourn()
    await branch.close()


def _names(told: Any) -> tuple[str, ...]:
    names = told if isinstance(told, list) else []
    return tuple(str(name)[:200] for name in names[:_SHOWN])


async def of(kernel: LiveKernel, work: Coroutine[Any, Any, T]) -> T:
    """What comes of some work, if the kernel lives on meanwhile.

    Raises:
        KernelDied: it does not.
        KernelError: the work does not come to its end.
    """
    task, death = asyncio.ensure_future(work), asyncio.ensure_future(kernel.death.wait())
    either: set[asyncio.Future[Any]] = {task, death}
    try:
        await asyncio.wait(either, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return await task
        kernel.check_alive()
        raise KernelError(f"the kernel does not answer within {_PATIENCE:g} s")
    finally:
        task.cancel()
        death.cancel()


@dataclass
class Checkpoints:
    """The one checkpoint that a kernel has, if it has one.

    Attributes:
        spare: the branch that waits.
        cells: how many cells of the root were begun since.
    """

    kernel: LiveKernel
    spare: LiveKernel | None = field(default=None)
    cells: int = 0

    async def take(self) -> None:
        """Make one; it takes the place of the one before.

        Raises:
            KernelError: there can be none now. The one before stays.
        """
        spare = await fork(self.kernel)
        before, self.spare, self.cells = self.spare, spare, 0
        if before is not None:
            await before.close()

    async def before_cell(self) -> None:
        """Make one where the options say so, and where it can be."""
        if self.kernel.options.checkpoint:
            try:
                await self.take()
            except KernelDied:
                raise
            except KernelError:
                pass  # a thread is in the way: the last one will do, and the cells are counted
        self.cells += 1

    async def restore(self) -> None:
        """Make the kernel go on from it.

        Raises:
            KernelError: there is none, or it has ended as well.
        """
        spare, self.spare = self.spare, None
        if spare is None:
            raise KernelError("the kernel has no checkpoint to go back to: make one beforehand")
        try:
            await rise(spare)
        except BaseException:
            await spare.close()
            raise
        await become(self.kernel, spare)
        self.cells = 0

    async def after_kill(self, run: CellRun, error: CellTimeout) -> CellResult:
        """What came of a cell that nothing but a kill could stop.

        Raises:
            CellTimeout: there is no checkpoint that could take over.
        """
        cells = self.cells
        try:
            await self.restore()
        except KernelError as none:
            raise error from none
        lost = "the cell's own work since its start was lost"
        if cells > 1:
            lost = f"the work of the last {cells} cells, this one included, was lost"
        why = (
            f"stopped after {run.timeout:g} s, its time limit, by ending the process; "
            f"the kernel goes on from its last checkpoint: {lost}"
        )
        name = "KeyboardInterrupt"
        told = CellError(name=name, message=why, traceback=f"{name}: {why}")
        return CellResult(
            output=run.output.text,
            error=told,
            displays=tuple(run.displays),
            stopped="timeout",
            rung="kill",
            lost=lost,
            seconds=run.seconds(),
            full_output=run.full_output(),
        )

    async def close(self) -> None:
        """Let go of it."""
        spare, self.spare = self.spare, None
        if spare is not None:
            await spare.close()
