"""Which files a kernel sees, worked out on the host: the kernel has only to put them there."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from replplan_kernels.isolation import paths
from replplan_kernels.isolation.walls import Walls

READ_ONLY, NO_SUID, NO_DEV, NO_EXEC = 1, 2, 4, 8  # of mount(2) and of mount_setattr(2) alike
READ = READ_ONLY | NO_SUID | NO_DEV
WRITE = NO_SUID | NO_DEV

SOCKETS = "/run/kernel"
"""Where a kernel has its sockets, apart from all folders in which files may be made."""


def view(walls: Walls) -> dict[str, Any]:
    """What is to be seen, as plain JSON.

    Returns:
        `read`: paths to be read, as the host calls them (for Landlock).
        `list`: folders whose names are to be seen, so that Python finds this package (the same).
        `places`: path to `[kind, flags]`, in the order in which they are to be put there; kind is
        "folder", "file", or the options of a file system in memory; then comes the host's path,
        where that is another.
        `links`: symbolic links, path to target.
        `files`: path to text.
    """
    common = _common(walls.network)
    own = [*walls.all_readable(), *walls.all_writable(), walls.folder]
    links = {p: _inside(walls, p) for p in own if p != os.path.realpath(p)}
    if walls.sockets:
        links[os.path.realpath(walls.sockets)] = SOCKETS
    return {
        "read": [*common["read"], *walls.all_readable()],
        "list": [str(paths.PACKAGE.parent)],
        "places": dict(sorted((common["places"] | _own(walls)).items())),
        "links": common["links"] | links,
        "files": {p: text for p, text in _etc(walls).items() if p not in common["places"]},
    }


@functools.cache
def _common(network: bool) -> dict[str, Any]:
    """The part that is the same for every kernel."""
    read = [*paths.system_paths(network), *paths.python_paths()]
    links = {p: os.path.realpath(p) for p in read if p != os.path.realpath(p)}
    tops = {p for p in links if p.count("/") == 1}  # /bin and such, which lead into /usr
    seen = paths.outermost(os.path.realpath(p) for p in read if p not in tops)
    places = {path: _place(path, READ) for path in seen}
    places |= _hidden(paths.OURS)
    places |= {f"/dev/{name}": ["file", NO_SUID | NO_EXEC] for name in paths.DEVICES}
    streams = {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}
    links |= {f"/dev/{name}": f"/proc/self/fd{number}" for name, number in streams.items()}
    return {"read": read, "places": places, "links": links}


def _own(walls: Walls) -> dict[str, list[Any]]:
    places = _hidden(walls.hides) | _placed(walls.all_readable(), READ)
    places |= _placed(walls.all_makeable(), WRITE)
    if walls.sockets:
        places[SOCKETS] = ["folder", WRITE, os.path.realpath(walls.sockets)]
    places["/dev/shm"] = [_memory(walls.shm_size, walls.inodes, "1777"), WRITE]  # noqa: S108
    places["/tmp"] = [_memory(walls.tmp_size, walls.inodes, "1777"), WRITE]  # noqa: S108
    if walls.private:
        memory = _memory(walls.folder_size, walls.inodes, "700")
        return places | {_inside(walls, walls.folder): [memory, WRITE]}
    return places | _placed([walls.folder], WRITE)


def _hidden(names: Iterable[str]) -> dict[str, list[Any]]:
    return {p: [_memory(4096, 1, "555"), READ] for p in _real(paths.hidden_paths(names))}


def _inside(walls: Walls, path: str) -> str:
    """Where a path of the host leads inside."""
    real = Path(path).resolve()
    sockets = walls.sockets and Path(walls.sockets).resolve()
    if sockets and real.is_relative_to(sockets):
        return str(SOCKETS / real.relative_to(sockets))
    return str(real)


def _placed(wanted: Iterable[str], flags: int) -> dict[str, list[Any]]:
    return {path: _place(path, flags) for path in map(os.path.realpath, wanted)}


def _real(wanted: Iterable[str]) -> list[str]:
    return [os.path.realpath(path) for path in wanted]


def _place(path: str, flags: int) -> list[Any]:
    return ["folder" if Path(path).is_dir() else "file", flags]


def _memory(size: int, inodes: int, mode: str) -> str:
    return f"size={size},nr_inodes={inodes},mode={mode}"


def _etc(walls: Walls) -> dict[str, str]:
    """A world with one user and one host."""
    user, group = os.geteuid(), os.getegid()
    return {
        "/etc/passwd": f"kernel:x:{user}:{group}:kernel:{walls.folder}:/bin/sh\n",
        "/etc/group": f"kernel:x:{group}:\n",
        "/etc/hosts": "127.0.0.1 localhost kernel\n::1 localhost\n",
        "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    }
