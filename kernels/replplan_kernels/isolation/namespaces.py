"""Namespaces of a kernel's own: processes, users, mounts, network, names, shared memory.

The process that asks starts two others and leaves. Process 1 of the new world is an init that only
waits for the end of its lifeline, which the zygote holds; then Linux kills all that is left in
there, daemons included. The kernel is process 2. Both become children of the next subreaper above,
which is the zygote, so that it learns how the kernel ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import socket
import struct
from collections.abc import Sequence
from pathlib import Path

from replplan_kernels.isolation import linux

NEW_MOUNTS, NEW_CGROUP, NEW_UTS, NEW_IPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
NEW_USER, NEW_PIDS, NEW_NET = 0x10000000, 0x20000000, 0x40000000
INIT = ("/bin/sh", "-c", "read end")
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
HOST_NAME = "kernel"


def split(network: bool, announce: int | None, lifeline: int) -> int:
    """Go into namespaces of one's own. Returns in the kernel; the caller's process ends here.

    Args:
        network: stay in the host's network.
        announce: where to write one line of JSON, `{"kernel": pid, "init": pid}`, both as the
            caller's own namespace numbers them.
        lifeline: the reading end of a pipe, at whose end of file init ends.

    Returns:
        A descriptor of the caller's process, to `wait_for` before a death signal is asked for.

    Raises:
        WallError: the system does not let this process do so.
    """
    user, group = os.geteuid(), os.getegid()
    with contextlib.suppress(PermissionError):  # only root may; other users keep theirs
        os.setgroups([])
    flags = NEW_MOUNTS | NEW_CGROUP | NEW_UTS | NEW_IPC | NEW_USER | NEW_PIDS
    flags |= 0 if network else NEW_NET
    linux.check("namespaces", linux.LIBC.unshare(flags))
    _map(user, group)
    caller = _start_both(announce, lifeline)
    os.setsid()
    socket.sethostname(HOST_NAME)
    if not network:
        _loopback_up()
    return caller


def _map(user: int, group: int) -> None:
    """The same numbers inside as outside, and no others."""
    own = Path("/proc/self")
    try:
        (own / "setgroups").write_text("deny")
        (own / "uid_map").write_text(f"{user} {user} 1")
        (own / "gid_map").write_text(f"{group} {group} 1")
    except OSError as e:
        raise linux.WallError(f"namespaces: {e.strerror} for {e.filename}") from e


def _start_both(announce: int | None, lifeline: int) -> int:
    """Returns in the kernel alone, with a descriptor of the process that forked it."""
    caller = os.pidfd_open(os.getpid())
    init = _start_init(lifeline)
    kernel = os.fork()
    if kernel == 0:
        return caller
    try:
        if announce is not None:
            os.write(announce, json.dumps({"kernel": kernel, "init": init}).encode() + b"\n")
    finally:
        os._exit(0)


def _start_init(lifeline: int) -> int:
    """A shell that waits: 3 ms less than a fork of a process full of libraries, and 1 MB.

    Being process 1, no signal from inside reaches it but those that a shell asks for, which it is
    given to ignore; orphans are reaped since it ignores their end.
    """
    ignored = (signal.SIGCHLD, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ignored}
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    streams = [(os.POSIX_SPAWN_DUP2, fd, at) for at, fd in enumerate((lifeline, null, null))]
    try:
        return os.posix_spawn(INIT[0], INIT, {}, file_actions=streams, setsid=True)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)  # None: not one of Python's
        os.close(null)


def wait_for(process: int) -> None:
    """Wait for the end of a process, by its descriptor.

    A pipe would not do: it closes before the children of an ending process get their new parent,
    and a death signal that they ask for meanwhile is sent at once.
    """
    poll = select.poll()
    poll.register(process, select.POLLIN)
    poll.poll()
    os.close(process)


def close_others(keep: Sequence[int]) -> None:
    """Close every descriptor past the standard three, those to keep apart."""
    after = 3
    for descriptor in sorted(fd for fd in set(keep) if fd >= after):
        os.closerange(after, descriptor)
        after = descriptor + 1
    os.closerange(after, os.sysconf("SC_OPEN_MAX"))


def _loopback_up() -> None:
    """A loopback interface that reaches this kernel's own processes, and nobody else."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14x", b"lo", 0)
        _, flags = struct.unpack("16sH14x", fcntl.ioctl(control, SIOCGIFFLAGS, request))
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))
