"""Threads that know which cell they belong to, and calls that are awaited on their own."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import functools
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from replplan_kernels.inside.runs import Runs, current_run, raise_in_thread
from replplan_kernels.inside.unwinding import Unwinding

_PART = 0.05
"""Seconds of sleep after which a thread looks up."""


def inherit_context(runs: Runs) -> None:
    """Make every thread that is started from now on belong to the cell that starts it.

    What it prints then goes where that cell's output goes, and it is stopped together with it.
    The same for what is given to a pool: there the cell that gives it counts, whoever owns the
    pool.
    """
    start, submit = threading.Thread.start, concurrent.futures.ThreadPoolExecutor.submit

    def start_in_context(self: threading.Thread) -> None:
        self.run = _here(runs, self.run)  # type: ignore[method-assign]
        start(self)

    def submit_in_context(
        self: Any, function: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Any:
        return submit(self, _here(runs, function), *args, **kwargs)

    threading.Thread.start = start_in_context  # type: ignore[method-assign]
    concurrent.futures.ThreadPoolExecutor.submit = submit_in_context  # type: ignore[method-assign]


def wakeable_sleep(runs: Runs) -> None:
    """Let a cell be stopped while it sleeps in another thread than the main one.

    There no signal ends `time.sleep`, and an exception waits until it is over: so it is cut.
    """
    sleep = time.sleep

    @functools.wraps(sleep)  # and it is pickled as that
    def sleep_in_parts(seconds: Any, /) -> None:
        if threading.get_ident() == runs.main or current_run() is None or seconds <= _PART:
            return sleep(seconds)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            sleep(min(left, _PART))
        return None

    time.sleep = sleep_in_parts


def _here(runs: Runs, function: Callable[..., Any]) -> Callable[..., Any]:
    context = contextvars.copy_context()

    def in_context(*args: Any, **kwargs: Any) -> Any:
        with runs.in_thread():
            return function(*args, **kwargs)

    return partial(context.run, in_context)


def report_errors(shown: Callable[[BaseException], str]) -> None:
    """Have an error that ends a thread printed as `shown` gives it; unwinding is no error."""

    def hook(ended: threading.ExceptHookArgs) -> None:
        error = ended.exc_value
        if error is None or isinstance(error, Unwinding | SystemExit):
            return
        name = ended.thread.name if ended.thread else "?"
        print(f"error in thread {name}:\n{shown(error)}", file=sys.stderr)

    threading.excepthook = hook


async def in_thread(
    broken_off: Callable[[int], None], function: Callable[..., Any], *args: Any, **kwargs: Any
) -> Any:
    """Call a function on a thread of its own and await its result.

    Args:
        broken_off: is told of the thread when the awaiting is cancelled, and wakes it.
        function: what to call.
        args: its arguments by position.
        kwargs: its arguments by name.
    """
    result: concurrent.futures.Future[Any] = concurrent.futures.Future()
    result.set_running_or_notify_cancel()

    def work() -> None:
        try:
            result.set_result(function(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
            result.set_exception(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        return await asyncio.wrap_future(result)
    except asyncio.CancelledError:
        if thread.ident is not None and thread.is_alive():
            raise_in_thread(thread.ident)
            broken_off(thread.ident)
        raise
