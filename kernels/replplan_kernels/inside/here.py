"""A notebook's own shell, lent to a plan: the plan's cells run in it, on the notebook's thread."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Protocol

from replplan_kernels.inside.equip import bind, equip
from replplan_kernels.inside.frames import receive
from replplan_kernels.inside.install import ReplKernel
from replplan_kernels.inside.link import Link
from replplan_kernels.inside.outbox import Outbox
from replplan_kernels.inside.runs import CellRun
from replplan_kernels.inside.streams import OutboxSession, Stream
from replplan_kernels.inside.watching import Watcher, greet

_IDLE_SECONDS = 0.2


class Plan(Protocol):
    """The plan, as far as the thread that runs its cells has to do with it."""

    def show(self) -> None:
        """Show how it goes: called before each cell, and a few times a second between them."""

    def begin_to_cancel(self) -> None:
        """Have it end, and do not wait."""

    def cancel(self) -> None:
        """Have it end, and wait for that."""


class _Capture(Stream):
    """What is printed while a cell of the plan runs; the stream below is left alone."""

    def take_over(self) -> None:
        """Nothing is taken over: it is the notebook's own."""


class _Listener(Watcher):
    """Hears which cell is to be stopped; the notebook outlives the plan."""

    def host_is_gone(self) -> None:
        """The plan is over."""


def _next(connection: socket.socket, idle: Callable[[], None]) -> Any:
    """The next frame; None when the plan is over."""
    while not select.select([connection], [], [], _IDLE_SECONDS)[0]:
        idle()
    return receive(connection)


def _no_branch(request: dict[str, Any]) -> None:
    """A notebook is not forked; the host never asks for it."""


class Guest:
    """Runs the cells of a plan in the shell of this notebook."""

    def __init__(self, kernel: Any, link: str) -> None:
        self._ours = ReplKernel(kernel, Link(link), None)
        self._ours.root.number = 0
        self._shell, self._lent, self._leaving = kernel.shell, set[str](), False

    def serve(self, plan: Plan) -> None:
        """Run the plan's cells on this thread, which is the main one, until the plan is over.

        Args:
            plan: what is done for it.

        Raises:
            KeyboardInterrupt: the user interrupted the notebook.
            OSError: there is no plan.
        """
        ours, names = self._ours, dict(self._shell.user_ns)
        connection = ours.outbox.connect()
        ours.outbox.confirmed = False
        ours.outbox.send({"root": os.getpid()})
        watcher = _Listener(greet(ours.link), ours, "", _no_branch)
        threading.Thread(target=watcher.listen, name="replplan-watch", daemon=True).start()
        try:
            with self._signals():
                self._run(connection, plan)
        finally:
            self._give_back(names)
            for opened in (connection, watcher.connection):
                opened.close()

    def _run(self, connection: socket.socket, plan: Plan) -> None:
        try:
            while (frame := _next(connection, plan.show)) is not None:
                plan.show()
                self._take(frame, plan)
        except KeyboardInterrupt:
            self._leaving = True
            plan.cancel()
            raise

    def _take(self, frame: dict[str, Any], plan: Plan) -> None:
        if "equip" in frame:
            self._ours.outbox.send({"equipped": equip(self._ours, frame["equip"])})
            self._lent.update(self._ours.bound)
            return
        run = CellRun(frame["id"], self._ours.root)
        self._ours.root.begin_turn()
        try:
            with self._captured(self._ours.outbox):
                outcome = self._ours.runner.run_here(self._ours.root, frame["cell"], run)
        finally:
            self._ours.root.end_turn()
        by_person = outcome.stopped and not run.stopping
        if by_person:  # who means the plan
            self._leaving = True
            plan.begin_to_cancel()
        self._ours.outbox.send({"ended": outcome.as_frame(), "run": run.id})
        if by_person:
            raise KeyboardInterrupt

    def _give_back(self, names: dict[str, Any]) -> None:
        """Take away what cells could call, and put what bore such a name in its place again."""
        self._ours.functions = None
        bind(self._ours)
        self._shell.user_ns.update({n: names[n] for n in self._lent & names.keys()})

    @contextmanager
    def _captured(self, outbox: Outbox) -> Iterator[None]:
        """Send what a cell prints and shows to the plan, instead of into the notebook."""
        parts = (self._shell.displayhook, self._shell.display_pub)
        before = [part.session for part in parts]
        for part in parts:
            part.session = OutboxSession(outbox)
        out, err = _Capture(outbox, sys.stdout), _Capture(outbox, sys.stderr)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                yield
        finally:
            for part, session in zip(parts, before, strict=True):
                part.session = session

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Have an interrupt end the cell that is meant, or else the plan."""
        runs = self._ours.runs

        def interrupt(number: int, frame: FrameType | None) -> None:
            if runs.by_id:
                runs.on_signal(number, frame)
            elif not self._leaving and time.monotonic() > runs.deaf_until:
                raise KeyboardInterrupt

        before = signal.signal(signal.SIGINT, interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
