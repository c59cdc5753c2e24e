"""Which process a kernel is to run in."""

from __future__ import annotations

from replplan.errors import KernelError
from replplan.kernel import KernelOptions
from replplan_kernels.elsewhere import Place, RemoteProcess
from replplan_kernels.forked import ForkedProcess
from replplan_kernels.gateway import Gateway
from replplan_kernels.process import KernelProcess
from replplan_kernels.running import Running
from replplan_kernels.zygote.launch import can_fork

Process = KernelProcess | ForkedProcess | RemoteProcess


def make_process(options: KernelOptions) -> Process:
    """The process that a kernel is to run in: forked where that can be, unless told otherwise.

    Raises:
        KernelError: this machine has not got what was asked for.
    """
    reason = can_fork()
    place = _place(options.kernel)
    if options.kernel is not None:
        reason = f"{options.kernel} has a process of its own"
    if options.start == "zygote" and reason:
        raise KernelError(f"no kernel can be forked: {reason}")
    if place is not None:
        return RemoteProcess(options, place)
    if options.start == "stock" or reason:
        return KernelProcess(options)
    return ForkedProcess(options)


def _place(kernel: str | None) -> Place | None:
    """Where the kernel is that was asked for; None for a kernelspec, or none."""
    if kernel is None:
        return None
    if kernel.startswith(("http://", "https://")):
        return Gateway(kernel)
    return Running(kernel) if kernel.endswith(".json") else None
