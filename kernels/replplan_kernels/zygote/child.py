"""How a fresh fork of the zygote becomes an IPython kernel."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import sys
import traceback
from dataclasses import dataclass
from typing import Any, NoReturn

PDEATHSIG, CHILD_SUBREAPER = 1, 36  # of prctl, linux/prctl.h
_LARGEST = 1 << 20
_LIBC = ctypes.CDLL(None, use_errno=True)


def prctl(option: int, value: int) -> None:
    """Set an attribute of this process.

    Raises:
        OSError: the system refuses.
    """
    if _LIBC.prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "prctl")


@dataclass(frozen=True)
class Birth:
    """What a fork is born with.

    Attributes:
        app: the warm application.
        environment: what the zygote was started with.
        status: where the host is heard and told.
        announce: a pipe to the zygote, for a kernel that becomes yet another process.
        lifeline: a pipe from the zygote, at whose end all in the kernel's namespaces must end.
    """

    app: Any
    environment: dict[str, str]
    status: socket.socket
    announce: int
    lifeline: int

    def become_kernel(self) -> NoReturn:
        """Be the kernel that the host asks for. Never returns."""
        from replplan_kernels.zygote.warm import finish_app

        code = 1
        try:
            detach()
            request = self.hear()
            self.wall_in(request)
            finish_app(self.app, request["connection"], request["connection_file"])
            self.run(request)
            code = 0
        except BaseException as error:  # noqa: BLE001 - the host hears of it, whatever it is
            self.complain(error)
        finally:
            os._exit(code)

    def wall_in(self, request: dict[str, Any]) -> None:
        """Call what confines the process: it binds a thread, and those that it starts.

        It may come back in another process than the one that called it.
        """
        if request["early"]:
            confine, keep = hook(request["early"]), (self.status.fileno(),)
            confine(request, keep, announce=self.announce, lifeline=self.lifeline)
            prctl(PDEATHSIG, signal.SIGKILL)  # again: a change of identity clears it
        else:
            os.close(self.announce)
            os.close(self.lifeline)

    def run(self, request: dict[str, Any]) -> None:
        """Run the event loop; in it, wait until the kernel is wanted.

        A spare has the time to run a cell first: what that touches is then its own memory.
        """
        from tornado.ioloop import IOLoop

        from replplan_kernels.zygote.warm import rehearse_by_message

        loop = IOLoop.current()

        def ready() -> None:
            self.tell({"ready": self.app.get_connection_info()})

        def go(*_: object) -> None:
            loop.remove_handler(self.status)
            try:
                self.go(request | self.hear())
            except BaseException as error:  # noqa: BLE001 - as above
                self.complain(error)
                os._exit(1)

        loop.add_handler(self.status, go, loop.READ)
        loop.add_callback(rehearse_by_message, self.app, ready) if request["rehearsed"] else ready()
        self.app.start()

    def go(self, request: dict[str, Any]) -> None:
        """What is known only when the kernel is wanted: folder, environment, modules of its own."""
        if request["cwd"]:
            os.chdir(request["cwd"])
        set_meanwhile = {n: v for n, v in os.environ.items() if self.environment.get(n) != v}
        os.environ.clear()
        os.environ.update(request["env"] | set_meanwhile)
        for name in request["setup"]:
            hook(name)(self.app, request)
        sys.stdout.flush()  # or it would belong to the first cell
        sys.stderr.flush()
        self.tell({"going": True})
        self.status.close()

    def hear(self) -> dict[str, Any]:
        """The host's next word; a host that hangs up wants no kernel."""
        said = self.status.recv(_LARGEST)
        if not said:
            os._exit(0)
        heard: dict[str, Any] = json.loads(said)
        return heard

    def tell(self, word: dict[str, Any]) -> None:
        """Say something to the host."""
        self.status.send(json.dumps(word, default=bytes.decode).encode())

    def complain(self, error: BaseException) -> None:
        """Tell the host why there is no kernel."""
        with contextlib.suppress(OSError):  # it is gone, or was told enough: the exit code says it
            text = "".join(traceback.format_exception_only(error)).strip()
            self.tell({"failed": text[-2000:]})


def detach() -> None:
    """Make this process a kernel's: its own session, no stream of the host's, its own chances."""
    os.setsid()
    prctl(PDEATHSIG, signal.SIGKILL)
    prctl(CHILD_SUBREAPER, 1)  # daemons of its cells stay below it, and end with it
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # a kernel echoes to the stdout it has: over a TUI, or into a log
        os.dup2(null, stream)
    os.close(null)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    reseed()
    gc.enable()


def reseed() -> None:
    """Give numpy's global generator a seed of its own; `random` has that done after a fork."""
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(int.from_bytes(os.urandom(4)))


def hook(name: str) -> Any:
    """The function that "module:function" names."""
    module, function = name.split(":")
    return getattr(importlib.import_module(module), function)
