"""The cells that are running in this process, and how each is stopped without harm to the others.

A cell in the main thread is stopped by SIGINT, which the host sends when it has told whom it
means; a cell in another thread by an exception that is set in its thread. Both strike only while
the cell that is meant still runs: the handler looks, and a cell that has ended clears what is
still pending in its thread.
"""

from __future__ import annotations

import asyncio
import ctypes
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from types import FrameType
from typing import Any

from replplan_kernels.inside.history import Recording
from replplan_kernels.inside.unwinding import CellStopped

CELL = "<cell "
"""How the file names of cells begin."""

_LATE = 0.5
"""Seconds for which SIGINT may still come that was meant for a cell that has ended."""
_NOTE = 0.25
"""Seconds that a note of why a cell is stopped may come behind the signal: it was sent before,
but C code that holds the interpreter's lock lets a signal through, and no thread."""

_SECOND = signal.SIGRTMIN + 8 if sys.platform == "linux" else signal.SIGUSR1
"""A signal that cells know nothing of, for those that block SIGINT, or take it themselves."""

_STRIKES = (KeyboardInterrupt, CellStopped)
"""What is raised in a cell to stop it."""

_current: ContextVar[CellRun | None] = ContextVar("replplan_run", default=None)
_raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc


def current_run() -> CellRun | None:
    """The cell that this code runs in, in whichever thread."""
    return _current.get()


class CellRun:
    """One cell under way.

    `repl` is whose cell it is, `outer` the cell that called the sub-task. `why` says for people
    why it is being stopped; `struck` whether the means to that have reached it; `forced` how often
    an exception was set in its thread where SIGINT had not helped. `loop` and `task` are set while
    it waits in a top-level `await`. `recording` listens to what it prints and shows.
    """

    def __init__(self, id: str, repl: Any, outer: CellRun | None = None) -> None:  # noqa: A002
        self.id, self.repl, self.outer = id, repl, outer
        self.thread = threading.get_ident()
        self.recording = Recording()
        self.why, self._told = "", threading.Event()
        self.stopping = self.struck = self.over = False
        self.forced = 0
        self.loop: asyncio.AbstractEventLoop | None = None
        self.task: asyncio.Task[Any] | None = None

    def outward(self) -> Iterator[CellRun]:
        """This cell, the one that called its sub-task, and so on up to the root's."""
        run: CellRun | None = self
        while run is not None:
            yield run
            run = run.outer

    def is_to_stop(self, why: str) -> None:
        """Note that it is being stopped, and why."""
        self.stopping, self.why = True, why
        self._told.set()

    def learn_why(self) -> None:
        """Wait a moment for the note of why a signal struck it, if none has come."""
        if self.struck:
            self._told.wait(_NOTE)

    def goes_on_as(self, task: asyncio.Task[Any]) -> None:
        """Note that this cell goes on as an asyncio task."""
        self.loop, self.task = task.get_loop(), task

    def cancel_wait(self) -> None:
        """Cancel its top-level `await`, if it is in one; from any thread."""
        if self.loop is not None and self.task is not None:
            self.struck = True
            with suppress(RuntimeError):  # the loop is closed: it has just ended
                self.loop.call_soon_threadsafe(self.task.cancel)


