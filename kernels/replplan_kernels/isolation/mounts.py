"""A file system in which only what a kernel needs exists.

Everything that is to be seen is first taken hold of where the host has it, then put into an empty
file system in memory, which becomes the root; the old root is let go. Needs Linux 5.12.
"""

from __future__ import annotations

import os
import struct
from typing import Any

from replplan_kernels.isolation import linux
from replplan_kernels.isolation.view import NO_DEV, NO_EXEC, NO_SUID, READ_ONLY
from replplan_kernels.isolation.walls import MIB

AT_FDCWD, AT_EMPTY_PATH, AT_RECURSIVE = -100, 0x1000, 0x8000
OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC, MOVE_FROM_EMPTY_PATH = 1, os.O_CLOEXEC, 4
MS_REC, MS_PRIVATE, MNT_DETACH = 1 << 14, 1 << 18, 2

BASE = "/tmp"  # noqa: S108  # where the new root stands before it is one
ROOT_OPTIONS = f"size={4 * MIB},nr_inodes=4096,mode=755"
MASKED = (
    *("cmdline", "interrupts", "kallsyms", "kcore", "keys", "kmsg", "kpagecgroup", "kpagecount"),
    *("kpageflags", "locks", "timer_list"),
)
PIDS_BY_NAMESPACE = (6, 14)
RESERVED_PIDS = 300
"""Linux hands these out once only in a namespace, then counts on from here."""


def build(view: dict[str, Any], processes: int) -> None:
    """Make the new root and go there. To be called by a process of the new namespaces.

    Args:
        view: from `view.view`.
        processes: how many there may be, where Linux counts them by namespace.

    Raises:
        WallError: the system refused a step.
        OSError: the same.
    """
    _mount(None, "/", None, MS_REC | MS_PRIVATE)
    places: dict[str, list[Any]] = view["places"]
    trees = {
        path: _take(host[0] if host else path)
        for path, (kind, _, *host) in places.items()
        if kind in ("folder", "file")
    }
    _mount("tmpfs", BASE, ROOT_OPTIONS, NO_SUID | NO_DEV)
    made: set[str] = set()
    for path, (kind, flags, *_) in places.items():
        _make_room(path, kind == "file", made)
        if path in trees:
            _set_flags(trees[path], flags, AT_RECURSIVE)
            _put(trees[path], BASE + path)
        else:
            _mount("tmpfs", BASE + path, kind, flags)
    _write(view, made)
    _proc(processes)
    _read_only(BASE)
    _become_root()


def _make_room(path: str, is_file: bool, made: set[str]) -> None:
    """Something to mount on."""
    there = BASE + path
    _folders(path if not is_file else path.rpartition("/")[0], made)
    if is_file:
        os.close(os.open(there, os.O_CREAT | os.O_CLOEXEC, 0o644))


def _folders(path: str, made: set[str]) -> None:
    if path not in made:
        os.makedirs(BASE + path, exist_ok=True)  # noqa: PTH103  # every microsecond here is waited for
        made.add(path)


def _write(view: dict[str, Any], made: set[str]) -> None:
    for path, target in view["links"].items():
        if not os.path.lexists(BASE + path):
            _folders(path.rpartition("/")[0], made)
            os.symlink(target, BASE + path)  # noqa: PTH211
    for path, text in view["files"].items():
        _folders(path.rpartition("/")[0], made)
        with open(BASE + path, "w") as file:  # noqa: PTH123
            file.write(text)


def _proc(processes: int) -> None:
    """The kernel's own processes. Read-only: root may otherwise set the whole machine's limits."""
    there = BASE + "/proc"
    os.mkdir(there)  # noqa: PTH102
    _mount("proc", there, None, NO_SUID | NO_DEV | NO_EXEC)
    if linux.release() >= PIDS_BY_NAMESPACE:  # the only limit that binds root
        with open(there + "/sys/kernel/pid_max", "w") as most:  # noqa: PTH123
            most.write(str(RESERVED_PIDS + processes + 1))
    for name in MASKED:
        if os.path.lexists(f"{there}/{name}"):
            _put(_take("/dev/null"), f"{there}/{name}")
    _mount(
        "tmpfs", there + "/1", "size=4k,nr_inodes=1", READ_ONLY | NO_SUID | NO_DEV
    )  # init's pipe
    _read_only(there)


def _become_root() -> None:
    os.chdir(BASE)
    number = linux.PIVOT_ROOT[linux.architecture()]
    linux.syscall("pivot_root", number, b".", b".")  # the old root now lies over the new one
    linux.check("old root", linux.LIBC.umount2(b".", MNT_DETACH))
    os.chdir("/")


def _mount(kind: str | None, target: str, options: str | None, flags: int) -> None:
    name, data = (text.encode() if text else None for text in (kind, options))
    done = linux.LIBC.mount(name, target.encode(), name, flags, data)
    linux.check(f"mount {kind or 'private'} at {target}", done)


def _take(path: str) -> int:
    flags = OPEN_TREE_CLOEXEC | OPEN_TREE_CLONE | AT_RECURSIVE
    return linux.syscall(f"open {path}", linux.OPEN_TREE, AT_FDCWD, path.encode(), flags)


def _set_flags(tree: int, flags: int, recursive: int) -> None:
    change, how = struct.pack("=QQQQ", flags, 0, 0, 0), AT_EMPTY_PATH | recursive
    linux.syscall("mount flags", linux.MOUNT_SETATTR, tree, b"", how, change, len(change))


def _read_only(path: str) -> None:
    change = struct.pack("=QQQQ", READ_ONLY, 0, 0, 0)
    number, target = linux.MOUNT_SETATTR, path.encode()
    linux.syscall(f"read-only {path}", number, AT_FDCWD, target, 0, change, len(change))


def _put(tree: int, target: str) -> None:
    flags, number = MOVE_FROM_EMPTY_PATH, linux.MOVE_MOUNT
    linux.syscall(f"mount {target}", number, tree, b"", AT_FDCWD, target.encode(), flags)
    os.close(tree)
