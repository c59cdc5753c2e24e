"""A kernel is lent to one plan after another: what its cells can call changes hands."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, BinaryIO

from replplan.carried import Value
from replplan.cell import Variable
from replplan.errors import ConfigError, KernelDied, KernelError
from replplan.kernel import KernelOptions
from replplan_kernels.branch import of
from replplan_kernels.calls import Calls
from replplan_kernels.child import ChildRepl
from replplan_kernels.link import Frame
from replplan_kernels.live import LiveKernel
from replplan_kernels.workspace import check_size

_BACK_SECONDS = 1.0


class Lending(LiveKernel):
    """What of a kernel has to do with plans that share it."""

    @cached_property
    def _turns(self) -> asyncio.Lock:
        return asyncio.Lock()

    @cached_property
    def _files(self) -> set[Path]:
        return set()

    @asynccontextmanager
    async def lend(self, options: KernelOptions) -> AsyncIterator[tuple[Variable, ...]]:
        """Have cells call what these options say for a while. See `replplan.kernel.Kernel`."""
        async with self._turns:
            self.check_alive()
            if self.runs:
                raise KernelError("a cell is running: lend the kernel between cells")
            before = self.options
            new = [f for f in options.files if f.resolve() not in self._known(before)]
            told = await _equip(self, _merged(before, options), new)
            self._files.update(f.resolve() for f in new)
            try:
                yield _variables(told)
            finally:
                if not self.death.is_set():
                    await self._take_back(before)

    async def bring_values(self) -> None:
        """Bind the values that the kernel was opened with."""
        if self.options.values:
            await _equip(self, self.options, [])

    def _known(self, options: KernelOptions) -> set[Path]:
        return self._files | {f.resolve() for f in options.files}

    async def _take_back(self, options: KernelOptions) -> None:
        """Have cells call what they could before. Where it is dead or hangs, the next is told."""
        with contextlib.suppress(KernelDied, TimeoutError):
            async with asyncio.timeout(_BACK_SECONDS):
                await _equip(self, options, [])


def _merged(own: KernelOptions, lent: KernelOptions) -> KernelOptions:
    return replace(
        own,
        calls=lent.calls,
        functions=lent.functions,
        children=lent.children,
        ask=lent.ask,
        ask_room=lent.ask_room,
        values=lent.values,
        output_limit=lent.output_limit,
        output_folder=lent.output_folder,
    )


async def _equip(kernel: LiveKernel, options: KernelOptions, files: list[Path]) -> Frame:
    """Have both ends of the link go by these options.

    Raises:
        ConfigError: a value or a file does not get into the kernel.
        KernelDied: the process has ended.
    """
    _end_calls(kernel)
    kernel.options = replace(options, values=())
    kernel.calls = Calls(options, kernel.runs, partial(ChildRepl, kernel))
    name, brings = f"lent-{secrets.token_hex(8)}", bool(options.values or files)
    place = kernel.process.shared_folder() / name if brings else Path(name)
    try:
        if brings:
            await asyncio.to_thread(_put_down, place, options.values, files)
        told: Frame = await of(kernel, kernel.root.equip(_told(options, place, files)))
    finally:
        for folder in (place, place.with_suffix(".files")) if brings else ():
            shutil.rmtree(folder, ignore_errors=True)
    if failed := told.get("failed"):
        raise ConfigError(f"this does not get into the kernel: {str(failed)[:1000]}")
    return told


def _end_calls(kernel: LiveKernel) -> None:
    """Cells of a plan that is over may have left threads that still call."""
    for connection in tuple(kernel.link.connections) if kernel.link else ():
        if connection.task is not None and not connection.task.done():
            connection.close()


def equipment(options: KernelOptions) -> Frame:
    """What a kernel is told of what its cells can call."""
    return {
        "functions": [function.model_dump() for function in options.functions],
        "calls": options.calls is not None,
        **{name: getattr(options, name) for name in ("children", "ask", "ask_room")},
    }


def _told(options: KernelOptions, place: Path, files: list[Path]) -> Frame:
    return equipment(options) | {
        "values": str(place / "values") if options.values else None,
        "helpers": [value.name for value in options.values if value.everywhere],
        "files": [str(place.with_suffix(".files") / file.name) for file in files],
    }


def _put_down(place: Path, values: tuple[Value, ...], files: list[Path]) -> None:
    """Put values and files where the kernel can take them up.

    Its cells can write there as well: so the folders are made anew, under a name that they cannot
    know, and nothing is ever written through a link.
    """
    with _new_folder(place) as folder, _new_file("values", folder) as stream:
        pickle.dump(len(values), stream)
        for value in values:
            pickle.dump(value.name, stream)
            stream.write(value.data)
    with _new_folder(place.with_suffix(".files")) as folder:
        for file in files:
            check_size(file)
            with file.open("rb") as source, _new_file(file.name, folder) as target:
                shutil.copyfileobj(source, target, 1 << 20)


@contextmanager
def _new_folder(path: Path) -> Iterator[int]:
    path.mkdir(0o700)
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _new_file(name: str, folder: int) -> BinaryIO:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    return os.fdopen(os.open(name, flags, 0o600, dir_fd=folder), "wb")


def _variables(told: Frame) -> tuple[Variable, ...]:
    """The variables as the kernel tells of them, which a cell may have made it tell."""
    names: Any = told.get("names")
    pairs = [p for p in names if isinstance(p, list) and len(p) == 2] if names else []
    return tuple(
        Variable(name=str(name), kind=str(kind)[:100])
        for name, kind in pairs
        if str(name).isidentifier()
    )
