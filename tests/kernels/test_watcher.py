"""The host's side of the kernel's thread that is told which cell is to be stopped."""

from __future__ import annotations

import asyncio

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
