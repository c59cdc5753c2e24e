"""Time limits that fall when a test says so, however slow the machine is."""

from __future__ import annotations

import asyncio
from unittest.mock import patch

from replplan_kernels import stopping

STUCK = """
import os
from collections import deque
from itertools import chain, repeat
deque(chain(map(os.mkdir, [{!r}]), repeat(0)), maxlen=0)
"""
"""Runs no Python once that folder is there, and so cannot be stopped."""

ENOUGH = 60
SOON = LIMIT = 0.3
BUSY = "while True: x = len('a')"


async def begins(cell, folder):
    """Wait until a cell is stuck."""
    async with asyncio.timeout(ENOUGH):
        while not (folder / "begun").exists():
            assert not cell.done(), cell
            await asyncio.sleep(0.01)
    (folder / "begun").rmdir()


async def stuck(kernel, folder, before=""):
    """What comes of a cell at its time limit that nothing can stop by then."""
    cell = f"{before}\n{STUCK.format(str(folder / 'begun'))}"
    running = asyncio.create_task(kernel.execute(cell, timeout=ENOUGH))
    await begins(running, folder)
    with patch.object(stopping, "_LADDER_SECONDS", 1):
        leave(kernel.root.run, 0)
        return await asyncio.wait_for(running, ENOUGH)


def leave(run, seconds):
    """Leave a cell that is under way so much of its time."""
    with run.clock.paused():
        run.clock.left = seconds


def falls(kernel):
    """For `on_output`: the time of the root's cell is up soon after it has first printed."""
    heard = []

    def on_output(text):
        if not heard:
            leave(kernel.root.run, SOON)
        heard.append(text)

    return on_output
