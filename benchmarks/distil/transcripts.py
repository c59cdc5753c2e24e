"""Play training games with the teacher, in real kernels, and write what it read and wrote.

    uv run python benchmarks/distil/transcripts.py OUT.jsonl --official DIR --games 2400

A line is one session: `{"game", "session", "messages": [{"role", "content", "train"}]}`. What the
messages say of results, errors and tracebacks is what the product itself shows: these are the
prompts of real episodes, byte for byte. Games that are not won are left out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from distil.knowledge import Knowledge
from distil.teacher import Teacher
from replplan.domain import Task
from replplan.episode import Episode
from replplan.limits import Limits
from replplan.planner import ReplPlanner
from replplan.plugins import kernel_opener
from replplan.switches import Switches
from replplan_domains.alfworld import ALFWorld
from replplan_domains.alfworld.game import Game
from replplan_domains.alfworld.records import read_record

TRAIN = "train"  # the one split that is learnt from, of both kinds of games


@dataclass(frozen=True)
class Pupil:
    """How the games are played. The shares are those of games.

    Attributes:
        mistakes: in which a mistake is made in a session.
        flat: that are played without children.
        shown: that are played with demonstrations in the prompt.
    """

    seed: int = 0
    mistakes: float = 0.25
    flat: float = 0.08
    shown: float = 0.1


def games(official: Path | None, count: int) -> Iterator[tuple[ALFWorld, Task]]:
    """Training games, the official ones first."""
    for domain in [*([ALFWorld(data=official)] if official else []), ALFWorld()]:
        for task in domain.tasks(TRAIN)[:count]:
            yield domain, task


def learn(official: Path | None, count: int = 600) -> Knowledge:
    """Where things are in training games."""
    return Knowledge(Game.from_record(read_record(t.data)) for _, t in games(official, count))


async def play(
    domain: ALFWorld, task: Task, knowledge: Knowledge, how: Pupil
) -> list[dict[str, object]]:
    """The transcripts of one game; none if it is lost."""
    draw = random.Random(f"distil/{how.seed}/{task.id}")
    flat, shown = draw.random() < how.flat, draw.random() < how.shown
    teacher = Teacher(knowledge, draw, how.mistakes, children=not flat)
    switches = Switches(children=not flat, demonstrations=shown, hints="errors")
    planner = ReplPlanner(switches=switches)
    limits = Limits(turns=40, seconds=120)
    episode = Episode(domain, task, teacher, kernel_opener(), planner=planner, limits=limits)
    result = await episode.run()
    if not result.solved:
        print(f"{task.id} lost: {task.goal} {result.stop_reason} {result.error}", file=sys.stderr)
        return []
    return [
        {"game": task.id, "session": session, "messages": messages}
        for session, messages in teacher.transcripts.items()
    ]


async def write(args: argparse.Namespace) -> None:
    """Play all games, so many at a time, and write what is won as it comes."""
    knowledge, todo = learn(args.official), games(args.official, args.games)
    lost = done = 0
    with args.out.open("w") as out:

        async def work() -> None:
            nonlocal lost, done
            for domain, task in todo:
                rows = await play(domain, task, knowledge, Pupil(args.seed))
                out.writelines(json.dumps(row) + "\n" for row in rows)
                lost, done = lost + (not rows), done + 1
                if done % 100 == 0:
                    print(f"{done} games, {lost} lost", file=sys.stderr, flush=True)

        async with asyncio.TaskGroup() as group:
            for _ in range(args.jobs):
                group.create_task(work())
    print(f"{done} games, {lost} lost", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--official", type=Path, help="a folder of official games; train is read")
    parser.add_argument("--games", type=int, default=2400)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0, help="of the mistakes")
    asyncio.run(write(parser.parse_args()))


if __name__ == "__main__":
    main()
