"""The one synchronous face."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, Unpack

from replplan.api.options import PlanOptions
from replplan.api.planner import plan
from replplan.episode import EpisodeResult

T = TypeVar("T")


def plan_sync(goal: str, **options: Unpack[PlanOptions]) -> EpisodeResult:
    """`plan`, waited for. Works inside a running event loop too, as in a notebook.

    It raises what `plan` raises; a KeyboardInterrupt ends the plan before it is passed on.
    """
    if _in_a_loop():
        return run_in_thread(lambda: plan(goal, **options))
    return asyncio.run(plan(goal, **options))


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def run_in_thread(start: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run something in an event loop of its own, in a thread of its own, and wait for it.

    Raises:
        As what is run; KeyboardInterrupt ends that before it is passed on.
    """
    work = InThread(start)
    try:
        work.done.wait()  # not join: once interrupted, it takes the thread for ended (Python 3.11)
    except BaseException:
        work.cancel()
        raise
    result: T = work.result()
    return result


class InThread:
    """Something that runs in an event loop of its own, in a thread of its own."""

    def __init__(self, start: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self.done = threading.Event()
        self._start, self._ready = start, threading.Event()
        self._outcome = dict[str, Any]()
        threading.Thread(target=self._run, name="replplan-plan").start()

    async def _main(self) -> None:
        outcome = self._outcome
        outcome["loop"], outcome["task"] = asyncio.get_running_loop(), asyncio.current_task()
        self._ready.set()
        outcome["result"] = await self._start()

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as e:  # noqa: BLE001 it is raised again in the caller's thread
            self._outcome["error"] = e
        finally:
            self._ready.set()
            self.done.set()

    def cancel(self) -> None:
        """End it, and wait for its end."""
        self.begin_to_cancel()
        self.done.wait()

    def begin_to_cancel(self) -> None:
        """End it, and do not wait."""
        self._ready.wait()
        if "task" in self._outcome:
            with contextlib.suppress(RuntimeError):  # its loop is closed: it has just ended
                self._outcome["loop"].call_soon_threadsafe(self._outcome["task"].cancel)

    def result(self) -> Any:
        """What came of it, once it is done.

        Raises:
            BaseException: what it raised.
        """
        if "error" in self._outcome:
            raise self._outcome["error"]
        return self._outcome["result"]
