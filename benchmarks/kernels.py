"""What replplan's kernels cost beside stock Jupyter kernels, measured in one run.

    uv run python benchmarks/kernels.py [--rounds 5] [--cells 200] [--printed 1000] [--json]

Stock is ipykernel started by jupyter_client's own provisioner and driven by its asyncio client.
Both are measured in turns, A B A B; figures are medians (of the loop the quickest of 10, of calls
the best of 5 medians). Beside each stands its goal.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import psutil  # type: ignore[import-untyped]
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from rich.console import Console
from rich.table import Table

from replplan.kernel import Function, Kernel, KernelOptions, Repl, SubtaskCall
from replplan_kernels.ipython import open_ipython

IMPORTS = "import numpy, pandas"
LOOP = "t = 0\nfor i in range({n}):\n    t += i * i % 7\n"
TIMED = "import time\nb = time.perf_counter()\n{loop}print(time.perf_counter() - b)"
PRINTING = "line = 'x' * 999\nfor _ in range({n}):\n    print(line)"
CALLING = """import time, statistics
spent = []
for i in range({n}):
    b = time.perf_counter(); echo(i); spent.append(time.perf_counter() - b)
print(statistics.median(spent))"""


@dataclass(frozen=True)
class Figure:
    """One line of the table: `ours` and `stock` in `unit`; `goal` bounds their ratio or ours."""

    measure: str
    unit: str
    ours: float
    stock: float | None
    goal: str
    met: bool


def against(measure: str, unit: str, ours: list[float], stock: list[float], most: float) -> Figure:
    a, b = statistics.median(ours), statistics.median(stock)
    return Figure(measure, unit, a, b, f"at most {most:.3g}x", a <= most * b)


def bounded(measure: str, unit: str, ours: float, most: float, sign: str = "") -> Figure:
    return Figure(measure, unit, ours, None, f"at most {sign}{most:g}", ours <= most)


class Echo:
    """The host that the cells of this benchmark call."""

    async def call(self, repl: int, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        return args[0]

    async def subtask(self, call: SubtaskCall, repl: Repl) -> None:
        raise NotImplementedError


class Stock:
    """A stock kernel, as jupyter_client's documentation drives one."""

    def __init__(self, manager: AsyncKernelManager, client: AsyncKernelClient) -> None:
        self.manager, self.client = manager, client

    async def run(self, code: str) -> list[str]:
        """Run a cell, wait for its reply and its idle; what it printed."""
        client: Any = self.client
        sent, printed = client.execute(code, store_history=False), list[str]()
        while (await client.get_shell_msg())["parent_header"].get("msg_id") != sent:
            pass
        while True:
            said = await client.get_iopub_msg()
            if said["parent_header"].get("msg_id") != sent:
                continue
            if said["msg_type"] == "stream":
                printed.append(said["content"]["text"])
            elif said["content"].get("execution_state") == "idle":
                return printed

    @property
    def pid(self) -> int:
        provisioner: Any = self.manager.provisioner
        return int(provisioner.pid)


@asynccontextmanager
async def stock_kernel() -> AsyncIterator[Stock]:
    manager = AsyncKernelManager(kernel_name="python3")
    await manager.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client: Any = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        yield Stock(manager, client)
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)


def our_kernel(isolation: Literal["auto", "none"] = "auto", output: Path | None = None) -> Any:
    echo = Function(name="echo", signature="(x)")
    return open_ipython(
        KernelOptions(calls=Echo(), functions=(echo,), isolation=isolation, output_folder=output)
    )


