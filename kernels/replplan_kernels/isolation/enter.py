"""The kernel's own side: a forked process walls itself in, for good.

To be called between the fork and the first thread, socket or descriptor of the kernel's own, with
what `ladder.prepare` made. Needs the standard library alone; a zygote imports it before it forks.
"""

from __future__ import annotations

import json
import os
import signal
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from replplan_kernels.isolation import landlock, limits, linux, mounts, namespaces, paths, seccomp
from replplan_kernels.isolation.linux import WallError
from replplan_kernels.isolation.walls import Walls

PROC_FILES = ("cpuinfo", "filesystems", "loadavg", "meminfo", "stat", "uptime", "version")


def enter(
    request: dict[str, Any],
    keep: Sequence[int] = (),
    *,
    announce: int | None = None,
    lifeline: int | None = None,
) -> None:
    """Wall this process in. It then is in the working folder, in a session of its own.

    Args:
        request: from `ladder.prepare`, also through JSON text.
        keep: descriptors that stay open; all others past the standard three are closed, since an
            open folder of the host is a way out.
        announce: where to write one line of JSON, `{"kernel": pid, "init": pid or null}`, as the
            caller's process numbers them; closed afterwards. At the level "namespaces" this
            function returns in another process than the one that called: the caller's ends with
            status 0, and kernel and init become children of the next subreaper above it.
        lifeline: for the level "namespaces", the reading end of a pipe. Once nobody holds its
            writing end any more, everything in the kernel's namespaces is killed: so the zygote
            alone holds it, and closes it when it has reaped the kernel and all its branches.

    Raises:
        WallError: a wall could not be put up. The process must then end: it may be half walled in.
    """
    if threading.active_count() > 1:
        raise WallError("a process with more than one thread cannot be walled in")
    if request["level"] == "none":
        _announce(announce)
        return
    try:
        _wall_in(request, keep, announce, lifeline)
    except OSError as e:
        raise WallError(f"{e.strerror or e}: {e.filename or 'while walling in'}") from e


def _wall_in(
    request: dict[str, Any], keep: Sequence[int], announce: int | None, lifeline: int | None
) -> None:
    walls = Walls.from_json(request["walls"])
    inside = request["level"] == "namespaces"
    if inside:
        own_count = limits.counts_by_namespace()
        caller = _split(walls, announce, lifeline)
        namespaces.close_others([*keep, caller])
        mounts.build(request["view"], walls.processes)
    else:
        own_count, caller = False, None
        _announce(announce)
        namespaces.close_others(keep)
    own = request.get("folder", walls.folder)  # a folder of the user's is to stay as it was
    _settle(walls, "/tmp" if inside else str(Path(own, ".tmp")))  # noqa: S108
    limits.limit_resources(walls, own_count)
    limits.drop_privileges()
    if inside and walls.sockets:
        landlock.restrict_making([".", "/tmp", "/dev/shm", *walls.all_makeable()])  # noqa: S108
    if not inside and (landlock.abi() or request["level"] == "landlock"):
        _landlock(walls, request["view"])
    seccomp.restrict(walls.network or request["level"] != "landlock", request["level"])
    if caller is not None:
        namespaces.wait_for(caller)
    linux.prctl("parent", linux.PR_SET_PDEATHSIG, signal.SIGKILL)


def _split(walls: Walls, announce: int | None, lifeline: int | None) -> int:
    if lifeline is None:
        raise WallError("namespaces need a lifeline: the reading end of a pipe")
    return namespaces.split(walls.network, announce, lifeline)


def _announce(descriptor: int | None) -> None:
    if descriptor is not None:
        os.write(descriptor, json.dumps({"kernel": os.getpid(), "init": None}).encode() + b"\n")
        os.close(descriptor)


def _settle(walls: Walls, temporary: str) -> None:
    """Go to the working folder, lay the user's files there, and say where temporary ones go."""
    os.chdir(walls.folder)
    if walls.private:
        for file in walls.files:
            link = Path(walls.folder, Path(file).name)
            if not link.is_symlink() and not link.exists():
                link.symlink_to(file)
    Path(temporary).mkdir(mode=0o700, exist_ok=True)
    os.environ["TMPDIR"] = temporary
    tempfile.tempdir = None


def _landlock(walls: Walls, view: dict[str, list[str]]) -> None:
    own = [f"/proc/{os.getpid()}", *(f"/proc/{name}" for name in PROC_FILES)]
    landlock.restrict(
        readable=[*view["read"], *own],
        listable=view["list"],
        writable=[walls.folder, *walls.all_writable()],
        devices=[f"/dev/{name}" for name in paths.DEVICES],
        network=walls.network,
    )
