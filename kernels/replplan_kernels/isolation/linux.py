"""The calls of Linux that Python has no function for, through the C library that it runs on."""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import re

LIBC = ctypes.CDLL(None, use_errno=True)

# prctl(2)
PR_SET_PDEATHSIG = 1
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_SECUREBITS = 28
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47

# The same number on every architecture.
OPEN_TREE = 428
MOVE_MOUNT = 429
MOUNT_SETATTR = 442
LANDLOCK_CREATE_RULESET = 444
LANDLOCK_ADD_RULE = 445
LANDLOCK_RESTRICT_SELF = 446

# Numbers by architecture, in the order of ARCHITECTURES.
ARCHITECTURES = ("x86_64", "aarch64")
PIVOT_ROOT = (155, 41)
CAPGET = (125, 90)
CAPSET = (126, 91)


class WallError(Exception):
    """A wall could not be put up. The message says which, and what the system answered."""


@functools.cache
def architecture() -> int:
    """The place of this machine in ARCHITECTURES.

    Raises:
        WallError: the numbers of its system calls are not known here.
    """
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        raise WallError(
            f"the system calls of {machine} are not known, only those of x86_64, aarch64"
        )
    return ARCHITECTURES.index(machine)


@functools.cache
def release() -> tuple[int, int]:
    """The version of Linux, such as (6, 14)."""
    major, minor = re.findall(r"\d+", platform.release())[:2]
    return int(major), int(minor)


def syscall(what: str, number: int, *args: int | bytes | None) -> int:
    """A system call by number.

    Raises:
        WallError: it failed; the message begins with `what`.
    """
    return check(what, int(LIBC.syscall(ctypes.c_long(number), *map(_argument, args))))


def prctl(what: str, option: int, *args: int | bytes) -> None:
    """prctl(2), with the arguments not given as zeros."""
    padded = (*args, *(0,) * (4 - len(args)))
    check(what, int(LIBC.prctl(option, *map(_argument, padded))))


def check(what: str, result: int) -> int:
    """The result of a call of the C library, or its errno as a WallError."""
    if result < 0:
        raise WallError(f"{what}: {os.strerror(ctypes.get_errno())}")
    return result


def _argument(value: int | bytes | None) -> object:
    return ctypes.c_long(value) if isinstance(value, int) else value
