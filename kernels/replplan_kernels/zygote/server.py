"""The zygote: a warm process that forks kernels. `python -m replplan_kernels.zygote.server`.

It has one thread, no event loop and no ZMQ context, so that it can fork. The host holds the other
end of its control socket: each message there brings the status socket of a kernel that is wanted.
The end of that socket, or of the host, is the end of all: every kernel's process group is killed,
and whatever else came to be a child.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from replplan_kernels.zygote.child import CHILD_SUBREAPER, become_kernel, prctl

OWN = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.utils.wildcard",
    "tornado.platform.asyncio",
    "tornado.locks",
    "encodings.idna",
    "encodings.latin_1",
    "faulthandler",
    "pydoc",
    "psutil",
)
"""What every kernel comes to import."""


def preload(names: Iterable[str]) -> None:
    """Import what is installed of these.

    `debugpy` is hidden meanwhile: ipykernel's debugger does without, and each kernel would pay
    for it; a cell may still import it.

    Raises:
        RuntimeError: one starts a thread, which a fork would lose.
    """
    sys.modules["debugpy"] = None  # type: ignore[assignment]
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
        if threads() > 1:
            raise RuntimeError(f"{name} starts threads when imported, so it cannot be preloaded")
    del sys.modules["debugpy"]
    importlib.import_module("jupyter_client.localinterfaces").localhost()  # lists interfaces: slow


def threads() -> int:
    """How many threads this process has, Python's and others."""
    return len(os.listdir("/proc/self/task"))  # noqa: PTH208 - no paths wanted


class Server:
    """Forks, reaps, and kills at the end."""

    def __init__(self, app: Any, control: socket.socket, host: int) -> None:
        self.app, self.control = app, control
        self.kernels: dict[int, socket.socket] = {}
        self.wake, self.waker = socket.socketpair()
        for end in (self.wake, self.waker):
            end.setblocking(False)
        self.host = os.pidfd_open(host)

    def serve(self) -> None:
        """Fork a kernel for every status socket that comes, until the host is gone."""
        signal.set_wakeup_fd(self.waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        poll = select.poll()
        for descriptor in (self.control.fileno(), self.wake.fileno(), self.host):
            poll.register(descriptor, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in poll.poll()}
            if self.wake.fileno() in ready:
                self.wake.recv(4096)
                self.reap()
            if self.host in ready or (self.control.fileno() in ready and not self.answer()):
                return

    def answer(self) -> bool:
        """Fork a kernel; False where the host has hung up."""
        data, descriptors, _, _ = socket.recv_fds(self.control, 16, 1)
        if not data:
            return False
        status = socket.socket(fileno=descriptors[0])
        try:
            pid = os.fork()
        except OSError as error:
            status.send(json.dumps({"failed": str(error)}).encode())
            status.close()
            return True
        if pid == 0:
            self.leave()
            become_kernel(self.app, status)
        self.kernels[pid] = status
        return True

    def leave(self) -> None:
        """In the child: let go of all that is the zygote's."""
        signal.set_wakeup_fd(-1)
        for end in (self.control, self.wake, self.waker, *self.kernels.values()):
            end.close()
        os.close(self.host)

    def reap(self) -> None:
        """Say how kernels ended, and end what they left behind."""
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        with contextlib.suppress(ChildProcessError):
            while found := os.waitid(os.P_ALL, 0, flags):
                pid = found.si_pid
                status = self.kernels.pop(pid, None)
                if status is not None:
                    kill_group(pid)  # not reaped yet: the number is still its own
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                if status is not None:
                    report(status, code)
                    self.kill_strays()

    def kill_strays(self) -> None:
        """End the daemons that dead kernels have left to us."""
        for pid in children() - self.kernels.keys():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        """Kill every kernel and all that they started."""
        for pid in self.kernels:
            kill_group(pid)
        while pids := children():  # those of a killed one come to us when it is reaped
            for pid in pids:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(-1, 0)


def report(status: socket.socket, code: int) -> None:
    """Tell the host how its kernel ended, and hang up."""
    with contextlib.suppress(OSError):  # the host no longer listens
        status.send(json.dumps({"exit": code}).encode())
    status.close()


def kill_group(pid: int) -> None:
    """Kill a kernel and what it started."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)  # it may not yet have come to lead its group
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def children() -> set[int]:
    """The children of this process; it has one thread."""
    me = os.getpid()
    return {int(pid) for pid in Path(f"/proc/{me}/task/{me}/children").read_text().split()}


def main() -> NoReturn:
    """Be the zygote: control socket, folder and host's pid come as arguments, then the preload."""
    descriptor, folder, host, *names = sys.argv[1:]
    gc.disable()
    del sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prctl(CHILD_SUBREAPER, 1)
    preload((*OWN, *names))
    app = importlib.import_module("replplan_kernels.zygote.warm").warm_app()
    server = Server(app, socket.socket(fileno=int(descriptor)), int(host))
    gc.freeze()  # the collector must not touch, and so copy, what is shared
    server.serve()
    server.end()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main()
