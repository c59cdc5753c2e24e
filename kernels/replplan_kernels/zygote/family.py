"""The zygote's children: kernels, what they became, and how they end."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Child:
    """A kernel, seen from the zygote.

    Attributes:
        status: where the host wants to hear of its end.
        lifeline: the writing end of a pipe; nobody else has one. At its end all that is in the
            kernel's own namespaces has to end.
        announcement: a pipe on which a fork may say that it has become another process; None for
            a kernel that was adopted.
        process: of an adopted kernel, a descriptor of its process.
        init: process 1 of its namespaces, where it has some.
    """

    status: socket.socket
    lifeline: int
    announcement: int | None = None
    process: int | None = None
    init: int | None = None

    def heir(self) -> dict[str, Any]:
        """Kernel and init by their numbers, where it has become another process; else empty."""
        if self.announcement is None:
            return {}
        try:
            said = os.read(self.announcement, 4096)
        except BlockingIOError:
            said = b""
        heir: dict[str, Any] = json.loads(said) if said else {}
        return heir

    def has_ended(self, pid: int) -> bool:
        """Whether it is dead; it stays to be waited for."""
        if self.process is not None:
            poll = select.poll()
            poll.register(self.process, select.POLLIN)
            return bool(poll.poll(0))
        with contextlib.suppress(ChildProcessError):
            return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        return False

    def bury(self, pid: int) -> None:
        """Tell the host how the dead one ended, end its process group, and wait for it: as long as
        it is there, the host knows that somebody will tell."""
        try:
            dead = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            kill(pid, group=True)  # not waited for yet: the number is still its own
        except ChildProcessError:  # a branch, whose parent lives: that has to wait for it
            dead = None
        self.tell_end(code_of(dead) if dead else code_of_zombie(pid))
        if dead:
            os.waitpid(pid, 0)
        self.close()

    def tell_end(self, code: int, why: str = "") -> None:
        """Tell the host how it ended, and if there is more to be said, why."""
        with contextlib.suppress(OSError):  # the host no longer listens
            self.status.send(json.dumps({"exit": code, "why": why}).encode())

    def close(self) -> None:
        """Let go of the descriptors."""
        self.status.close()
        for descriptor in (self.lifeline, self.announcement, self.process):
            if descriptor is not None:
                os.close(descriptor)


def code_of(dead: os.waitid_result) -> int:
    """How a process ended, as `subprocess` counts."""
    return dead.si_status if dead.si_code == os.CLD_EXITED else -dead.si_status


def code_of_zombie(pid: int) -> int:
    """How a process ended that another one has to wait for, or has waited for already."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return os.waitstatus_to_exitcode(int(Path(f"/proc/{pid}/stat").read_text().split()[-1]))
    return -int(signal.SIGKILL)


def number_of(process: int) -> int:
    """The number, in our own namespace, of a process given as a descriptor; below 1: it is gone."""
    lines = Path(f"/proc/self/fdinfo/{process}").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pid:"))


def kill(pid: int, *, group: bool = False) -> None:
    """Kill a process, and the group that it leads, if there is one."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    if group:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def children(pid: int | None = None) -> set[int]:
    """The children of a process, dead ones included; by default of this one.

    Raises:
        OSError: there is no such process, or none whose children may be seen.
    """
    tasks = Path(f"/proc/{pid or os.getpid()}/task")
    try:
        told = [task.joinpath("children").read_text() for task in tasks.iterdir()]
    except OSError:  # it is gone, or a thread of it; or this is a system built without that
        return _children_by_psutil(pid)
    return {int(child) for listed in told for child in listed.split()}


def _children_by_psutil(pid: int | None) -> set[int]:
    """The same in ten times the time: it looks at every process that there is."""
    psutil = importlib.import_module("psutil")
    try:
        return {child.pid for child in psutil.Process(pid).children()}
    except psutil.Error as error:
        raise ProcessLookupError(f"no process {pid} can be looked at: {error}") from error


def tree(pid: int) -> set[int]:
    """A process and all that is below it; empty where there is none."""
    found, left = set[int](), [pid]
    while left:
        with contextlib.suppress(OSError):
            below = children(one := left.pop())
            found.add(one)
            left += below - found
    return found


def open_process(pid: int) -> int:
    """A descriptor that is readable when this process has ended; one that never is, if unseen."""
    try:
        return os.pidfd_open(pid)
    except OSError:  # the host is outside of our namespace; the control socket tells of its end
        return os.eventfd(0)
