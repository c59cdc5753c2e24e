"""What a step of ALFWorld costs in our engine and in the official one, in one run.

    uv run --extra alfworld python benchmarks/engines.py [--games 6] [--json]

Both engines play the same drawn games by the same commands, and have to say the same. A step is
`Environment.step`, with the list of admissible commands; loading a game and its reset are timed
apart. The official engine runs as `--engine official` has it, with its caches, or without.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from replplan.domain import Environment, Task
from replplan_domains.alfworld import ALFWorld
from replplan_domains.alfworld.official_engine import OfficialEnvironment
from replplan_domains.alfworld.records import read_record

DOMAIN = ALFWorld()


@dataclass
class Times:
    """Seconds that one engine took."""

    load: list[float] = field(default_factory=list)
    reset: list[float] = field(default_factory=list)
    step: list[float] = field(default_factory=list)

    def figures(self, name: str) -> dict[str, float]:
        return {
            f"{name}: ms to load a game": 1e3 * statistics.median(self.load),
            f"{name}: us a reset": 1e6 * statistics.median(self.reset),
            f"{name}: us a step, mean": 1e6 * statistics.fmean(self.step),
            f"{name}: us a step, median": 1e6 * statistics.median(self.step),
        }


def timed(seconds: list[float], work: Callable[..., Any], *args: Any) -> Any:
    start = time.perf_counter()
    result = work(*args)
    seconds.append(time.perf_counter() - start)
    return result


def both(task: Task, steps: int, caches: bool, times: tuple[Times, Times]) -> None:
    """Play a game in both engines, by commands drawn at random."""

    def official() -> Environment:
        return OfficialEnvironment(read_record(task.data), caches=caches, actions=steps + 1)

    ours = ALFWorld(actions=steps + 1)
    worlds = timed(times[0].load, ours.open, task), timed(times[1].load, official)
    texts = [timed(t.reset, w.reset) for w, t in zip(worlds, times, strict=True)]
    rng, command = random.Random(task.id), "look"
    for _ in range(steps):
        said = [timed(t.step, w.step, command) for w, t in zip(worlds, times, strict=True)]
        texts += said
        if texts[-1] != texts[-2]:
            raise SystemExit(f"{task.id}: the engines differ at {command!r}")
        command = rng.choice(said[0].info["admissible"])
    worlds[1].close()


def measure(games: int, steps: int, caches: bool) -> dict[str, float]:
    both(DOMAIN.tasks("train")[0], 5, caches, (Times(), Times()))  # imports, a first parse
    own, official = Times(), Times()
    for task in DOMAIN.tasks("dev")[:games]:
        both(task, steps, caches, (own, official))
    ratio = statistics.median(own.step) / statistics.median(official.step)
    counts = {"games": games, "steps": len(own.step), "with caches": caches}
    return (
        counts
        | own.figures("own")
        | official.figures("official")
        | {"own / official, median step": ratio}
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--games", type=int, default=6)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--no-caches", action="store_true", help="the engine as upstream has it")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    figures = measure(args.games, args.steps, not args.no_caches)
    if args.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"{k:32} {v:12.5g}" for k, v in figures.items()))


if __name__ == "__main__":
    main()
