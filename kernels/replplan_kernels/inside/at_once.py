"""Many calls of one function at once, on threads that end with the call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from replplan_kernels.inside.link import Link

T = TypeVar("T")
R = TypeVar("R")

_PART = 0.05
"""Seconds after which a thread that waits looks up, so that it can be stopped."""


def at_once(
    link: Link, work: Callable[[T], R], items: Sequence[T], jobs: int
) -> list[R | Exception]:
    """What `work` gives for each item, in order; the exception where it raised one.

    Where one of them is unwound, or the thread that waits is, all others are broken off.

    Args:
        link: where the conversations of `work` are broken off.
        work: done on other threads.
        items: what it is given.
        jobs: how many threads at most.
    """
    threads, unwound = set[int](), list[BaseException]()

    def one(item: T) -> R | Exception:
        threads.add(threading.get_ident())
        if unwound:
            raise unwound[0]
        try:
            return work(item)
        except Exception as error:  # noqa: BLE001 - it stands for the item's result
            return error
        except BaseException as error:
            unwound.append(error)  # who waits may not have looked up yet: nothing more is begun
            raise

    pool = ThreadPoolExecutor(max(1, min(jobs, len(items))))
    futures = [pool.submit(one, item) for item in items]
    try:
        _wait(futures)
        return [future.result() for future in futures]
    except BaseException:
        _break_off(link, futures, threads)
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _wait(futures: list[Future[R]]) -> None:
    """Wait for all of them, or until one has been unwound."""
    left: set[Future[R]] = set(futures)
    while left:
        done, left = wait(left, _PART, FIRST_EXCEPTION)
        for future in done:
            future.result()


def _break_off(link: Link, futures: list[Future[R]], threads: set[int]) -> None:
    left = {future for future in futures if not future.cancel()}
    while left:
        for thread in tuple(threads):
            link.break_off_thread(thread)
        left = wait(left, _PART).not_done
