"""What a kernel runs first, and how what must not be broken off is waited for."""

from __future__ import annotations

import asyncio
from pathlib import Path


async def to_its_end(task: asyncio.Task[None]) -> None:
    """Wait for a task also where that is cancelled meanwhile; the cancelling comes after it."""
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            cancelled = True
    task.result()
    if cancelled:
        raise asyncio.CancelledError


def bootstrap(options: str) -> str:
    """The code that makes a stock kernel ours, given the options of `install`."""
    root = str(Path(__file__).parent.parent)
    return (
        f"import sys; sys.path.insert(0, {root!r})\n"
        "from replplan_kernels.inside.install import install\n"
        f"sys.path.remove({root!r}); install({options!r}); del sys, install"
    )