async def seconds(work: Callable[[], Awaitable[Any]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


def pss(pid: int) -> float:
    """Memory of a process in MB, shared pages counted in part."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"the system tells no PSS of {pid}")


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


async def memory(first: int = 2, further: int = 4) -> list[Figure]:
    """What further kernels that have imported numpy and pandas add to the PSS of all processes
    together, whatever they belong to; and the PSS of one of them, in which its part of what all
    share is counted as well."""
    added, one = list[float](), list[list[float]]()
    for kind in (memory_of_ours, memory_of_stock):
        async with AsyncExitStack() as stack:
            pids = [await kind(stack) for _ in range(first)]
            before = await settled()
            pids += [await kind(stack) for _ in range(further)]
            added.append((await settled() - before) / further)
            one.append([pss(pid) for pid in pids])
    label = "memory (PSS) that a further kernel adds, numpy, pandas"
    return [
        against(label, "MB", *([value] for value in added), 1 / 5),
        against(f"PSS of one of {first + further} such kernels", "MB", *one, 1 / 5),
    ]


async def memory_of_ours(stack: AsyncExitStack) -> int:
    kernel = await stack.enter_async_context(our_kernel())
    await kernel.execute(IMPORTS)
    return int(kernel.process.pid)


async def memory_of_stock(stack: AsyncExitStack) -> int:
    peer = await stack.enter_async_context(stock_kernel())
    await peer.run(IMPORTS)
    return peer.pid


async def settled() -> float:
    """PSS of all processes below this one, when those that are kept in reserve are there."""
    await asyncio.sleep(1)
    return sum(pss(process.pid) for process in psutil.Process().children(recursive=True))


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


class Peak:
    """How far this process grows meanwhile, in MB: by the system's own account of the most that
    was resident, which misses nothing."""

    def __enter__(self) -> Peak:
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew from here
        self._before = resident("VmRSS")
        return self

    def __exit__(self, *_: object) -> None:
        self.grown = resident("VmHWM") - self._before


def resident(which: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{which}:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise ValueError(f"the system does not tell {which}")


async def printing(megabytes: int) -> list[Figure]:
    """Memory of the host while a cell prints, and keeps what it printed in a file, as plans do."""
    figures = []
    for size in sorted({min(50, megabytes), megabytes}):
        with tempfile.TemporaryDirectory() as folder:
            async with our_kernel(output=Path(folder)) as kernel:
                await kernel.execute("print('warm')")
                with Peak() as peak:
                    spent = await seconds(
                        lambda k=kernel, n=size * 1_000: k.execute(PRINTING.format(n=n))  # type: ignore[misc]
                    )
        what = f"peak host memory while a cell prints {size:,} MB ({size / spent:.0f} MB/s)"
        figures.append(bounded(what, "MB", peak.grown, 20, "+"))
    return figures


async def branching(megabytes: int = 500) -> list[Figure]:
    """A second kernel with the same state, against pickling that state into one."""
    state = f"import numpy\na = numpy.ones({megabytes} * 125_000)"
    async with our_kernel() as kernel:
        branch = getattr(kernel, "branch", None)
        if branch is None:
            return []
        await kernel.execute(state)
        ours, stock = list[float](), list[float]()
        for _ in range(3):
            ours.append(1e3 * await seconds(lambda: answer_of_a(branch)))
            stock.append(1e3 * await seconds(lambda: pickled(state)))
    return [against(f"branch with {megabytes} MB of state", "ms", ours, stock, 0.1)]


async def answer_of_a(branch: Callable[[], Any]) -> None:
    made = branch()
    if hasattr(made, "__aenter__"):
        async with made as kernel:
            assert (await kernel.execute("a[0]")).error is None
        return
    kernel: Kernel = await made
    assert (await kernel.execute("a[0]")).error is None
    await kernel.close()


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
}


async def measure(args: argparse.Namespace) -> list[Figure]:
    figures = list[Figure]()
    for name in args.only or PARTS:
        made = await PARTS[name](args)
        figures += made if isinstance(made, list) else [made]
    return figures


def table(figures: list[Figure]) -> Table:
    shown = Table("measure", "unit", "ours", "peer", "ratio", "goal", "met")
    for f in figures:
        peer = ("", "") if f.stock is None else (f"{f.stock:.3g}", f"{f.ours / f.stock:.3g}x")
        shown.add_row(f.measure, f.unit, f"{f.ours:.3g}", *peer, f.goal, "yes" if f.met else "NO")
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="starts of each kind")
    parser.add_argument("--cells", type=int, default=200, help="cells of each kind")
    parser.add_argument("--printed", type=int, default=1000, help="MB that a cell prints")
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
