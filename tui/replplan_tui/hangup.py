"""A closed terminal and a polite kill end the plans under the app, as leaving it does."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from types import FrameType

from textual.app import App

from replplan_tui.live import end_plans, wait_for_plans

_HUNG_UP = 128 + 1


@contextmanager
def heeded(app: App[None]) -> Iterator[None]:
    """Heed both while the app runs."""

    hung_up = Event()

    def heed(number: int, _: FrameType | None) -> None:
        if number != signal.SIGTERM:
            hung_up.set()
        Thread(target=_leave, args=(app, number)).start()

    numbers = [] if sys.platform == "win32" else [signal.SIGTERM, signal.SIGHUP]
    before = [(number, signal.signal(number, heed)) for number in numbers]
    try:
        yield
    finally:
        if hung_up.is_set():
            os._exit(_HUNG_UP)
        for number, handler in before:
            signal.signal(number, handler)


def _leave(app: App[None], number: int) -> None:
    end_plans()
    wait_for_plans()
    if number != signal.SIGTERM and not _has_terminal():
        os._exit(_HUNG_UP)  # the app may wait for good to write to it
    app.call_from_thread(app.exit)


def _has_terminal() -> bool:
    """Whether there is a terminal to put in order, as after `kill -HUP`."""
    import termios

    try:
        termios.tcgetattr(0)
    except (termios.error, OSError):
        return False
    return True