class Runs:
    """All cells under way in this process."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.by_id = dict[str, CellRun]()
        self.early, self.ended = dict[str, str](), deque[str](maxlen=1000)
        self.threads = dict[int, CellRun]()
        self.main = threading.main_thread().ident or 0
        self.deaf_until = 0.0

    def begin_anew(self) -> None:
        """Forget the threads that another process has, of which this one is a fork."""
        self.lock = threading.RLock()
        self.threads.clear()

    @contextmanager
    def active(self, run: CellRun) -> Iterator[None]:
        """Let the cell be stopped while the block runs, and not after it."""
        self._open(run)
        token = _current.set(run)
        try:
            if run.stopping:
                raise CellStopped(run.why)
            yield
        finally:
            try:  # it may be being stopped as it ends: two strikes at most are under way by then
                self._close(run)
            except _STRIKES:
                try:
                    self._close(run)
                except _STRIKES:
                    self._close(run)
            _current.reset(token)

    def _open(self, run: CellRun) -> None:
        with self.lock:
            self.by_id[run.id] = run
            if run.id in self.early:
                run.is_to_stop(self.early.pop(run.id))

    def _close(self, run: CellRun) -> None:
        run.over = True
        with self.lock:
            if run.stopping:
                _raise_in(ctypes.c_ulong(run.thread), None)
                self.deaf_until = time.monotonic() + _LATE
            self.ended.append(run.id)
            self.by_id.pop(run.id, None)

    @contextmanager
    def in_thread(self) -> Iterator[None]:
        """Let this thread be stopped together with the cell that started it."""
        ident, run = threading.get_ident(), _current.get()
        before = self.threads.get(ident)
        if run is not None:
            self.threads[ident] = run
        try:
            yield
        finally:
            self.threads.pop(ident, None)
            if before is not None:
                self.threads[ident] = before

    def stop(self, id: str, why: str, force: bool) -> CellRun | None:  # noqa: A002
        """Stop a cell, and the threads and sub-tasks that it started.

        Args:
            id: of the cell; one that has not begun yet is stopped when it does.
            why: what the cell's error is to say.
            force: raise also where SIGINT should have done it and did not.

        Returns:
            The cell, if it is running.
        """
        with self.lock:
            run = self.by_id.get(id)
            if run is None or run.over:
                self._stop_another_time(id, why)
                return None
            run.is_to_stop(why)
            run.forced += force
            for thread in self._threads_of(run):
                if thread != self.main or (force and _in_cell(_frame_of(thread))):
                    run.struck = True  # where it ends by itself, it is because this thread did
                    raise_in_thread(thread)
                    if thread == self.main and run.forced > 1 and not self._awaiting():
                        signal.pthread_kill(thread, _SECOND)  # wakes it, and strikes first: who
                        # swallows that has the other behind it, when the `except` has ended
            for inner in self._inside(run):
                inner.cancel_wait()
            if run.thread != self.main:
                self.deaf_until = time.monotonic() + _LATE
            return run

    def _stop_another_time(self, id: str, why: str) -> None:  # noqa: A002
        if id in self.ended:
            self.deaf_until = time.monotonic() + _LATE
        else:
            self.early[id] = why

    def _awaiting(self) -> bool:
        """Whether an event loop runs a cell here: it would end with a `KeyboardInterrupt`."""
        return any(run.task for run in self.by_id.values() if run.thread == self.main)

    def _inside(self, run: CellRun) -> list[CellRun]:
        return [other for other in self.by_id.values() if run in other.outward()]

    def _threads_of(self, run: CellRun) -> set[int]:
        inside = {inner.thread for inner in self._inside(run)}
        return inside | {t for t, cell in tuple(self.threads.items()) if run in cell.outward()}

    def take_signals(self) -> None:
        """Have SIGINT handled here; a cell may have changed that."""
        signal.signal(signal.SIGINT, self.on_signal)
        signal.signal(_SECOND, signal.default_int_handler)  # in C: no place for the exception
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, _SECOND})

    def hears_signals(self) -> bool:
        """Whether SIGINT still comes here: the cell may have its own way with it."""
        return signal.getsignal(signal.SIGINT) == self.on_signal

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Have SIGINT strike the cells that it is meant for."""
        here = [run for run in tuple(self.by_id.values()) if run.thread == self.main]
        here = [run for run in here if not run.over]
        meant = [run for run in here if run.stopping]
        if not meant and time.monotonic() > self.deaf_until:
            meant = here[-1:]  # nobody was told whom it means: a person, or the cell itself
        if not meant:
            return
        for run in meant:
            run.struck = True
        if not self._awaiting():
            raise KeyboardInterrupt
        if _in_cell(frame):
            raise CellStopped(meant[-1].why)  # asyncio lets KeyboardInterrupt end its whole loop
        for run in meant:
            run.cancel_wait()


def raise_in_thread(thread: int) -> None:
    """Have `CellStopped` raised there, as soon as it runs Python again."""
    _raise_in(ctypes.c_ulong(thread), ctypes.py_object(CellStopped))


def _frame_of(thread: int) -> FrameType | None:
    return sys._current_frames().get(thread)


def _in_cell(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith(CELL):
            return True
        frame = frame.f_back
    return False
