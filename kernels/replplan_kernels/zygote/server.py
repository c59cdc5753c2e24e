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
from types import ModuleType
from typing import Any, NoReturn

from replplan_kernels.zygote.child import CHILD_SUBREAPER, Birth, prctl, reseed
from replplan_kernels.zygote.family import Child, children, kill, number_of, open_process
from replplan_kernels.zygote.holes import fill_holes

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

ORPHANED = "the kernel that it was forked from had ended before it could be taken care of"

LEFT_OUT = "left-out"
"""The file in the zygote's folder that says, a line each, what is not kept warm, and why."""


class Unfit(Exception):
    """A module cannot be kept warm; says why."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} {why}")
        self.name = name


def preload(names: Iterable[str]) -> None:
    """Import what is installed of these; call the function of a "module:function".

    `debugpy` is hidden meanwhile: ipykernel's debugger does without, and each kernel would pay
    for it; a cell may still import it.

    Raises:
        Unfit: one is broken, or starts a thread, which a fork would lose. What its import has
            begun is here to stay: begin anew without it.
        RuntimeError: one of the functions starts a thread.
    """
    sys.modules["debugpy"] = None  # type: ignore[assignment]
    for name in names:
        module, _, function = name.partition(":")
        imported = import_quietly(module)
        if has_threads():
            raise Unfit(name, "starts threads when imported")
        if imported and function:
            getattr(imported, function)()
            if has_threads():
                raise RuntimeError(f"{name} starts threads, which a fork would lose")
    del sys.modules["debugpy"]
    importlib.import_module("jupyter_client.localinterfaces").localhost()  # lists interfaces: slow


def import_quietly(name: str) -> ModuleType | None:
    """A module; None where it is not installed.

    Raises:
        Unfit: it is, and cannot be imported.
    """
    try:
        return importlib.import_module(name)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and error.name == name.partition(".")[0]:
            return None
        raise Unfit(name, f"cannot be imported ({type(error).__name__}: {error})") from error


def has_threads() -> bool:
    """Whether there is more than one thread in this process, Python's or another."""
    return len(os.listdir("/proc/self/task")) > 1  # noqa: PTH208


def begin_anew(unfit: Unfit, descriptor: str, folder: str, host: str, names: list[str]) -> NoReturn:
    """Be a fresh process of the same number, without that module; the host may read which."""
    with (Path(folder) / LEFT_OUT).open("a", encoding="utf-8") as file:
        file.write(f"{' '.join(str(unfit).split())}\n")
    kept = [name for name in names if name.partition(":")[0] != unfit.name.partition(":")[0]]
    arguments = [descriptor, folder, host, *kept]
    command = [sys.executable, "-m", "replplan_kernels.zygote.server", *arguments]
    os.execv(sys.executable, command)  # noqa: S606 - there is no shell in it


