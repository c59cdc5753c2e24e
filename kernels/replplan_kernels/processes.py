"""Which process a kernel is to run in."""

from __future__ import annotations

from replplan.errors import KernelError
from replplan.kernel import KernelOptions
from replplan_kernels.forked import ForkedProcess
from replplan_kernels.process import KernelProcess
from replplan_kernels.zygote.launch import can_fork

Process = KernelProcess | ForkedProcess


def make_process(options: KernelOptions) -> Process:
    """The process that a kernel is to run in: forked where that can be, unless told otherwise.

    Raises:
        KernelError: this machine has not got what was asked for.
    """
    reason = can_fork()
    if options.kernel is not None:
        reason = f"{options.kernel} is a kernelspec, with a process of its own"
    if options.start == "zygote" and reason:
        raise KernelError(f"no kernel can be forked: {reason}")
    if options.start == "stock" or reason:
        return KernelProcess(options)
    return ForkedProcess(options)
