"""A closed terminal and a polite kill end the plans under the app, as leaving it does."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from types import FrameType

from textual.app import App

from replplan_tui.live import end_plans, wait_for_plans


@contextmanager
def heeded(app: App[None]) -> Iterator[None]:
    """Heed both while the app runs."""

    def heed(number: int, _: FrameType | None) -> None:
        # The app's own thread may wait for good to write to a terminal that is gone.
        Thread(target=_leave, args=(app, number)).start()

    numbers = [] if sys.platform == "win32" else [signal.SIGTERM, signal.SIGHUP]
    before = [(number, signal.signal(number, heed)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _leave(app: App[None], number: int) -> None:
    end_plans()
    wait_for_plans()
    if number == signal.SIGTERM:
        app.call_from_thread(app.exit)
    else:  # there is no terminal to put in order
        os._exit(128 + number)
