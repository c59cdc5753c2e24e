"""Forks this kernel into a second one of the same state, copy-on-write, between two cells.

The child of the fork never goes back up the stack that it was born on: event loop, sockets and
threads above it are its parent's. It lets go of their descriptors, keeps the objects that held
them, so that none is closed under another's number, and gives the one shell, which has all the
state, new sockets, threads and an event loop, right there.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, NoReturn

from replplan_kernels.inside.descriptors import Owned
from replplan_kernels.inside.frames import encode, receive
from replplan_kernels.inside.watching import greet, watch

if TYPE_CHECKING:
    from replplan_kernels.inside.install import ReplKernel
    from replplan_kernels.inside.repl import Repl

_KEPT: list[Any] = []
"""What belonged to the kernels that this process was before."""

_LATE = 0.1
"""Seconds for which a thread that is about to end is waited for."""

_OURS = ("ipykernel", "tornado", "zmq")
_CHILD_SUBREAPER = 36  # of prctl, linux/prctl.h


class CannotBranch(Exception):
    """There is no second kernel of the same state; says why and what to do."""


class Brancher:
    """Branches a kernel when the host says so.

    Args:
        ours: the kernel's parts.
        app: its application, forked from a zygote.
        folder: the private folder of the kernel and of all its branches.
    """

    def __init__(self, ours: ReplKernel, app: Any, folder: str) -> None:
        self.ours, self.app, self.folder = ours, app, folder
        self.branches: list[int] = []
        self.connection = greet(ours.link)
        self._begin(set())

    def _begin(self, users: set[int]) -> None:
        """Listen to the host; whatever is there now, but for the users' descriptors, is ours."""
        watch(self.connection, self.ours, self.folder, self.wanted)
        self.owned = Owned(self.folder, users)
        self.threads = _threads()

    def wanted(self, request: dict[str, Any]) -> None:
        """Have it done on the main thread, which alone lives on in a branch."""
        self.ours.kernel.io_loop.add_callback(self.branch, request)

    def branch(self, request: dict[str, Any]) -> None:
        """Fork; returns in the parent alone, and tells the host what came of it."""
        try:
            self._check()
            shared = [self.owned.shown(*item) for item in self.owned.users().items()]
            told: dict[str, Any] = {"branch": True, "shared": sorted(filter(None, shared))}
            self._fork(request)
        except (CannotBranch, OSError) as error:
            told = {"branch": False, "failed": str(error)}
        self.connection.sendall(encode(told))

    def _check(self) -> None:
        """See to it that a branch would lack nothing.

        Raises:
            CannotBranch: it would.
        """
        if self.ours.runs.by_id:
            raise CannotBranch("a cell is running: branch between cells")
        others, end = _threads() - self.threads, time.monotonic() + _LATE
        for thread in others:
            thread.join(max(0.0, end - time.monotonic()))
        if names := sorted(thread.name for thread in others if thread.is_alive()):
            raise CannotBranch(
                f"a branch would lose the threads {', '.join(names)}: end them first"
            )
        if any(not _is_ours(task) for task in asyncio.all_tasks()):
            raise CannotBranch("a branch would lose tasks that cells have begun: await them first")

    def _fork(self, request: dict[str, Any]) -> None:
        for pid in tuple(self.branches):
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG)[0]:
                    self.branches.remove(pid)
        self.ours.outbox.flush()
        state = random.getstate()  # Python gives it a new seed in a fork
        if pid := os.fork():
            self.branches.append(pid)
            return
        try:
            random.setstate(state)
            self._live_on(request)
        finally:
            os._exit(1)

    def _live_on(self, request: dict[str, Any]) -> NoReturn:
        """Be the branch: wait until it is wanted, then run cells."""
        users = set(self.owned.users())
        self._let_go()
        self.ours.link.move(request["link"])
        self.connection = greet(self.ours.link)
        if receive(self.connection) is None:
            os._exit(0)
        try:
            self._rise(request, users)
        except BaseException as error:
            told = f"{type(error).__name__}: {error}"
            self.connection.sendall(encode({"branch": False, "failed": told}))
            raise
        self.connection.sendall(encode({"branch": True}))
        self.app.start()
        os._exit(0)

    def _let_go(self) -> None:
        """Leave the parent's session, descriptors and threads to it."""
        from replplan_kernels.zygote.child import prctl

        os.setsid()
        prctl(_CHILD_SUBREAPER, 1)  # daemons of its cells stay below it, and end with it
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        app, kernel, link = self.app, self.ours.kernel, self.ours.link
        _KEPT.extend([kernel.io_loop, dict(vars(app)), dict(app._trait_values)])
        _KEPT.extend([dict(vars(kernel)), dict(kernel._trait_values), self.connection, link.free])
        _KEPT.append(dict(vars(self.ours.cells)))
        own = self.owned.own()
        for repl in _all_repls(self.ours.root):
            _KEPT.append(repl.runner)
            repl.runner = None
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):  # the last two are pipes into the parent
            os.dup2(null, stream)
        for descriptor in {null, *own}:
            os.close(descriptor)
        self.branches = []

    def _rise(self, request: dict[str, Any], users: set[int]) -> None:
        """Give the shell new sockets, threads and an event loop."""
        from replplan_kernels.zygote.warm import finish_app

        kernel, shell = self.ours.kernel, self.ours.kernel.shell
        asyncio._set_running_loop(None)
        asyncio.set_event_loop(asyncio.new_event_loop())
        sys.setrecursionlimit(sys.getrecursionlimit() + _depth())
        kernel._main_asyncio_lock = asyncio.Lock()
        self.ours.runs.begin_anew()
        self.ours.runner.pid = os.getpid()
        self.app.context = None
        streams, below = (sys.stdout, sys.stderr), (kernel._stdout, kernel._stderr)
        session = shell.displayhook.session
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__  # they have descriptors
        finish_app(self.app, request["connection"], request["connection_file"])
        for old, new in zip(below, (sys.stdout, sys.stderr), strict=True):
            _take_place(new, old)
        sys.stdout, sys.stderr = streams
        shell.displayhook.session = shell.display_pub.session = session
        self.ours.outbox.path = request["link"]
        self.ours.cells.listen(asyncio.get_event_loop())
        self._begin(users)


def _take_place(new: Any, old: Any) -> None:
    """Let a new stream do the work of an old one, which a logger, say, may hold."""
    _KEPT.append(dict(vars(old)))
    vars(new).update(write=old.write, flush=old.flush)  # where the old one sends what it is given
    vars(old).update(vars(new))


def _threads() -> set[threading.Thread]:
    return {t for t in threading.enumerate() if not isinstance(t, threading._DummyThread)}


def _is_ours(task: asyncio.Task[Any]) -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    parts = code.co_filename.replace(os.sep, "/").split("/") if code else []
    return any(name in parts for name in _OURS)


def _all_repls(repl: Repl) -> list[Repl]:
    return [repl, *(below for child in repl.children() for below in _all_repls(child))]


def _depth() -> int:
    """How many calls this one is inside of: a branch begins with them on its stack."""
    frame, depth = sys._getframe(), 0
    while frame := frame.f_back:  # type: ignore[assignment]
        depth += 1
    return depth
