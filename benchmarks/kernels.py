"""What replplan's kernels cost beside stock Jupyter kernels, measured in one run.

    uv run python benchmarks/kernels.py [--rounds 5] [--cells 200] [--printed 1000] [--many 64]
        [--only start memory cell call print branch many] [--json]

Stock is ipykernel started by jupyter_client's own provisioner and driven by its asyncio client.
Both are measured in turns, A B A B; figures are medians (of the loop the quickest of 10, of calls
the best of 5 medians). Beside each stands its goal.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import pickle
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, Literal

from rich.console import Console

from kernels_figures import Figure, against, bounded, table
from kernels_memory import many, memory, printing
from kernels_subjects import IMPORTS, our_kernel, seconds, stock_kernel
from replplan.kernel import Kernel

LOOP = "t = 0\nfor i in range({n}):\n    t += i * i % 7\n"
TIMED = "import time\nb = time.perf_counter()\n{loop}print(time.perf_counter() - b)"
CALLING = """import time, statistics
spent = []
for i in range({n}):
    b = time.perf_counter(); echo(i); spent.append(time.perf_counter() - b)
print(statistics.median(spent))"""


async def starts(rounds: int) -> list[Figure]:
    """From nothing to the reply of the first cell."""

    async def ours(isolation: Literal["auto", "none"], code: str) -> None:
        async with our_kernel(isolation) as kernel:
            await kernel.execute(code)
            ended.append(time.perf_counter())

    async def stock(code: str) -> None:
        async with stock_kernel() as kernel:
            await kernel.run(code)
            ended.append(time.perf_counter())

    async def once(work: Awaitable[None]) -> float:
        began = time.perf_counter()
        await work
        await asyncio.sleep(1)  # whoever keeps kernels in reserve makes another one
        return 1e3 * (ended.pop() - began)

    ended: list[float] = []
    figures, bare = list[Figure](), dict[str, list[float]]()
    for name, code in (("bare", "1"), ("numpy, pandas", IMPORTS)):
        times: dict[str, list[float]] = {"auto": [], "none": [], "stock": []}
        for count in range(rounds + 1):
            row = {
                "auto": await once(ours("auto", code)),
                "stock": await once(stock(code)),
                "none": await once(ours("none", code)),
            }
            for kind, value in row.items():
                if count:  # the first starts the zygote
                    times[kind].append(value)
        bare = bare or times
        label = f"start to first reply, {name}"
        figures.append(against(label, "ms", times["auto"], times["stock"], 1 / 20))
        figures.append(against(f"{label}, not isolated", "ms", times["none"], times["stock"], 0.05))
    extra = statistics.median(bare["auto"]) - statistics.median(bare["none"])
    return [*figures, bounded("what isolation costs a start", "ms", extra, 10, "+")]


async def cells(count: int) -> list[Figure]:
    """A trivial cell, and a loop in one."""
    async with our_kernel() as ours, our_kernel("none") as open_, stock_kernel() as stock:
        times = dict[str, list[float]]()
        loops = {"ours": list[float](), "plain": list[float]()}
        for i in range(count + 20):
            code = f"x = {i}\nprint(x)"
            row = {
                "ours": await seconds(lambda code=code: ours.execute(code)),  # type: ignore[misc]
                "stock": await seconds(lambda code=code: stock.run(code)),  # type: ignore[misc]
                "open": await seconds(lambda code=code: open_.execute(code)),  # type: ignore[misc]
            }
            for name, value in row.items():
                times.setdefault(name, [])
                if i >= 20:
                    times[name].append(1e3 * value)
        timed = TIMED.format(loop=LOOP.format(n=1_000_000))
        for _ in range(10):
            loops["ours"].append(1e3 * float((await ours.execute(timed)).output))
            plain = await asyncio.to_thread(subprocess.check_output, [sys.executable, "-c", timed])
            loops["plain"].append(1e3 * float(plain))
    return [
        against("trivial cell, host to host", "ms", times["ours"], times["stock"], 0.5),
        against("trivial cell, not isolated", "ms", times["open"], times["stock"], 0.5),
        against("what isolation costs a cell", "ms", times["ours"], times["open"], 1.1),
        against(
            "loop of 1e6 steps, quickest of 10, against plain Python", "ms", *quickest(loops), 1.05
        ),
    ]


def quickest(times: dict[str, list[float]]) -> list[list[float]]:
    """Of work that is the same each time, what took least: all above it is others' work."""
    return [[min(kind)] for kind in times.values()]


async def calls(count: int) -> Figure:
    """From a cell to the host and back."""
    async with our_kernel() as kernel:
        median = [float((await kernel.execute(CALLING.format(n=count))).output) for _ in range(5)]
    return bounded("call from a cell to the host and back", "ms", 1e3 * min(median), 0.1)


async def branching(megabytes: int = 500) -> list[Figure]:
    """A second kernel with the same state, against pickling that state into one."""
    state = f"import numpy\na = numpy.ones({megabytes} * 125_000)"
    async with our_kernel() as kernel:
        await kernel.execute(state)
        ours, stock = list[float](), list[float]()
        for _ in range(3):
            ours.append(1e3 * await seconds(lambda: answer_of_a_branch(kernel)))
            stock.append(1e3 * await seconds(lambda: pickled(state)))
    return [against(f"branch with {megabytes} MB of state", "ms", ours, stock, 0.1)]


async def answer_of_a_branch(kernel: Kernel) -> None:
    branch = await kernel.branch()
    assert (await branch.execute("a[0]")).error is None
    await branch.close()


async def pickled(state: str) -> None:
    """A new process that unpickles what another one pickled; the making is not counted."""
    namespace: dict[str, Any] = {}
    exec(state, namespace)
    data = pickle.dumps(namespace["a"], protocol=pickle.HIGHEST_PROTOCOL)  # as cloudpickle does
    reads = "import sys, pickle; a = pickle.load(sys.stdin.buffer); print(a[0])"
    await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", reads], input=data, check=True, capture_output=True
    )


PARTS: dict[str, Callable[[argparse.Namespace], Awaitable[Figure | list[Figure]]]] = {
    "start": lambda args: starts(args.rounds),
    "memory": lambda args: memory(),
    "cell": lambda args: cells(args.cells),
    "call": lambda args: calls(10 * args.cells),
    "print": lambda args: printing(args.printed),
    "branch": lambda args: branching(),
    "many": lambda args: many(args.many),
}


async def measure(args: argparse.Namespace) -> list[Figure]:
    figures = list[Figure]()
    for name in args.only or PARTS:
        made = await PARTS[name](args)
        figures += made if isinstance(made, list) else [made]
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="starts of each kind")
    parser.add_argument("--cells", type=int, default=200, help="cells of each kind")
    parser.add_argument("--printed", type=int, default=1000, help="MB that a cell prints")
    parser.add_argument("--many", type=int, default=64, help="live kernels at once")
    parser.add_argument("--only", nargs="*", choices=list(PARTS), help="parts to measure")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    figures = asyncio.run(measure(args))
    if args.json:
        print(json.dumps([asdict(f) for f in figures]))
    else:
        Console(width=120).print(table(figures))


if __name__ == "__main__":
    main()
