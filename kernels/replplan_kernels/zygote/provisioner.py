"""Jupyter's own extension point: kernel managers of any kind start kernels from the zygote."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path
from typing import Any, Literal

from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase
from traitlets import Dict, List, Unicode

from replplan.errors import KernelError
from replplan_kernels.zygote.client import PRELOAD, Zygote, shared_zygote
from replplan_kernels.zygote.forked import ForkedKernel
from replplan_kernels.zygote.launch import Going, Launch, can_fork, clean_environment

_KILL_SECONDS = 4.0


class ZygoteProvisioner(LocalProvisioner):
    """Starts a kernel by a fork of a warm process.

    In a kernelspec: `"metadata": {"kernel_provisioner": {"provisioner_name": "replplan-zygote",
    "config": {"preload": ["numpy"]}}}`. The `argv` of the spec is not used.

    The kernel gets the host's environment without its keys: names on an allow-list, and what the
    kernelspec's `env` or the caller of `start_kernel` sets.
    """

    process: ForkedKernel | None = None  # type: ignore[assignment]

    preload = List(Unicode(), list(PRELOAD), help="modules to import before the fork")
    setup = List(Unicode(), help="module:function, called with the application and the request")
    options = Dict(help="what these functions read in the request")
    zygote: Zygote | None = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._kernels: list[ForkedKernel] = []
        self._fixed: dict[str, Any] | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Settle where the kernel listens.

        Raises:
            KernelError: no kernel can be forked here, or none that encrypts.
        """
        if reason := can_fork():
            raise KernelError(f"the provisioner replplan-zygote does not work here: {reason}")
        manager: Any = self.parent
        if getattr(manager, "transport_encryption", "disabled") == "required":
            raise KernelError("a forked kernel does not encrypt its sockets: ask a stock kernel to")
        self._fixed = None
        if any(manager.ports):  # a restart, or a caller who wants these very ports
            manager.write_connection_file()
            self._fixed = manager.get_connection_info()
        return await KernelProvisionerBase.pre_launch(self, cmd=[], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork it. See `replplan_kernels.zygote.client.Zygote.start`."""
        zygote = self.zygote or shared_zygote(tuple(self.preload))
        going = Going(
            cwd=Path(kwargs["cwd"]) if kwargs.get("cwd") else None,
            env=_set_on_purpose(kwargs["env"]),
            setup=tuple(self.setup),
            options=self.options,
        )
        fixed = self._fixed and self._fixed | {"key": self._fixed["key"].decode()}
        self.process = await zygote.start(self._launch(), going, fixed)
        self._kernels.append(self.process)
        self.pid, self.pgid = self.process.pid, os.getpgid(self.process.pid)
        self.cwd = going.cwd or Path.cwd()
        info = self.process.connection
        told: Any = self._fixed or info | {"key": info["key"].encode()}
        self.connection_info = told
        return told

    def _launch(self) -> Launch:
        manager: Any = self.parent
        transport: Literal["ipc", "tcp"] = "ipc" if manager.transport == "ipc" else "tcp"
        ip = manager.ip if transport == "tcp" else ""
        return Launch(transport, ip)

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel and what it started, if it lives."""
        if self.process is not None and self.process.poll() is None:
            await super().send_signal(signum)

    async def wait(self) -> int | None:
        """Wait for its end, without steps of 100 ms."""
        if self.process is None:
            return 0
        code = await self.process.ended()
        self.process = None
        return code

    async def kill(self, restart: bool = False) -> None:
        """Kill it and what it started, and see it gone."""
        if self.process is None:
            return
        await self.send_signal(signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.process.ended(), _KILL_SECONDS)

    async def cleanup(self, restart: bool = False) -> None:
        """Remove its sockets, unless the next kernel listens there."""
        while self._kernels and not restart:
            self._kernels.pop().release()


def _set_on_purpose(env: dict[str, str]) -> dict[str, str]:
    """What was set for this kernel, beside what every kernel gets."""
    own = {name: value for name, value in env.items() if os.environ.get(name) != value}
    return clean_environment(own)
