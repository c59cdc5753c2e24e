"""A cgroup for each kernel: a limit of processes and of memory for all of them together.

To be had where the host's user may make one (root, or a session of systemd that delegates). It is
the only limit of memory that counts over processes, and, before Linux 6.14, the only limit of
processes that binds root. Joining takes some 8 ms, so the host does it, beside the kernel's start.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from replplan_kernels.isolation.walls import Walls

MOUNT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
END_SECONDS = 2.0


@dataclass(frozen=True)
class Cgroup:
    """The folder of one kernel's group."""

    folder: Path

    def add(self, pid: int) -> None:
        """Put a process, as the host numbers it, under the limits; what it starts follows it.

        Raises:
            OSError: it has ended.
        """
        (self.folder / "cgroup.procs").write_text(str(pid))

    def remove(self) -> None:
        """Kill what is left in it, and remove it. May be called twice.

        Raises:
            OSError: something in it does not end.
        """
        deadline = time.monotonic() + END_SECONDS
        while self.folder.exists():
            self._kill()
            try:
                self.folder.rmdir()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.005)

    def _kill(self) -> None:
        with contextlib.suppress(OSError):  # it may just have gone
            for pid in (self.folder / "cgroup.procs").read_text().split():
                os.kill(int(pid), signal.SIGKILL)


def make(walls: Walls, mount: Path = MOUNT, own: Path = OWN) -> Cgroup | None:
    """A new, empty cgroup with the limits of `walls`; None where this user may not make one.

    Args:
        walls: `processes` and `memory` count.
        mount: where the cgroups are.
        own: the file that says in which of them this process is.
    """
    for parent in _parents(mount, own):
        folder = parent / f"replplan-{secrets.token_hex(6)}"
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            _limit(folder, walls)
        except OSError:
            folder.rmdir()
            continue
        return Cgroup(folder)
    return None


def _limit(folder: Path, walls: Walls) -> None:
    (folder / "pids.max").write_text(str(walls.processes))
    if (folder / "memory.max").exists():  # not in version 1, which counts it elsewhere
        (folder / "memory.max").write_text(str(walls.memory))
        with contextlib.suppress(OSError):  # not every machine counts what is swapped out
            (folder / "memory.swap.max").write_text("0")


def _parents(mount: Path, own: Path) -> list[Path]:
    """Groups under which a new one would have what it needs, the nearest first.

    In version 2 that is one which hands on the two limits; in version 1, that of the processes.
    """
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return []
    found: list[Path] = []
    for _, names, path in (line.split(":", 2) for line in lines):
        if names == "" and (mount / "cgroup.controllers").exists():
            place = mount / path.strip("/")
            found += [
                p for p in (place, *place.parents) if p.is_relative_to(mount) and _hands_on(p)
            ]
        if names == "pids" and (mount / "pids").is_dir():
            found.append(mount / "pids" / path.strip("/"))
    return found


def _hands_on(group: Path) -> bool:
    try:
        handed = (group / "cgroup.subtree_control").read_text().split()
    except OSError:
        return False
    return {"pids", "memory"} <= set(handed)
