# ruff: noqa: D103  # each function's name and its line in the table say it
"""Files that a cell has no business with."""

from __future__ import annotations

import ctypes
import os
import stat
import sysconfig
from pathlib import Path

from replplan_kernels.isolation import landlock
from replplan_kernels.isolation.attempts import Attempt, Seen, landlock_before

EMPTYING = {"landlock": "Landlock governs the emptying of files from Linux 6.2 (its ABI 3) on"}
SEEN = {"landlock": "Landlock does not govern what a name tells: that a file is there, its size"}
IN_ALL_EVENTS = 0xFFF
BEFORE_TRUNCATE = landlock_before(landlock.TRUNCATE_ABI)


def read_secret(seen: Seen) -> object:
    return Path(seen["secret"]).read_text()


def read_through_symlink(seen: Seen) -> object:
    Path("link").symlink_to(seen["secret"])
    try:
        return Path("link").read_text()
    finally:
        Path("link").unlink()


def read_through_hardlink(seen: Seen) -> object:
    os.link(seen["secret"], "hard")
    try:
        return Path("hard").read_text()
    finally:
        Path("hard").unlink()


def read_above_root(seen: Seen) -> object:
    return Path("/../../../../.." + seen["secret"]).read_text()


def read_through_proc_root(seen: Seen) -> object:
    return _through_proc("root", seen["secret"])


def read_through_proc_cwd(seen: Seen) -> object:
    return _through_proc("cwd", "/../../../../../.." + seen["secret"])


def read_through_inherited_folder(seen: Seen) -> object:
    found = Path(f"/proc/self/fd/{seen['descriptor']}/secret").read_text()
    return found if found == seen["canary"] else None


def list_host_folder(seen: Seen) -> object:
    return "secret" in [path.name for path in Path(seen["outside"]).iterdir()]


def read_users(seen: Seen) -> object:
    return len(Path("/etc/passwd").read_text().splitlines()) > 1


def read_passwords(seen: Seen) -> object:
    return Path("/etc/shadow").read_text()


def read_other_kernel(seen: Seen) -> object:
    return Path(seen["other"] + "/kernel.json").read_text()


def write_other_kernel(seen: Seen) -> object:
    return Path(seen["other"] + "/planted").write_text("x")


def write_outside(seen: Seen) -> object:
    return Path(seen["outside"] + "/planted").write_text("x")


def truncate_secret(seen: Seen) -> object:
    os.truncate(seen["secret"], 3)
    return True


def rename_secret(seen: Seen) -> object:
    Path(seen["secret"]).rename(seen["secret"] + "-moved").rename(seen["secret"])
    return True


def change_interpreter(seen: Seen) -> object:
    Path(os.__file__).open("a").close()
    return True


def add_a_package(seen: Seen) -> object:
    planted = sysconfig.get_path("purelib") + "/replplan_planted.py"
    Path(planted).open("w").close()
    Path(planted).unlink()
    return True


def change_this_package(seen: Seen) -> object:
    Path(__file__).open("a").close()
    return True


def write_in_root(seen: Seen) -> object:
    Path("/replplan-planted").mkdir()
    Path("/replplan-planted").rmdir()
    return True


def make_device(seen: Seen) -> object:
    os.mknod("device", stat.S_IFBLK | 0o600, os.makedev(8, 0))
    Path("device").unlink()
    return True


def open_disk(seen: Seen) -> object:
    for entry in os.scandir("/dev"):
        if stat.S_ISBLK(entry.stat(follow_symlinks=False).st_mode):
            os.close(os.open(entry.path, os.O_RDONLY))
            return entry.path
    return None


def set_core_pattern(seen: Seen) -> object:
    Path("/proc/sys/kernel/core_pattern").open("w").close()
    return True


def press_sysrq(seen: Seen) -> object:
    os.close(os.open("/proc/sysrq-trigger", os.O_WRONLY))
    return True


def write_cgroups(seen: Seen) -> object:
    Path("/sys/fs/cgroup/replplan-planted").mkdir()
    Path("/sys/fs/cgroup/replplan-planted").rmdir()
    return True


def learn_of_file(seen: Seen) -> object:
    return Path(seen["secret"]).stat().st_size


def change_mode(seen: Seen) -> object:
    Path(seen["secret"]).chmod(0o604)
    return Path(seen["secret"]).stat().st_mode & 0o777 == 0o604


def change_times(seen: Seen) -> object:
    os.utime(seen["secret"], (1, 1))
    return Path(seen["secret"]).stat().st_mtime == 1


def add_attribute(seen: Seen) -> object:
    os.setxattr(seen["secret"], "user.replplan", b"planted")
    return "user.replplan" in os.listxattr(seen["secret"])


def watch_names(seen: Seen) -> object:
    libc = ctypes.CDLL(None, use_errno=True)
    told = libc.inotify_init()
    try:
        if libc.inotify_add_watch(told, seen["outside"].encode(), IN_ALL_EVENTS) < 0:
            raise OSError(ctypes.get_errno(), "inotify_add_watch")
    finally:
        os.close(told)
    return True


def read_page_flags(seen: Seen) -> object:
    with Path("/proc/kpageflags").open("rb") as flags:
        return len(flags.read(8))


def open_terminal(seen: Seen) -> object:
    for terminal in os.openpty():
        os.close(terminal)
    return True


def _through_proc(link: str, path: str) -> object:
    """A file by way of any process's root or working folder."""
    failed: OSError | None = None
    for process in Path("/proc").glob("[0-9]*"):
        try:
            return Path(f"{process}/{link}{path}").read_text()
        except OSError as e:
            failed = e
    raise failed or OSError("no process to be seen")


ATTEMPTS = (
    Attempt("read a file of the host", read_secret),
    Attempt("the same through a symbolic link", read_through_symlink),
    Attempt("the same through a hard link", read_through_hardlink),
    Attempt("the same from above the root", read_above_root),
    Attempt("the same through /proc/N/root", read_through_proc_root),
    Attempt("the same through /proc/N/cwd", read_through_proc_cwd),
    Attempt("the same through a folder that the parent left open", read_through_inherited_folder),
    Attempt("list a folder of the host", list_host_folder),
    Attempt("read the list of users", read_users),
    Attempt("read the passwords", read_passwords),
    Attempt("read another kernel's connection file", read_other_kernel),
    Attempt("write into another kernel's folder", write_other_kernel),
    Attempt("write outside", write_outside),
    Attempt("empty a file of the host", truncate_secret, EMPTYING, BEFORE_TRUNCATE),
    Attempt("rename a file of the host", rename_secret),
    Attempt("change Python's library", change_interpreter),
    Attempt("add an installed package", add_a_package),
    Attempt("change this package", change_this_package),
    Attempt("write in the root folder", write_in_root),
    Attempt("make a device", make_device),
    Attempt("open a disk", open_disk),
    Attempt("set what runs when a program crashes", set_core_pattern),
    Attempt("press the magic key", press_sysrq),
    Attempt("make a cgroup", write_cgroups),
    Attempt("learn that a file of the host is there", learn_of_file, SEEN),
    Attempt("open a file of the host to all", change_mode),
    Attempt("change its times", change_times),
    Attempt("add an attribute to it", add_attribute),
    Attempt("watch the names in a folder of the host", watch_names),
    Attempt("look at the pages of the machine's memory", read_page_flags),
    Attempt("open a terminal", open_terminal),
)
