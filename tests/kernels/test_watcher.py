"""The host's side of the kernel's thread that is told which cell is to be stopped."""

from __future__ import annotations

import asyncio

from replplan.kernel import KernelOptions
from replplan_kernels.ipython import open_ipython
from replplan_kernels.stopping import Watcher


class Silent:
    """A connection that never says anything."""

    def send(self, frame):
        pass


async def test_who_waits_for_its_word_waits_no_more_when_it_is_gone(patient):
    watcher, connection = Watcher(), Silent()
    watcher.take(connection, {"watch": 1})
    told = asyncio.create_task(watcher.tell("a cell", "why", force=False))
    await asyncio.sleep(0)
    watcher.lost(connection)
    assert await asyncio.wait_for(told, 30) is None


async def test_who_looks_at_a_kernel_at_the_same_time_as_another_sees_it_too(patient):
    async with open_ipython(KernelOptions()) as kernel:
        await kernel.execute("x = 1")
        seen = await asyncio.wait_for(asyncio.gather(*[kernel.variables() for _ in range(3)]), 30)
    assert [[v.name for v in variables] for variables in seen] == [["x"]] * 3