class Server:
    """Forks, reaps, and kills at the end."""

    def __init__(self, app: Any, control: socket.socket, host: int) -> None:
        self.app, self.control = app, control
        self.environment = dict(os.environ)
        self.kernels: dict[int, Child] = {}
        self.wake, self.waker = socket.socketpair()
        for end in (self.wake, self.waker):
            end.setblocking(False)
        self.host, self.poll = host, select.poll()

    def serve(self) -> None:
        """Do what the host asks for, until it is gone."""
        signal.set_wakeup_fd(self.waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for descriptor in (self.control.fileno(), self.wake.fileno(), self.host):
            self.poll.register(descriptor, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in self.poll.poll()}
            if self.host in ready:
                return
            if self.control.fileno() in ready:  # first: a branch is adopted before its kernel died
                if not self.answer():
                    return
            else:
                with contextlib.suppress(BlockingIOError):
                    self.wake.recv(4096)
                self.reap()

    def answer(self) -> bool:
        """Fork a kernel, or adopt one; False where the host has hung up.

        A status socket comes with each: of a kernel to be forked, or of one that is a branch;
        that comes with a descriptor of its process, and one of the process it branched from.
        """
        data, descriptors, _, _ = socket.recv_fds(self.control, 16, 3)
        if not data:
            return False
        status = socket.socket(fileno=descriptors[0])
        try:
            if data == b"adopt":
                self.adopt(status, *descriptors[1:])
            else:
                self.fork(status)
        except OSError as error:
            with contextlib.suppress(OSError):
                status.send(json.dumps({"failed": f"{error.strerror}"}).encode())
            status.close()
        return True

    def fork(self, status: socket.socket) -> None:
        """Fork a kernel; returns in the zygote."""
        announcement, announce = os.pipe()
        ending, lifeline = os.pipe()
        os.set_blocking(announcement, False)
        child = Child(status, lifeline, announcement)
        try:
            pid = os.fork()
            if pid == 0:
                self.leave(announcement, lifeline)
                Birth(self.app, self.environment, status, announce, ending).become_kernel()
            self.kernels[pid] = child
        except OSError:
            os.close(announcement)
            os.close(lifeline)
            raise
        finally:
            os.close(announce)
            os.close(ending)

    def adopt(self, status: socket.socket, process: int, parent: int) -> None:
        """Count a branch of a kernel among the kernels: it outlives that one."""
        child, pid = self.kernels.get(number_of(parent)), number_of(process)
        os.close(parent)
        if child is None or pid < 1:  # its parent died, so it was taken for a stray
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(process, signal.SIGKILL)
            branch = Child(status, os.dup(process), process=process)
            branch.tell_end(-signal.SIGKILL, ORPHANED if child is None else "")
            branch.close()
            return
        lifeline, init = os.dup(child.lifeline), child.init
        self.kernels[pid] = Child(status, lifeline, process=process, init=init)
        self.poll.register(process, select.POLLIN)

    def leave(self, *others: int) -> None:
        """In the child: let go of all that is the zygote's."""
        signal.set_wakeup_fd(-1)
        for child in self.kernels.values():
            child.close()
        for end in (self.control, self.wake, self.waker):
            end.close()
        for descriptor in (self.host, *others):
            os.close(descriptor)

    def reap(self) -> None:
        """Say how kernels ended, and end what they left behind.

        Daemons come to us when their kernel is dead, and a kernel that became another process
        when the one that it was is dead: so who was a child before the dead are looked through,
        and is no kernel after that, belongs to nobody.
        """
        before, buried = children(), set[int]()
        while pid := next((p for p, child in self.kernels.items() if child.has_ended(p)), None):
            child = self.kernels.pop(pid)
            buried.add(pid)
            heir = child.heir()
            if heir.get("kernel", pid) != pid:
                os.waitpid(pid, 0)
                child.init = heir["init"]
                self.kernels[heir["kernel"]] = child
                continue
            if child.process is not None:
                self.poll.unregister(child.process)
            child.bury(pid)
        inits = {child.init for child in self.kernels.values()}
        for pid in before - self.kernels.keys() - inits - buried:
            kill(pid)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)

    def end(self) -> None:
        """Kill every kernel and all that they started."""
        for pid in self.kernels:
            kill(pid, group=True)
        while pids := children():  # those of a killed one come to us when it is reaped
            for pid in pids:
                kill(pid)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(-1, 0)


def main() -> NoReturn:
    """Be the zygote: control socket, folder and host's pid come as arguments, then the preload."""
    descriptor, folder, host, *names = sys.argv[1:]
    del sys.argv[1:]
    if folder in sys.path:  # put there by `-m`
        sys.path.remove(folder)
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prctl(CHILD_SUBREAPER, 1)
    control = socket.socket(fileno=int(descriptor))
    server = Server(None, control, open_process(int(host)))
    try:
        preload((*OWN, *names))
    except Unfit as unfit:
        if unfit.name in OWN:
            raise
        begin_anew(unfit, descriptor, folder, host, names)
    server.app = importlib.import_module("replplan_kernels.zygote.warm").warm_app()
    reseed()
    fill_holes()
    gc.freeze()  # the collector must not touch, and so copy, what is shared
    server.serve()
    server.end()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main()
