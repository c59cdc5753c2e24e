"""Landlock: which files a process may use, and, in newer Linux, which sockets and signals.

Own code, since the package on PyPI has no full release; it is three system calls. The levels of the
interface ("ABI") and what each brings are those of the manual page landlock(7).
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Iterable

from replplan_kernels.isolation import linux

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
MAKE_CHAR, MAKE_BLOCK = 1 << 6, 1 << 11
MAKE_DIR, MAKE_REG, MAKE_FIFO, MAKE_SYM, REFER = 1 << 7, 1 << 8, 1 << 10, 1 << 12, 1 << 13
MAKE = MAKE_DIR | MAKE_REG | MAKE_FIFO | MAKE_SYM | REFER
TRUNCATE, IOCTL_DEV, RESOLVE_UNIX = 1 << 14, 1 << 15, 1 << 16
READ = EXECUTE | READ_FILE | READ_DIR
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV | RESOLVE_UNIX
NEVER = MAKE_CHAR | MAKE_BLOCK | IOCTL_DEV

RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16, 6: 16, 7: 16, 8: 16, 9: 17}
"""How many rights over files each ABI knows."""
TCP = 0b11
SCOPES = 0b11  # abstract Unix sockets, signals
CREATE_RULESET_VERSION = 1
PATH_BENEATH = 1

REFER_ABI, TRUNCATE_ABI, TCP_ABI, SCOPES_ABI, UNIX_PATH_ABI = 2, 3, 4, 6, 9


def abi() -> int:
    """The level of Landlock that this Linux has; 0 for none."""
    found = linux.LIBC.syscall(linux.LANDLOCK_CREATE_RULESET, None, 0, CREATE_RULESET_VERSION)
    return max(int(found), 0)


def restrict(
    *,
    readable: Iterable[str],
    listable: Iterable[str],
    writable: Iterable[str],
    devices: Iterable[str],
    network: bool,
) -> None:
    """Leave this thread, and all that it starts, with these paths alone, for good.

    A path that does not exist is passed over. The thread must have given up new privileges.

    Raises:
        WallError: there is no Landlock, or it refused.
    """
    level = abi()
    if level == 0:
        raise linux.WallError("this Linux has no Landlock")
    rights = (1 << RIGHTS_BY_ABI[min(level, max(RIGHTS_BY_ABI))]) - 1
    ruleset = _ruleset(level, rights, network)
    try:
        for path in readable:
            _allow(ruleset, path, rights & READ)
        for path in listable:
            _allow(ruleset, path, rights & READ_DIR)
        for path in writable:
            _allow(ruleset, path, rights & ~NEVER)
        for path in devices:
            _allow(ruleset, path, rights & (READ_FILE | WRITE_FILE | TRUNCATE))
        linux.syscall("landlock", linux.LANDLOCK_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def restrict_making(folders: Iterable[str]) -> None:
    """Let this thread, and all that it starts, make files and folders in these alone, for good.

    Sockets can be made elsewhere too. Where Linux has no such rule, nothing is done.

    Raises:
        WallError: Landlock refused.
    """
    if abi() < REFER_ABI:
        return
    head = struct.pack("=Q", MAKE)
    ruleset = linux.syscall("landlock rules", linux.LANDLOCK_CREATE_RULESET, head, len(head), 0)
    try:
        for path in folders:
            _allow(ruleset, path, MAKE)
        linux.syscall("landlock", linux.LANDLOCK_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _ruleset(level: int, rights: int, network: bool) -> int:
    tcp = TCP if level >= TCP_ABI and not network else 0
    scopes = SCOPES if level >= SCOPES_ABI else 0
    size = 24 if level >= SCOPES_ABI else 16 if level >= TCP_ABI else 8
    head = struct.pack("=QQQ", rights, tcp, scopes)
    return linux.syscall("landlock rules", linux.LANDLOCK_CREATE_RULESET, head, size, 0)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= OF_FILES
        if not rights:
            return
        rule = struct.pack("=Qi", rights, place)
        add = linux.LANDLOCK_ADD_RULE
        linux.syscall(f"landlock rule for {path}", add, ruleset, PATH_BENEATH, rule, 0)
    finally:
        os.close(place)
