"""The command that starts a whole zygote, or any stock kernel, inside of bubblewrap.

For machines on which a process may not open namespaces by itself, but `bwrap` may (AppArmor's rule
in Ubuntu). Kernels forked inside share these walls; each puts Landlock and seccomp between itself
and the others.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from replplan_kernels.isolation import paths
from replplan_kernels.isolation.view import view
from replplan_kernels.isolation.walls import Walls

PROGRAM = "bwrap"


def find() -> str | None:
    """Where bubblewrap is."""
    return shutil.which(PROGRAM)


def prefix(walls: Walls) -> list[str]:
    """What to put before a command. It sees the working folder itself, private or not.

    Args:
        walls: of the zygote: `writable` holds the folder in which its kernels get theirs.
    """
    command = [
        find() or PROGRAM,
        "--unshare-user",
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
    ]
    command += ["--unshare-cgroup-try", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    command += [] if walls.network else ["--unshare-net"]
    command += ["--proc", "/proc", "--dev", "/dev", *_memory(walls)]
    for path in view(walls)["read"]:
        command += _link(path) if _is_top_link(path) else ["--ro-bind", path, path]
    for path in paths.hidden_paths((*paths.OURS, *walls.hides)):
        command += ["--perms", "0555", "--tmpfs", path]
    for path in (walls.folder, *walls.all_writable()):
        command += ["--bind", path, path]
    return [*command, "--chdir", walls.folder, "--"]


def _memory(walls: Walls) -> list[str]:
    sizes = {"/tmp": walls.tmp_size, "/dev/shm": walls.shm_size}  # noqa: S108
    return [
        word
        for path, size in sizes.items()
        for word in ("--perms", "1777", "--size", str(size), "--tmpfs", path)
    ]


def _is_top_link(path: str) -> bool:
    return path.count("/") == 1 and Path(path).is_symlink()


def _link(path: str) -> list[str]:
    return ["--symlink", os.readlink(path), path]  # noqa: PTH115
