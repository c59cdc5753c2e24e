"""What replplan itself costs a turn, and whether that grows with the plan.

    uv run python benchmarks/steps.py [--turns 1000] [--plans 8] [--json]

A scripted model writes a small cell each turn; the cell runs in a real kernel. The time between a
reply and the next request is ours: reading the reply, running the cell, building the prompt,
telling the trace. Around each request stands the model, whose time is not counted.

The figures at a turn come from several plans of 250 turns. Wall time is that of host and kernel
together; host time is processor time of this process alone, which other work on the machine
disturbs less. One long plan gives the memory.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import tempfile
import time
from pathlib import Path

from replplan.episode import Episode
from replplan.limits import Limits
from replplan.model import Completion, Message, OnText, Request
from replplan.plugins import domain_class, kernel_opener
from replplan.trace import TraceWriter

NEAR = 5
"""Turns on either side that a figure "at turn n" is the median of, over all plans."""

SHORT = 250


class Metronome:
    """A model that writes the same kind of cell every turn and takes the time."""

    name, context, sees, taught = "metronome", None, False, False

    def __init__(self, turns: int) -> None:
        self.turns = turns
        self.wall, self.host = list[float](), list[float]()
        self.left = (0.0, 0.0)
        self.repeated: list[float] = []
        self.memory: list[float] = []
        self.before: tuple[Message, ...] = ()

    async def complete(self, request: Request, on_text: OnText | None = None) -> Completion:
        if self.left[0]:
            self.wall.append(time.perf_counter() - self.left[0])
            self.host.append(time.process_time() - self.left[1])
        self.memory.append(resident())
        self.repeated.append(share(self.before, request.messages))
        self.before = request.messages
        turn = len(self.wall)
        done = turn + 1 >= self.turns
        text = "answer(1)" if done else f"x = {turn}\nprint('line', x, 'of the output')"
        self.left = time.perf_counter(), time.process_time()
        return Completion(text=f"```python\n{text}\n```")

    async def close(self) -> None:
        pass


def share(before: tuple[Message, ...], now: tuple[Message, ...]) -> float:
    """How much of a prompt, in characters, repeats the beginning of the one before."""
    same = 0
    for a, b in zip(before, now, strict=False):
        if a != b:
            break
        same += len(a.content)
    return same / sum(len(m.content) for m in now)


def resident() -> float:
    """Memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


async def play(turns: int) -> Metronome:
    """One plan, with a trace."""
    model = Metronome(turns)
    domain = domain_class("notebook")(goal="count")  # type: ignore[call-arg]
    limits = Limits(turns=None, model_calls=None, seconds=None)
    (task,) = domain.tasks("goal")
    with (
        tempfile.TemporaryDirectory() as folder,
        TraceWriter(Path(folder) / "trace.jsonl") as writer,
    ):
        episode = Episode(domain, task, model, kernel_opener(), limits=limits, sinks=(writer,))
        result = await episode.run()
    assert result.answer == 1, result
    return model


async def measure(turns: int, plans: int) -> dict[str, float]:
    short = [await play(SHORT) for _ in range(plans)]
    long = await play(turns)
    wall, host = [m.wall for m in short], [m.host for m in short]
    return {
        "turns": turns,
        "plans": plans,
        "ms a turn, median": 1e3 * statistics.median(long.wall),
        "ms of the host at turn 10": 1e3 * at(host, 10),
        "ms of the host at turn 200": 1e3 * at(host, 200),
        "turn 200 / turn 10, host": at(host, 200) / at(host, 10),
        "turn 200 / turn 10, wall": at(wall, 200) / at(wall, 10),
        "share of a prompt that repeats, 60 turns": statistics.fmean(long.repeated[1:61]),
        "MB from turn 100 to the end": long.memory[-1] - long.memory[min(100, turns - 1)],
    }


def at(plans: list[list[float]], turn: int) -> float:
    """The median of a turn and those near to it, in all plans."""
    return statistics.median(gap for gaps in plans for gap in gaps[turn - NEAR : turn + NEAR])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--turns", type=int, default=1000, help="of the long plan")
    parser.add_argument("--plans", type=int, default=8, help="short ones")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    figures = asyncio.run(measure(max(args.turns, 250), args.plans))
    if args.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"{k:42} {v:8.3f}" for k, v in figures.items()))


if __name__ == "__main__":
    main()
