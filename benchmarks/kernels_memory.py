"""What kernels take of memory, and what their output takes of the host's."""

from __future__ import annotations

import asyncio
import gc
import os
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from kernels_figures import Figure, against, bounded
from kernels_subjects import IMPORTS, our_kernel, seconds, stock_kernel

PRINTING = "line = 'x' * 999\nfor _ in range({n}):\n    print(line)"


def pss(pid: int) -> float:
    """Memory of a process in MB, shared pages counted in part."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"the system tells no PSS of {pid}")


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


async def many(count: int) -> list[Figure]:
    """So many live kernels of one host: from the first to the last reply, and what all processes,
    the host's among them, take together."""
    async with AsyncExitStack() as stack:

        async def one() -> None:
            kernel = await stack.enter_async_context(our_kernel())
            assert (await kernel.execute("1 + 1")).value == "2"

        await one()  # starts the zygote
        spent = await seconds(lambda: asyncio.gather(*[one() for _ in range(count - 1)]))
        taken = (pss(os.getpid()) + await settled()) / 1000
    return [
        bounded(f"from none to {count} live kernels", "s", spent, 3),
        bounded(f"memory (PSS) of {count} live kernels and their host", "GB", taken, 1.5),
    ]


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
