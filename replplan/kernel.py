"""What the core needs of a kernel, and what a kernel needs of the core.

A kernel runs cells. Its root REPL is the kernel's own namespace; a call of an undefined name in a
cell opens a child REPL in the same process, with a namespace of its own. The kernel tells the core
of it with `HostCalls.subtask` and lends it the child as a `Repl`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from replplan.carried import Value
from replplan.cell import CellResult, Variable
from replplan.errors import KernelError
from replplan.mount import Mount
from replplan.record import Json, Record

_NO_BRANCH = "this kernel cannot be branched: only one that was forked on this machine can"

ROOT = 0
"""The number of the root REPL in every kernel."""


class Repl(Protocol):
    """Where the cells of one session run."""

    async def execute(
        self,
        code: str,
        *,
        timeout: float | None = None,
        on_output: Callable[[str], None] | None = None,
    ) -> CellResult:
        """Run a cell to its end.

        Args:
            code: Python as one would type it into a notebook cell.
            timeout: seconds of the cell's own running, without what it waits in calls to the
                host. It is then stopped, its variables kept, and the result says so.
            on_output: is given printed text as it comes.

        Raises:
            KernelDied: the process ended under the cell.
            CellTimeout: the cell could not be stopped.
        """
        ...

    async def resume(self) -> CellResult:
        """What comes of the cell in whose middle this branch was made.

        Raises:
            KernelError: there is none; else as `execute`.
        """
        raise KernelError("no cell is under way here: only a branch can have one")

    async def interrupt(self) -> bool:
        """Stop the cell that runs here and keep the variables; its result says so.

        Returns:
            Whether one was running and has ended. Only a kill may end one that has not.
        """
        return False

    async def variables(self) -> tuple[Variable, ...]:
        """What its cells have bound, for people to see; runs no code of theirs."""
        return ()


class Kernel(Repl, Protocol):
    """A live kernel: its root REPL, and its process.

    Attributes:
        shared: of a branch, the files, pipes and sockets that cells had open when it was made:
            what it or the kernel that it was made from reads or closes, the other has not got.
    """

    shared: tuple[str, ...] = ()

    async def branch(self, calls: HostCalls | None = None) -> Kernel:
        """A second live kernel with the same state, to be closed by whoever asked for it.

        It is made by a fork, between two cells, or while one waits in a call: memory is shared
        until one of the two changes it. In the second case the call is made again, of `calls`,
        sub-tasks around it are opened again (`SubtaskCall.resumed`), and `resume` sees the cell
        out. From then on the two have only the working folder, what was open (`shared`), and the
        host's calls in common. It lives in the same walls, under limits of its own; either
        outlives the other. Random generators go on from the same state in both. Processes that
        cells have started stay with the kernel that started them.

        Args:
            calls: what cells of the branch call in the host; the same as here by default.

        Raises:
            KernelError: a cell computes or awaits, or has threads; or no fork can be had.
            KernelDied: the process has ended.
        """
        raise KernelError(_NO_BRANCH)

    async def checkpoint(self, file: Path | None = None) -> dict[str, str]:
        """Keep the present state, by a branch that waits; it replaces the checkpoint before.

        A cell that nothing but a kill could stop then costs what was done since, and no more.

        Args:
            file: keep the root's variables and history in it instead, as far as cloudpickle can.

        Returns:
            What could not be kept in the file: the name of each variable, and why.

        Raises:
            KernelError, KernelDied: as `branch`, and in the middle of a cell; the one before stays.
        """
        raise KernelError(_NO_BRANCH)

    async def restore(self, file: Path | None = None) -> None:
        """Go on from the checkpoint, also if the process has ended; it is used up by that.

        Args:
            file: go on in a new process with what it holds. Load no file of others: unpickling
                it is running it, though behind this kernel's walls.

        Raises:
            ConfigError: it is no such file.
            KernelError: there is no checkpoint, or a cell is running, or the file cannot be read.
        """
        raise KernelError(_NO_BRANCH)

    @asynccontextmanager
    async def lend(self, options: KernelOptions) -> AsyncIterator[tuple[Variable, ...]]:
        """Have cells call what these options say while the block runs; then as before.

        So several plans share one kernel, one after another: who comes while another has it waits.
        Of the options these count: `calls`, `functions`, `children`, `ask`, `ask_room`, `values`,
        `output_limit`, `output_folder`, and `files`, of which those that the kernel does not have
        yet are copied into the working folder. Values and files stay.

        Yields:
            The variables that the root has already.

        Raises:
            ConfigError: a value or a file does not get into the kernel; says which and why.
            KernelError: a cell is running, or this kernel cannot be lent.
            KernelDied: the process has ended.
        """
        raise KernelError("this kernel cannot be lent to a plan: only one of replplan's own can")
        yield ()

    async def close(self) -> None:
        """End the process and all that it started. May be called twice."""
        ...


class Function(Record):
    """A function of the host that cells may call by name: its arguments are JSON."""

    name: str
    signature: str
    doc: str = ""


class SubtaskCall(Record):
    """A call of an undefined name.

    `repl` numbers the child REPL in its kernel: the same number again when the same parent calls
    the same name again, so that the child goes on where it was. `call` is the text of the call as
    written, `comment` the comment above it, `args` the arguments as short reprs, by name where
    they were given by name. `limits` is what the child may spend, by the names of `Limits`.
    `resumed`, of a branch: a cell of the child is under way, `resume` sees it out.
    """

    repl: int
    parent: int
    name: str
    call: str
    comment: str = ""
    args: tuple[str, ...] = ()
    limits: dict[str, Json] = {}
    resumed: bool = False


class CallError(Exception):
    """Raised by the host to raise an error in the cell that called.

    `kind` names the class that the cell sees: `AskError`, `SubtaskFailed`, or a builtin exception
    such as `TypeError`.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class PlanEnded(Exception):
    """Raised by the host to unwind every cell of the tree: the world ended, or the plan did.

    What cells see is a `BaseException`, so that no `except Exception` of theirs holds it.
    """


