"""How a fresh fork of the zygote becomes an IPython kernel."""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import sys
import traceback
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
        raise OSError(ctypes.get_errno(), "prctl")


def become_kernel(app: Any, status: socket.socket) -> NoReturn:
    """Be the kernel that the host asks for on `status`. Never returns."""
    from replplan_kernels.zygote.warm import finish_app

    code = 1
    try:
        detach()
        request = hear(status)
        for name in request["early"]:  # what confines binds a thread and those it starts
            hook(name)(request)
        prctl(PDEATHSIG, signal.SIGKILL)  # again: a change of identity clears it
        finish_app(app, request["connection"], request["connection_file"])
        tell(status, {"ready": app.get_connection_info()})
        go(app, request | hear(status))
        tell(status, {"going": True})
        status.close()
        app.start()
        code = 0
    except BaseException:  # noqa: BLE001 - the host hears of it, whatever it is
        complain(status)
    finally:
        os._exit(code)


def detach() -> None:
    """Make this process a kernel's: its own session, no stream of the host's, its own chances."""
    os.setsid()
    prctl(PDEATHSIG, signal.SIGKILL)
    prctl(CHILD_SUBREAPER, 1)  # daemons of its cells stay below it, and end with it
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # a kernel echoes to the stdout it has: over a TUI, or into a log
        os.dup2(null, stream)
    os.close(null)
    for number in (signal.SIGCHLD, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    reseed()
    gc.enable()


def reseed() -> None:
    """Give numpy's global generator a seed of its own; `random` has that done after a fork."""
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(int.from_bytes(os.urandom(4)))


def go(app: Any, request: dict[str, Any]) -> None:
    """What is known only when the kernel is wanted: folder, environment, the caller's modules."""
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    for name in request["setup"]:
        hook(name)(app, request)
    sys.stdout.flush()  # or it would belong to the first cell
    sys.stderr.flush()


def hook(name: str) -> Any:
    """The function that "module:function" names."""
    module, function = name.split(":")
    return getattr(importlib.import_module(module), function)


def hear(status: socket.socket) -> dict[str, Any]:
    """The host's next word; a host that hangs up wants no kernel."""
    said = status.recv(_LARGEST)
    if not said:
        os._exit(0)
    heard: dict[str, Any] = json.loads(said)
    return heard


def tell(status: socket.socket, word: dict[str, Any]) -> None:
    """Say something to the host."""
    status.send(json.dumps(word, default=bytes.decode).encode())


def complain(status: socket.socket) -> None:
    """Tell the host why there is no kernel."""
    error = sys.exception() if sys.version_info >= (3, 11) else None
    text = "".join(traceback.format_exception_only(error)).strip() if error else ""
    try:
        tell(status, {"failed": text[-2000:]})
    except OSError:
        pass  # it had its ready, or is gone: the exit code says the rest
