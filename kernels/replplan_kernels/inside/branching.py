"""Forks this kernel into a second one of the same state, copy-on-write.

Between two cells, or in the middle of one that waits for the host: there a signal wakes the main
thread, and its handler forks. The child of the fork never goes back up the stack that it was born
on, past that cell: event loop, sockets and threads above it are its parent's. It lets go of their
descriptors, keeps the objects that held them, so that none is closed under another's number, and
gives the one shell, which has all the state, new sockets, threads and an event loop, right there.
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
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from replplan_kernels.inside.descriptors import Owned
from replplan_kernels.inside.frames import encode, receive
from replplan_kernels.inside.link import Branched, Conversation
from replplan_kernels.inside.watching import greet, watch

if TYPE_CHECKING:
    from replplan_kernels.inside.install import ReplKernel
    from replplan_kernels.inside.repl import Repl
    from replplan_kernels.inside.runs import CellRun

_KEPT: list[Any] = []
"""What belonged to the kernels that this process was before."""

_LATE = 0.1
"""Seconds for which a thread that is about to end is waited for."""

_TRIES, _PAUSE = 25, 0.02
"""How often the main thread is woken for a branch, and seconds until the next time."""

_sleep = time.sleep  # cells' own is another

_OURS = ("ipykernel", "tornado", "zmq")
_SIGNAL = signal.SIGRTMIN + 7 if sys.platform == "linux" else signal.SIGUSR2
"""Wakes the main thread. Elsewhere there are none in real time, and no kernel is branched."""

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
        self.dead = set[int]()
        self.requests: list[dict[str, Any]] = []
        self.connection = greet(ours.link)
        self._begin(set())

    def _begin(self, users: set[int]) -> None:
        """Listen to the host; whatever is there now, but for the users' descriptors, is ours."""
        signal.signal(_SIGNAL, self._on_signal)
        watch(self.connection, self.ours, self.folder, self.wanted)
        self.owned = Owned(self.folder, users)
        self.threads = _threads()

    def wanted(self, request: dict[str, Any]) -> None:
        """Have it done on the main thread, which alone lives on in a branch."""
        if not self.ours.runs.by_id:
            self.ours.kernel.io_loop.add_callback(self.branch, request)
            return
        self.requests.append(request)
        for _ in range(_TRIES):  # one that comes just before the thread waits does not wake it
            signal.pthread_kill(self.ours.runs.main, _SIGNAL)
            _sleep(_PAUSE)
            if not any(left is request for left in self.requests):
                return

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        while self.requests:
            self.branch(self.requests.pop())

    def branch(self, request: dict[str, Any]) -> None:
        """Fork; returns in the parent alone, and tells the host what came of it.

        Raises:
            Branched: this is the branch, made in the middle of a cell.
        """
        try:
            within = list(self.ours.runs.by_id.values())
            self._check(within)
            shared = [self.owned.shown(*item) for item in self.owned.users().items()]
            told: dict[str, Any] = {"branch": True, "shared": sorted(filter(None, shared))}
            self._fork(request, within)
            told["within"] = [run.id for run in within]
        except Exception as error:  # noqa: BLE001 - of no concern to the cell that waits
            told = {"branch": False, "failed": str(error)}
        self.connection.sendall(encode(told))

    def _check(self, within: list[CellRun]) -> None:
        """See to it that a branch would lack nothing.

        Raises:
            CannotBranch: it would.
        """
        main = self.ours.runs.main
        if within and not self.ours.link.waiting:
            raise CannotBranch(
                "a cell is running: branch between cells, or while one waits in a call, "
                "on the main thread and without await"
            )
        if any(run.task or run.thread != main for run in within):
            raise CannotBranch("a branch would lose what a cell awaits, or does in threads")
        others, end = _threads() - self.threads, time.monotonic() + _LATE
        for thread in others:
            thread.join(max(0.0, end - time.monotonic()))
        if names := sorted(thread.name for thread in others if thread.is_alive()):
            raise CannotBranch(
                f"a branch would lose the threads {', '.join(names)}: end them first"
            )
        loop = asyncio.get_event_loop()
        tasks = asyncio.all_tasks(loop) - {asyncio.current_task(loop)}
        if any(not _is_ours(task) for task in tasks):
            raise CannotBranch("a branch would lose tasks that cells have begun: await them first")

    def _fork(self, request: dict[str, Any], within: list[CellRun]) -> None:
        self._reap()
        self.ours.outbox.flush()
        state = random.getstate()  # Python gives it a new seed in a fork
        if pid := os.fork():
            self.branches.append(pid)
            self.ours.outbox.send({"mark": True})
            return
        try:
            random.setstate(state)
            self._live_on(request, within)
            if not within:
                self._stay()
        except BaseException:  # noqa: BLE001 - the host has been told
            os._exit(1)
        raise Branched

    def _reap(self) -> None:
        """Wait for the branches that were dead the last time already: who tells the host how they
        ended has seen that by now."""
        for pid in tuple(self.branches):
            with contextlib.suppress(ChildProcessError):
                if pid in self.dead:
                    os.waitpid(pid, 0)
                    self.branches.remove(pid)
                elif os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                    self.dead.add(pid)
        self.dead &= set(self.branches)

    def _live_on(self, request: dict[str, Any], within: list[CellRun]) -> None:
        """Be the branch: wait until it is wanted, then be able to run cells."""
        users = set(self.owned.users())
        talks = sorted(self.ours.link.open, key=Conversation.depth)
        for talk in talks:
            talk.connection.detach()  # its descriptor goes with all that are the parent's
        self._let_go()
        self.ours.link.move(request["link"])
        self.connection = greet(self.ours.link)
        if receive(self.connection) is None:
            os._exit(0)
        try:
            self._rise(request, users)
            if within:
                self._go_on(talks, within)
        except BaseException as error:
            told = f"{type(error).__name__}: {error}"
            self.connection.sendall(encode({"branch": False, "failed": told}))
            raise
        self.connection.sendall(encode({"branch": True}))

    def _go_on(self, talks: list[Conversation], within: list[CellRun]) -> None:
        """Tell the host what is under way, from the outside in, and have the cell go on here."""
        self.ours.runs.take_signals()
        self.ours.cells.afterwards = self._stay
        for talk in talks:
            inner = [run for run in within if run.outer is talk.run]
            talk.go_on(inner[0] if inner else None)

    def _stay(self) -> NoReturn:
        """When that cell has ended: run others, on an event loop of our own."""
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
        self.branches, self.dead = [], set()

    def _rise(self, request: dict[str, Any], users: set[int]) -> None:
        """Give the shell new sockets, threads and an event loop."""
        from tornado.ioloop import IOLoop

        from replplan_kernels.zygote.warm import finish_app

        kernel, shell = self.ours.kernel, self.ours.kernel.shell
        if task := asyncio.current_task() if asyncio._get_running_loop() else None:
            asyncio.tasks._leave_task(task.get_loop(), task)
        asyncio._set_running_loop(None)
        asyncio.set_event_loop(asyncio.new_event_loop())
        kernel.io_loop = IOLoop.current()  # the host may want something done before it runs
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
