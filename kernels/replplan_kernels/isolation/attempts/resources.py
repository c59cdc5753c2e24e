# ruff: noqa: D103, PTH, SIM115  # each function's name and its line in the table say it
"""More than a kernel's share. The world says what the limits are."""

from __future__ import annotations

import mmap
import os
import signal
import time
from pathlib import Path

from replplan_kernels.isolation.attempts import Attempt, Seen

CHUNK = 1 << 20
QUOTA = "a folder on the host's disk has no quota: only each file is limited"
NO_QUOTA = {"landlock": QUOTA, "bubblewrap": QUOTA}
ROOT = "no limit of processes binds root, but that of a cgroup"
STARTED_BELOW = 300
"""Processes that a namespace may hold beyond its limit, where Linux gives it no closer one."""


def fork_bomb(seen: Seen) -> object:
    """Twice what is allowed, and it is counted how many came to life."""
    wanted, children = 2 * (seen["processes"] + STARTED_BELOW), list[int]()
    try:
        while len(children) < wanted:
            child = os.fork()
            if child == 0:
                signal.pause()
                os._exit(0)
            children.append(child)
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return len(children)


def take_memory(seen: Seen) -> object:
    return len(bytearray(seen["memory"] + (1 << 28)))


def map_memory(seen: Seen) -> object:
    with mmap.mmap(-1, 2 * seen["memory"] + (6 << 30)) as shared:
        return len(shared)


def write_big_file(seen: Seen) -> object:
    try:
        with Path("big").open("wb") as file:
            for _ in range(2 * seen["file_size"] // CHUNK):
                file.write(bytes(CHUNK))
        return Path("big").stat().st_size
    finally:
        Path("big").unlink()


def fill_folder(seen: Seen) -> object:
    return _fill(".", seen["folder_size"], seen["file_size"])


def fill_sockets(seen: Seen) -> object:
    return _fill(seen["sockets"], seen["folder_size"], seen["file_size"])


def fill_temporary(seen: Seen) -> object:
    return _fill(os.environ["TMPDIR"], seen["tmp_size"], seen["file_size"])


def fill_shared_memory(seen: Seen) -> object:
    return _fill("/dev/shm", seen["shm_size"], seen["file_size"])  # noqa: S108


def make_many_files(seen: Seen) -> object:
    made, folder = [], os.environ["TMPDIR"]
    try:
        for number in range(2 * seen["inodes"]):
            path = f"{folder}/many-{number}"
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
            made.append(path)
        return len(made)
    finally:
        for path in made:
            Path(path).unlink(missing_ok=True)


def open_many(seen: Seen) -> object:
    reader, writer = os.pipe()
    opened = [reader, writer]
    try:
        while len(opened) < 2 * seen["open_files"]:
            opened.append(os.dup(reader))
        return len(opened)
    finally:
        for descriptor in opened:
            os.close(descriptor)


def raise_limits(seen: Seen) -> object:
    import resource

    for which in (resource.RLIMIT_DATA, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        soft, _ = resource.getrlimit(which)
        try:
            resource.setrlimit(which, (soft * 2, soft * 2))
        except ValueError as e:
            raise PermissionError(str(e)) from e
    return True


def dump_core(seen: Seen) -> object:
    child = os.fork()
    if child == 0:
        os.kill(os.getpid(), signal.SIGABRT)
        time.sleep(10)
        os._exit(0)
    return os.WCOREDUMP(os.waitpid(child, 0)[1])


def _is_root() -> bool:
    return os.getuid() == 0


def _fill(folder: str, size: int, file_size: int) -> object:
    """Twice as much as a folder may hold, in files that are allowed each."""
    made, written, each = list[str](), 0, min(size, file_size) // 2
    try:
        while written < 2 * size:
            made.append(f"{folder}/part-{len(made)}")
            with Path(made[-1]).open("wb") as file:
                for _ in range(each // CHUNK):
                    written += file.write(bytes(CHUNK))
        return written
    finally:
        for path in made:
            Path(path).unlink(missing_ok=True)


ATTEMPTS = (
    Attempt(
        "start processes without end", fork_bomb, {"landlock": ROOT, "bubblewrap": ROOT}, _is_root
    ),
    Attempt("take too much memory", take_memory),
    Attempt("map too much memory", map_memory),
    Attempt("write too big a file", write_big_file),
    Attempt("fill the working folder", fill_folder, NO_QUOTA),
    Attempt("fill the folder of its sockets", fill_sockets, NO_QUOTA),
    Attempt("fill the folder for temporary files", fill_temporary, NO_QUOTA),
    Attempt("fill the shared memory", fill_shared_memory),
    Attempt("make files without end", make_many_files, NO_QUOTA),
    Attempt("open files without end", open_many),
    Attempt("raise its limits", raise_limits),
    Attempt("leave a core file", dump_core),
)
