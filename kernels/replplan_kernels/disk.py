"""Checkpoints in files: a kernel's variables, for after its death and after its host's.

The kernel writes them and a kernel reads them, behind its walls; the host copies bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from replplan.errors import ConfigError, KernelError
from replplan_kernels.branch import become, of
from replplan_kernels.inside.disk import MAGIC
from replplan_kernels.live import LiveKernel
from replplan_kernels.processes import make_process

_SHOWN, _WIDTH = 1000, 300


async def keep(kernel: LiveKernel, file: Path) -> dict[str, str]:
    """Write the root's variables into a file; of what could not be kept, the name and why.

    Raises:
        KernelError: there is no such file now; says why. One that there was before stays.
    """
    path = _place(kernel)
    try:
        path.touch(0o600, exist_ok=False)  # the kernel makes nothing but sockets there
        told = await of(kernel, kernel.root.equip({"keep": str(path)}))
        if failed := told.get("failed"):
            raise KernelError(f"the variables were not kept: {str(failed)[:_WIDTH]}")
        await asyncio.to_thread(_copy_out, path, file)
    except OSError as error:
        raise KernelError(f"the variables were not kept in {file}: {error}") from error
    finally:
        path.unlink(missing_ok=True)
    lost = told.get("lost")
    pairs = [p for p in lost if isinstance(p, list) and len(p) == 2] if lost else []
    return {str(name)[:_WIDTH]: str(why)[:_WIDTH] for name, why in pairs[:_SHOWN]}


async def load(kernel: LiveKernel, file: Path) -> None:
    """Have the kernel go on in a new process with what a file holds.

    Raises:
        ConfigError: it is no such file. The kernel is as it was.
        KernelError: it cannot be read by a kernel; says why. The kernel is no more.
    """
    _check(file)
    _place(kernel)
    kernel.process.kill()
    await kernel.buried()
    await kernel.process.close()
    other = kernel.sibling(kernel.options, make_process(kernel.options))
    try:
        await other.start()
        await _read(other, file)
        await become(kernel, other)
    except BaseException:
        await other.close()
        raise


async def _read(kernel: LiveKernel, file: Path) -> None:
    path = _place(kernel)
    await asyncio.to_thread(shutil.copyfile, file, path)
    told = await of(kernel, kernel.root.equip({"load": str(path)}))
    path.unlink(missing_ok=True)
    if failed := told.get("failed"):
        raise KernelError(f"{file} cannot be restored: {str(failed)[:_WIDTH]}")


def _place(kernel: LiveKernel) -> Path:
    try:
        return kernel.process.shared_folder() / f"kept-{secrets.token_hex(8)}"
    except ConfigError as error:
        raise KernelError("variables are kept of kernels on this machine alone") from error


def _copy_out(path: Path, file: Path) -> None:
    """Cells can write at that path as well: nothing but a plain file is taken from there."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    with os.fdopen(os.open(path, flags), "rb") as source:
        if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
            raise OSError("what the kernel wrote is no file")
        with _whole(file) as target:
            shutil.copyfileobj(source, target, 1 << 20)


@contextlib.contextmanager
def _whole(file: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of the one before when all of it is there."""
    with tempfile.NamedTemporaryFile(
        dir=file.parent, prefix=f".{file.name}-", delete=False
    ) as target:
        try:
            yield target
            Path(target.name).replace(file)
        except BaseException:
            Path(target.name).unlink(missing_ok=True)
            raise


def _check(file: Path) -> None:
    try:
        with file.open("rb") as stream:
            known = stream.read(len(MAGIC)) == MAGIC
    except OSError as error:
        raise ConfigError(f"{file} cannot be restored: {error.strerror}") from error
    if not known:
        raise ConfigError(
            f"{file} holds no variables of a kernel: checkpoint({file.name!r}) makes one"
        )
