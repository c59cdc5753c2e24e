"""Whether this process has file descriptors left for one more kernel.

ZMQ does not tell of one that it lacks: it tries again without end, or aborts the whole process.
"""

from __future__ import annotations

import os

from replplan.errors import KernelError

_ONE_KERNEL = 32
"""Descriptors that a kernel may take at most before its first cell runs."""


def too_few(error: OSError) -> str:
    """The sentence for people about descriptors that are not to be had."""
    return (
        f"the host has too few file descriptors left ({error.strerror}): "
        "close some of its kernels or files, or raise its limit, as by `ulimit -n 4096`"
    )


def check_room(needed: int = _ONE_KERNEL) -> None:
    """See to it that there are descriptors; as many as a kernel needs, if nothing else is said.

    Raises:
        KernelError: there are not.
    """
    taken = list[int]()
    try:
        taken.append(os.open(os.devnull, os.O_RDONLY))
        while len(taken) < needed:
            taken.append(os.dup(taken[0]))
    except OSError as error:
        raise KernelError(too_few(error)) from error
    finally:
        for descriptor in taken:
            os.close(descriptor)
