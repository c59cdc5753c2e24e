"""Play many household games with one model and count.

    uv run python benchmarks/games.py --games 50                     # the embedded model
    uv run python benchmarks/games.py --games 50 --model NAME --base-url URL --json

Prints games won by type, and what a turn costs beside the model: the time between a model's reply
and the next request of the same plan, in which the cell runs and the world answers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
from collections import Counter
from dataclasses import dataclass, field

from replplan.episode import Episode, EpisodeResult
from replplan.events import CellStarted, Event, ModelCalled, ModelReplied, PlanStarted
from replplan.limits import Limits
from replplan.models import make_model
from replplan.plugins import kernel_opener, make_domain


@dataclass
class Clock:
    """A sink that takes the times between events."""

    first_cell: list[float] = field(default_factory=list)
    turns: list[float] = field(default_factory=list)
    began: float = 0.0
    replied: float = 0.0
    model: float = 0.0
    asked: float = 0.0

    def __call__(self, event: Event) -> None:
        if isinstance(event, PlanStarted):
            self.began, self.replied, self.model = event.time, 0.0, 0.0
        elif isinstance(event, ModelCalled):
            if self.replied:
                self.turns.append(event.time - self.replied)
            self.asked = event.time
        elif isinstance(event, ModelReplied):
            self.replied = event.time
            self.model += event.time - self.asked
        elif isinstance(event, CellStarted) and self.began:
            self.first_cell.append(event.time - self.began - self.model)
            self.began = 0.0


async def play(args: argparse.Namespace) -> tuple[list[EpisodeResult], Clock]:
    domain = make_domain("alfworld", {"data": args.data} if args.data else {})
    tasks = domain.tasks(args.split)[: args.games]
    model, clock = make_model(args.model, args.base_url), Clock()
    results = []
    try:
        for task in tasks:
            episode = Episode(
                domain,
                task,
                model,
                kernel_opener(),
                limits=Limits(turns=args.turns),
                sinks=(clock,),
            )
            results.append(await episode.run())
            done, last = len(results), results[-1]
            won = sum(bool(r.solved) for r in results)
            print(f"{done}/{len(tasks)} {task.id}: {last.stop_reason}, won {won}", file=sys.stderr)
    finally:
        await model.close()
    return results, clock


def table(results: list[EpisodeResult], clock: Clock) -> dict[str, object]:
    kinds = Counter(r.task.rsplit("-", 1)[-1] for r in results)
    won = Counter(r.task.rsplit("-", 1)[-1] for r in results if r.solved)
    return {
        "model": results[0].model,
        "games": len(results),
        "won": sum(won.values()),
        "won by type": {k: f"{won[k]}/{n}" for k, n in sorted(kinds.items())},
        "stop reasons": dict(Counter(r.stop_reason for r in results)),
        "median seconds a game": round(statistics.median(r.usage.seconds for r in results), 1),
        "median model calls": statistics.median(r.usage.model_calls for r in results),
        "median tokens": statistics.median(r.usage.tokens for r in results),
        "sessions": sum(r.usage.sessions for r in results),
        "ms a turn beside the model, median": round(1e3 * statistics.median(clock.turns or [0]), 1),
        "s to the first cell beside the model": round(statistics.median(clock.first_cell), 3)
        if clock.first_cell
        else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--games", type=int, default=50)
    parser.add_argument("--split", default="dev")
    parser.add_argument("--turns", type=int, default=60)
    parser.add_argument("--model")
    parser.add_argument("--base-url")
    parser.add_argument("--data")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = table(*asyncio.run(play(args)))
    if args.json:
        print(json.dumps(rows))
    else:
        print("\n".join(f"{k:38} {v}" for k, v in rows.items()))


if __name__ == "__main__":
    main()
