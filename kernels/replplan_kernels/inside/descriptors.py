"""Which open descriptors of this process are the kernel's own, and which those of its cells."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
from pathlib import Path

_OPEN = Path("/proc/self/fd")
_FIRST = 3
_SCANNED = 4096


class Owned:
    """The kernel's own descriptors: those open when this is made, and its sockets of later.

    Args:
        folder: the kernel's private folder: sockets with a path in it are its own.
        users: descriptors that are open and are not the kernel's.
    """

    def __init__(self, folder: str, users: set[int] = frozenset()) -> None:  # type: ignore[assignment]
        self.folder = folder
        self._known = {(fd, what) for fd, what in _all().items() if fd not in users}

    def own(self) -> set[int]:
        """Those of the kernel that are open now."""
        return {fd for fd, what in _all().items() if self._is_own(fd, what)}

    def users(self) -> dict[int, str]:
        """Those of cells that are open now, and what each is."""
        return {fd: what for fd, what in _all().items() if not self._is_own(fd, what)}

    def _is_own(self, fd: int, what: str) -> bool:
        if (fd, what) in self._known:
            return True
        return what.startswith("socket:") and any(self.folder in end for end in _ends(fd))

    def shown(self, fd: int, what: str) -> str | None:
        """A descriptor of a cell, for people; None where it is no file, pipe or socket."""
        if what.startswith("socket:"):
            ends = [end for end in _ends(fd) if end]
            return f"socket {fd} ({' to '.join(ends) or 'unnamed'})"
        if what.startswith("pipe:"):
            return f"pipe {fd}"
        if what.startswith("/") and what != os.devnull:
            return f"file {fd} ({what})"
        return None


def _all() -> dict[int, str]:
    """Every open descriptor past the standard three, and where it leads."""
    try:
        numbers = [int(name) for name in os.listdir(_OPEN)]  # noqa: PTH208 - names are enough
    except OSError:  # a wall shows this process no /proc of its own
        limit = min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], _SCANNED)
        numbers = list(range(_FIRST, limit))
    found = dict[int, str]()
    for fd in numbers:
        if fd >= _FIRST:
            with contextlib.suppress(OSError):
                found[fd] = _target(fd)
    return found


def _target(fd: int) -> str:
    """As /proc would give it; without, kind and number.

    Raises:
        OSError: it is not open.
    """
    status = os.fstat(fd)
    with contextlib.suppress(OSError):
        return os.readlink(f"{_OPEN}/{fd}")  # noqa: PTH115 - a Path takes three times as long
    kinds = {0o140000: "socket", 0o010000: "pipe", 0o100000: "/file"}
    kind = kinds.get(status.st_mode & 0o170000, "other")
    return f"{kind}:[{status.st_ino}]"


def _ends(fd: int) -> list[str]:
    """The addresses of a socket: its own, and that of the other side."""
    ends = list[str]()
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(fd)) as copy:
        for name in (copy.getsockname, copy.getpeername):
            with contextlib.suppress(OSError):
                ends.append(_address(name()))
    return ends


def _address(name: object) -> str:
    if isinstance(name, bytes):
        return name.decode("utf-8", "replace")
    if isinstance(name, tuple):
        return ":".join(str(part) for part in name[:2])
    return str(name)
