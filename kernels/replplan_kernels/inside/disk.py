"""A kernel's variables in a file, as far as they can be kept, for a kernel that comes after it.

A fork of the kernel writes them, and reads them back before they count as kept: what is called to
that end, or crashes, or hangs, leaves the kernel itself as it was.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import select
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from replplan_kernels.inside.equip import bind

if TYPE_CHECKING:
    from replplan_kernels.inside.install import ReplKernel

MAGIC = b"replplan variables 1\n"
"""How such a file begins."""

_PATIENCE = 25.0
_WHY = 300


def keep(kernel: ReplKernel, path: str) -> dict[str, Any]:
    """Write the root's variables and history into a file.

    Returns:
        `lost`: of each variable that could not be kept, its name and why; `failed`: why there is
        no file, in words.
    """
    return _in_a_fork(lambda: _keep(kernel, path))


def load(kernel: ReplKernel, path: str) -> dict[str, Any]:
    """Bind what such a file holds.

    Returns:
        `failed`, in words, where it cannot be read.
    """
    try:
        data = Path(path).read_bytes()
        kept = _Reader(io.BytesIO(data[len(MAGIC) :]), kernel).load()
    except Exception as error:  # noqa: BLE001 - what is loaded may raise anything
        return {"failed": _told(error)}
    root = kernel.root
    root.cells, root.flags, root.history = kept["cells"], kept["flags"], kept["history"]
    root.namespace.update(kept["values"])
    bind(kernel)
    return {}


def _keep(kernel: ReplKernel, path: str) -> dict[str, Any]:
    values, lost = _variables(kernel), dict[str, str]()
    data, why = _kept(kernel, values)
    if data is None:
        for name, value in tuple(values.items()):
            if (why := _kept(kernel, {name: value})[1]) is not None:
                lost[name] = why
                del values[name]
        data, why = _kept(kernel, values)
    if data is None:
        return {"failed": why}
    Path(path).write_bytes(MAGIC + data)
    lost |= {f"the sub-task {child.name}": "only the root is kept" for child in _children(kernel)}
    return {"lost": list(lost.items())}


def _variables(kernel: ReplKernel) -> dict[str, Any]:
    """What cells have bound, and not what the shell or we have."""
    space = kernel.root.namespace
    ours = {name for name, value in kernel.bound.items() if space.get(name) is value}
    left_out = (
        ours | {name for name in kernel.hidden if name not in kernel.bound} | {"__builtins__"}
    )
    names = [name for name in space if isinstance(name, str) and name not in left_out]
    return {n: space[n] for n in names if not (n.startswith("__") and n.endswith("__"))}


def _children(kernel: ReplKernel) -> Iterable[Any]:
    return kernel.root.children()


def _kept(kernel: ReplKernel, values: dict[str, Any]) -> tuple[bytes | None, str | None]:
    """The variables with all that belongs to them, as bytes that can be read; or why not."""
    root = kernel.root
    state = {"values": values, "cells": root.cells, "flags": root.flags, "history": root.history}
    buffer = io.BytesIO()
    try:
        _writer(buffer, kernel).dump(state)
        _Reader(io.BytesIO(buffer.getvalue()), kernel).load()
    except Exception as error:  # noqa: BLE001 - an object's own methods are called
        return None, _told(error)
    return buffer.getvalue(), None


def _writer(file: io.BytesIO, kernel: ReplKernel) -> Any:
    """A pickler that has functions of cells go on with the variables of the kernel they come to."""
    import cloudpickle  # type: ignore[import-untyped]

    space = kernel.root.namespace
    ours = {id(v): n for n, v in kernel.bound.items() if v is not kernel.root.history}

    class Writer(cloudpickle.Pickler):  # type: ignore[misc]
        def persistent_id(self, obj: Any) -> Any:
            return ("variables",) if obj is space else _ours(obj)

        def _dynamic_function_reduce(self, func: Any) -> Any:
            reduced = super()._dynamic_function_reduce(func)
            if func.__globals__ is not space:
                return reduced
            make, (code, _, *more), (state, slots), *rest = reduced
            slots["__globals__"] = {}
            return (make, (code, space, *more), (state, slots), *rest)

    def _ours(obj: Any) -> Any:
        name = ours.get(id(obj))
        return None if name is None else ("ours", name)

    return Writer(file, protocol=pickle.HIGHEST_PROTOCOL)


class _Reader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, kernel: ReplKernel) -> None:
        super().__init__(file)
        self._kernel = kernel

    def persistent_load(self, pid: Any) -> Any:
        if pid == ("variables",):
            return self._kernel.root.namespace
        return self._kernel.bound[pid[1]]


def _told(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:_WHY]


def _in_a_fork(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What it gives, in a process that ends with it; `failed` where it does not come to its end."""
    reads, writes = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # threads of ours are lost: it needs none
        pid = os.fork()
    if not pid:
        _do_and_end(work, writes)
    os.close(writes)
    try:
        said = _read(reads, time.monotonic() + _PATIENCE)
    finally:
        os.close(reads)
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    if not said:
        return {"failed": "what was to be kept crashed, hung, or took too long to be written"}
    told: dict[str, Any] = json.loads(said)
    return told


def _do_and_end(work: Callable[[], dict[str, Any]], writes: int) -> None:
    told: dict[str, Any] = {"failed": "it broke off"}
    try:
        sys.stdout = sys.stderr = io.StringIO()  # who prints would talk to the host
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        told = work()
    except BaseException as error:  # noqa: BLE001 - it must not go on as the kernel
        told = {"failed": _told(error)}
    finally:
        with contextlib.suppress(OSError):
            os.write(writes, json.dumps(told).encode())
        os._exit(0)


def _read(descriptor: int, end: float) -> bytes:
    said, poll = bytearray(), select.poll()
    poll.register(descriptor, select.POLLIN)
    while poll.poll(max(0.0, end - time.monotonic()) * 1000):
        part = os.read(descriptor, 1 << 16)
        if not part:
            break
        said += part
    return bytes(said)
