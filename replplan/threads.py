"""Work of the user's in threads that nobody has to wait for."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """Do some work in a thread of its own.

    Where this is cancelled the thread is left behind: nothing can stop it, and it holds up neither
    the event loop's end nor Python's own, as a thread of asyncio's would.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def tell(take: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(lambda: None if future.done() else take())

    def run() -> None:
        try:
            value = context.run(work)
        except BaseException as error:  # noqa: BLE001 it is raised where it is waited for
            failure = error
            tell(lambda: future.set_exception(_raisable(failure)))
        else:
            tell(lambda: future.set_result(value))

    threading.Thread(target=run, name="replplan-tool", daemon=True).start()
    return await future


def _raisable(error: BaseException) -> Exception:
    """An exception that may be raised in an event loop without ending it."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    return RuntimeError(f"{type(error).__name__}: {error}")
