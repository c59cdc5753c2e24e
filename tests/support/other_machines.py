"""Lets the tests run as on a machine that lacks something, before any of them is read.

pytest --machine no-namespaces     walls by bubblewrap, or by Landlock where that is missing
pytest --machine no-bubblewrap     walls by Landlock and seccomp alone
pytest --machine no-fork           stock kernels, started by jupyter_client's own provisioner
pytest --machine no-socket tests/kernels
    the same, reached by Jupyter's messages alone. Plans ask more of a kernel than such a one has:
    values, folders, branches.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

KINDS = ("no-namespaces", "no-bubblewrap", "no-fork", "no-socket")


_pretended: list[str] = []


def pretended() -> str | None:
    """The kind of machine that the tests run as; None for this one."""
    return _pretended[-1] if _pretended else None


def pretend(kind: str) -> None:
    """Be a machine of that kind from now on."""
    _pretended.append(kind)
    if kind in ("no-namespaces", "no-bubblewrap"):
        _lack({"no-namespaces": ("namespaces",)}.get(kind, ("namespaces", "bubblewrap")))
        return
    from replplan_kernels.zygote import launch

    launch.can_fork = lambda: f"these tests run with --machine {kind}"  # type: ignore[assignment]
    from replplan_kernels import ipython, processes

    make = _elsewhere if kind == "no-socket" else processes.make_process

    def without_walls(options: Any) -> Any:
        if options.kernel is not None:  # one of the test's own
            return processes.make_process(options)
        return make(replace(options, isolation="none"))

    ipython.make_process = without_walls


def _lack(levels: tuple[str, ...]) -> None:
    from replplan_kernels.isolation import ladder

    why_not = ladder.why_not

    def lacking(level: Any) -> str | None:
        return "it is hidden from these tests" if level in levels else why_not(level)

    ladder.why_not = lacking  # type: ignore[assignment]


def _elsewhere(options: Any) -> Any:
    """A stock kernel that is ours to end, reached through its connection file."""
    from replplan_kernels.elsewhere import RemoteProcess

    return RemoteProcess(options, _stock_place())


def _stock_place() -> Any:
    from jupyter_client.manager import AsyncKernelManager

    from replplan_kernels.running import Running

    class Fresh(Running):
        owned = True

        def __init__(self) -> None:
            self.folder = tempfile.mkdtemp(prefix="t-")
            super().__init__(str(Path(self.folder) / "kernel.json"))
            self.manager = AsyncKernelManager(
                transport="ipc", ip=str(Path(self.folder) / "k"), connection_file=self.name
            )

        async def open(self) -> Any:
            null = subprocess.DEVNULL
            await self.manager.start_kernel(stdin=null, stdout=null, stderr=null)
            client: Any = self.manager.client()
            client.start_channels()
            try:
                await client.wait_for_ready(timeout=60)
            finally:
                client.stop_channels()
            return await super().open()

        async def close(self) -> None:
            await super().close()
            if self.manager.has_kernel:
                await self.manager.shutdown_kernel(now=True)
            await self.manager.cleanup_resources()
            shutil.rmtree(self.folder, ignore_errors=True)

    return Fresh()