class HostCalls(Protocol):
    """What a cell may ask of the host. The kernel calls these; many may be under way at once.

    A call under way is cancelled when the cell that made it is interrupted.
    """

    async def call(self, repl: int, name: str, args: list[Json], kwargs: dict[str, Json]) -> Json:
        """One of the functions that the kernel was opened with, or `ask`.

        Returns:
            The value in JSON, or `replplan.carried.Pickled`.

        Raises:
            CallError: to raise an error in the cell.
            PlanEnded: to unwind every cell.
        """
        ...

    async def subtask(self, call: SubtaskCall, repl: Repl) -> None:
        """Solve a sub-task in a child REPL; return when one of its cells has answered.

        Raises:
            CallError: the child could not answer; raised in the parent's cell.
            PlanEnded: to unwind every cell.
        """
        ...


@dataclass(frozen=True)
class KernelOptions:
    """How a kernel is to be opened.

    Attributes:
        calls: the host's side of the calls; None for a plain kernel, in which an undefined call
            is a `NameError` as in any notebook.
        functions: the functions of `calls` that are bound by name in every namespace.
        folder: the working folder; None for a fresh temporary one that goes with the kernel.
        files: files that cells may read, put beside the working folder's own.
        mounts: what cells see beside these, at its own place.
        hides: names of installed packages that cells do not find, where walls can hide files.
        network: cells can use the network. Without isolation they always can, and see all files.
        isolation: "auto" for what this machine offers, "none" for nothing.
        kernel: an installed kernelspec, whose Python the cells then have; the connection file,
            `....json`, of a kernel that runs, which is used and left; a Jupyter server, which
            starts one, `http://HOST:PORT/?token=TOKEN#NAME`; None for the Python of replplan.
        start: "zygote" for a kernel forked from a warm process, "stock" for one started afresh,
            "auto" for the first where this machine can fork.
        output_limit: characters of printed text that `CellResult.output` holds at most.
        output_folder: where a cell that prints more leaves all of it, in a file of its own that
            `CellResult.full_output` names; None to keep no more than the result holds.
        children: an undefined call opens a child REPL; without, it is a `NameError`, and no name
            that has to do with children is bound: `get_args`, `subtask`, `Limits`,
            `SubtaskFailed`.
        ask: `ask` and `AskError` are bound.
        checkpoint: make a checkpoint before each cell of the root, where that can be. It takes
            some milliseconds, more with much state, whose memory is then copied as it changes.
        ask_room: characters of context that one question may bring with it: the size of the parts
            in which `ask.over` reads a long text.
        values: variables that cells find bound.
    """

    calls: HostCalls | None = None
    functions: tuple[Function, ...] = ()
    folder: Path | None = None
    files: tuple[Path, ...] = ()
    mounts: tuple[Mount, ...] = ()
    hides: tuple[str, ...] = ()
    network: bool = False
    isolation: Literal["auto", "none"] = "auto"
    kernel: str | None = None
    start: Literal["auto", "zygote", "stock"] = "auto"
    output_limit: int = 4000
    output_folder: Path | None = None
    children: bool = True
    ask: bool = True
    ask_room: int = 24_000
    checkpoint: bool = False
    values: tuple[Value, ...] = ()


KernelOpener = Callable[[KernelOptions], AbstractAsyncContextManager[Kernel]]
"""What the entry-point group `replplan.kernels` names."""
