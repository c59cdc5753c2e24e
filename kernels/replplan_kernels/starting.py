"""What a kernel runs first, and how what must not be broken off is waited for."""

from __future__ import annotations

import asyncio
import base64
import json
import zlib
from pathlib import Path
from typing import Any


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


def bootstrap(options: dict[str, Any]) -> str:
    """The code that makes a kernel on this machine ours, given the options of `install`."""
    root = str(Path(__file__).parent.parent)
    return (
        f"import sys; sys.path.insert(0, {root!r})\n"
        "from replplan_kernels.inside.install import install\n"
        f"sys.path.remove({root!r}); install({json.dumps(options)!r}); del sys, install"
    )


def shipped(options: dict[str, Any]) -> str:
    """The same for one on another machine: the code brings all that it needs along."""
    folder = Path(__file__).parent
    files = [*sorted(folder.glob("inside/*.py")), folder / "output.py"]
    names = [file.relative_to(folder).with_suffix("").as_posix() for file in files]
    sources = {n: file.read_text("utf-8") for n, file in zip(names, files, strict=True)}
    packed = base64.b85encode(zlib.compress(json.dumps(sources).encode())).decode()
    return (
        "def _replplan(packed, options):\n"
        "    import base64, json, zlib\n"
        "    sources, space = json.loads(zlib.decompress(base64.b85decode(packed))), {}\n"
        "    exec(sources['inside/shipping'], space); space['unpack'](sources)\n"
        "    from replplan_kernels.inside.install import install\n"
        "    install(options)\n"
        f"_replplan({packed!r}, {json.dumps(options)!r}); del _replplan"
    )
