"""An hour of games with the embedded model, children killed now and then: what is left behind?

    uv run python benchmarks/soak.py [--games 24] [--minutes 60] [--json]

One host plays games of the `test` split, each at its time. In every third one a process is killed
a few seconds in: the kernel, the world, the model or the warm process that kernels are forked
from, by turns. That game may be lost; the next one must find a sound host. After each game this
process's memory, descriptors, threads, children and temporary files are counted, when all that a
game has is let go of. The exit code is 1 where the last third of the games has more of anything
than the first third had when all had been used once (memory: more than 5 MB), or where a game
without a kill failed.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import psutil

from replplan.domain import Domain, Task
from replplan.episode import Episode, EpisodeResult
from replplan.limits import Limits
from replplan.model import Model
from replplan.models import make_model
from replplan.plugins import kernel_opener, make_domain
from replplan.trace import TraceWriter

LIMITS = Limits(actions=50, turns=40, seconds=240)
SOME_MB = 5.0
"""What memory may differ by."""
WARM = 3
"""Games until everything has been used once."""
WAIT, TRIES = 3.0, 20
"""Seconds into a game after which it is looked for what is to be killed, and how often."""
KINDS = {
    "kernel": "replplan_kernels.zygote.server",
    "world": "replplan.world_process",
    "model": "serve.py",
    "zygote": "replplan_kernels.zygote.server",
}
"""The kinds of processes that are killed, and what stands in their command lines."""


@dataclass(frozen=True)
class Left:
    """What this process holds: memory in MB, and how many of each."""

    memory: float
    descriptors: int
    threads: int
    children: int
    files: int

    @classmethod
    def now(cls) -> Left:
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return cls(
            memory=pages * resource.getpagesize() / 1e6,
            descriptors=len([*Path("/proc/self/fd").iterdir()]),
            threads=threading.active_count(),
            children=len(psutil.Process().children(recursive=True)),
            files=sum(1 for _ in Path(tempfile.gettempdir()).rglob("*")),
        )


@dataclass(frozen=True)
class Played:
    """One game: what was killed in it, how it ended, what is left after it."""

    task: str
    killed: str | None
    ending: str
    error: str | None
    solved: bool
    left: Left


def victims(kind: str) -> list[psutil.Process]:
    """The living children of a kind; of those that share a program, kernels are the forks."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if KINDS[kind] in " ".join(child.cmdline()):
                found.append(child)
    servers = {child.pid for child in found}
    forked = [child for child in found if child.ppid() in servers]
    if kind == "kernel":
        return forked
    return [child for child in found if child not in forked]


async def kill(kind: str) -> None:
    """Kill what there is of that kind, some seconds from now."""
    for _ in range(TRIES):
        await asyncio.sleep(WAIT)
        if found := victims(kind):
            break
    for child in found:
        with suppress(psutil.NoSuchProcess):
            child.kill()


async def play(domain: Domain, task: Task, model: Model, trace: Path) -> EpisodeResult:
    with TraceWriter(trace) as writer:
        episode = Episode(
            domain=domain,
            task=task,
            model=model,
            open_kernel=kernel_opener(),
            limits=LIMITS,
            sinks=(writer,),
            trace=str(trace),
        )
        return await episode.run()


async def game(domain: Domain, task: Task, model: Model, killed: str | None) -> Played:
    """One game; its traces go."""
    with tempfile.TemporaryDirectory() as folder:
        killing = asyncio.create_task(kill(killed)) if killed else None
        result = await play(domain, task, model, Path(folder, "trace.jsonl"))
        if killing:
            killing.cancel()
            await asyncio.gather(killing, return_exceptions=True)
    return Played(
        task.id, killed, result.stop_reason, result.error, bool(result.solved), Left.now()
    )


async def soak(games: int, minutes: float) -> list[Played]:
    domain, kinds, played = make_domain("alfworld", {}), cycle(KINDS), list[Played]()
    model = make_model("local", adapters=domain.adapters)
    began, every = time.monotonic(), 60 * minutes / games
    try:
        for number, task in enumerate(islice(cycle(domain.tasks("test")), games)):
            await asyncio.sleep(max(0.0, began + number * every - time.monotonic()))
            killed = next(kinds) if number >= WARM and number % 3 == 0 else None
            played.append(await game(domain, task, model, killed))
            print(json.dumps(asdict(played[-1])), file=sys.stderr, flush=True)
    finally:
        await model.close()
    return played


def faults(played: list[Played]) -> Iterator[str]:
    """What is not as it should be."""
    for one in played:
        if one.ending == "failed" and not one.killed:
            yield f"{one.task} failed: {one.error}"
    third = max(1, len(played) // 3)
    early, late = played[WARM - 1 : WARM + third], played[-third:]
    for what in Left.__dataclass_fields__:
        before = max(getattr(p.left, what) for p in early)
        after = statistics.median(getattr(p.left, what) for p in late)
        if after > before + (SOME_MB if what == "memory" else 0):
            yield f"{what} grew from {before:g} to {after:g}"


def summary(played: list[Played], minutes: float) -> dict[str, Any]:
    return {
        "games": len(played),
        "minutes": round(minutes, 1),
        "solved": sum(p.solved for p in played),
        "killed": {kind: sum(p.killed == kind for p in played) for kind in KINDS},
        "after_warm_up": asdict(played[min(WARM, len(played)) - 1].left),
        "at_the_end": asdict(played[-1].left),
        "faults": list(faults(played)),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--games", type=int, default=24)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        tempfile.tempdir = os.environ["TMPDIR"] = folder  # its own: others leave files as well
        began = time.monotonic()
        played = asyncio.run(soak(args.games, args.minutes))
        found = summary(played, (time.monotonic() - began) / 60)
    if args.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name}: {value}")
    return 1 if found["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
