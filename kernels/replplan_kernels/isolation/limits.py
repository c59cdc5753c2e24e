"""Limits of resources, and the loss of every privilege."""

from __future__ import annotations

import ctypes
import os
import resource
import struct

from replplan_kernels.isolation import linux
from replplan_kernels.isolation.walls import GIB, Walls

CAPABILITIES = 64
CAPABILITY_HEADER = struct.pack("=Ii", 0x20080522, 0)
SECUREBITS_NO_ROOT_LOCKED = 0b1110_1111  # no power by uid 0, no keeping, no ambient set; all locked
PR_CAP_AMBIENT_CLEAR_ALL = 4
DRIFT = 512
"""Tasks that a user's other programs may start meanwhile, where Linux counts them with ours."""


def limit_resources(walls: Walls, own_count: bool) -> None:
    """Set the limits of this process and of all that it starts, for good.

    Args:
        walls: the limits.
        own_count: processes are counted for this kernel alone, not for all that the user runs.
    """
    processes = walls.processes if own_count else _tasks_of_user() + max(walls.processes, DRIFT)
    limits = {
        resource.RLIMIT_DATA: walls.memory,
        resource.RLIMIT_AS: 2 * walls.memory + 4 * GIB,  # what is mapped without being memory
        resource.RLIMIT_FSIZE: walls.file_size,
        resource.RLIMIT_NOFILE: walls.open_files,
        resource.RLIMIT_NPROC: processes,
        resource.RLIMIT_CORE: 0,
    }
    for which, wanted in limits.items():
        _, hard = resource.getrlimit(which)
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(which, (value, value))


def counts_by_namespace() -> bool:
    """Whether RLIMIT_NPROC counts within a user namespace (Linux 5.14) and binds this user.

    It never binds root, who is root behind any wall.
    """
    return linux.release() >= (5, 14) and os.getuid() != 0


def drop_privileges() -> None:
    """Give up every capability, and the ways to new ones: no set-uid program helps any more.

    Raises:
        WallError: the system refused.
    """
    linux.prctl("no new privileges", linux.PR_SET_NO_NEW_PRIVS, 1)
    linux.prctl("ambient capabilities", linux.PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    if _has_capabilities():
        for capability in range(CAPABILITIES):
            if linux.LIBC.prctl(linux.PR_CAPBSET_DROP, capability, 0, 0, 0):
                break  # past the last that this Linux knows
        linux.prctl("secure bits", linux.PR_SET_SECUREBITS, SECUREBITS_NO_ROOT_LOCKED)
        linux.syscall("capset", linux.CAPSET[linux.architecture()], CAPABILITY_HEADER, bytes(24))
    if _has_capabilities():
        raise linux.WallError("capabilities are left after they were dropped")


def _has_capabilities() -> bool:
    held = ctypes.create_string_buffer(24)
    number = linux.CAPGET[linux.architecture()]
    linux.syscall("capget", number, CAPABILITY_HEADER, ctypes.addressof(held))
    return any(held.raw)


def _tasks_of_user() -> int:
    """Processes and threads of this user on the whole machine; root's do not matter."""
    user, count = os.getuid(), 0
    for entry in os.scandir("/proc") if user else ():
        if entry.name.isdigit():
            try:
                if entry.stat().st_uid == user:
                    count += len(os.listdir(f"{entry.path}/task"))  # noqa: PTH208
            except OSError:
                continue  # it ended while it was counted
    return count
