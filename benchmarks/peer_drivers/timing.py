"""What each driver times of its peer. Plain Python: it runs in the peer's own environment."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

CELL = "x = {}\nprint(x)"
LOOP = "t = 0\nfor i in range(100000):\n    t += i * i % 7\nprint(t)"


def report(open_: Callable[[], Callable[[str], str]], rounds: int = 3, cells: int = 100) -> None:
    """Print, in ms: from nothing to the first reply, a trivial cell, a loop of 1e5 steps.

    Args:
        open_: opens an executor; gives what runs a cell in it and returns what that printed.
        rounds: starts, of which the median counts after the first; loops, of which the quickest.
        cells: trivial cells, of which the median counts.
    """
    starts = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        run = open_()
        assert "1" in run(CELL.format(1))
        starts.append(1e3 * (time.perf_counter() - began))
    told = {
        "start": statistics.median(starts[1:]),
        "cell": statistics.median(timed(run, CELL.format(i), str(i)) for i in range(cells)),
        "loop": min(timed(run, LOOP, "199999") for _ in range(rounds)),
    }
    print(json.dumps(told))


def timed(run: Callable[[str], str], code: str, shows: str) -> float:
    """Milliseconds of a cell, which has to print this."""
    began = time.perf_counter()
    printed = run(code)
    spent = 1e3 * (time.perf_counter() - began)
    assert shows in printed, printed
    return spent
