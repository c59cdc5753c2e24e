"""What the official engine says: `python transcripts.py stock|caches|drawn GAMES STEPS`."""

from __future__ import annotations

import json
import random
import sys
from typing import Any

from side_by_side import likely

from replplan.domain import Environment, Task
from replplan_domains.alfworld import ALFWorld, caches
from replplan_domains.alfworld.official_engine import OfficialEnvironment
from replplan_domains.alfworld.records import read_record

DOMAIN = ALFWorld()


def opened(task: Task, keep: bool) -> Environment:
    return OfficialEnvironment(read_record(task.data), caches=keep)


def said(environment: Environment, task: Task, steps: int) -> list[Any]:
    """Everything that the engine says to commands drawn at random."""
    rng = random.Random(task.id)
    told: list[Any] = [environment.reset()]
    legal: Any = ["look"]
    for _ in range(steps):
        command = likely(rng, legal) if rng.random() < 0.8 else rng.choice(legal)[:-1]
        transition = environment.step(command)
        told.append(transition.model_dump())
        legal = transition.info["admissible"]
    return told


def transcripts(keep: bool, games: int, steps: int) -> dict[str, Any]:
    told: list[Any] = []
    for task in DOMAIN.tasks("dev")[:games]:
        environment = opened(task, keep)
        told += said(environment, task, steps)
        environment.close()
    return {"caches": caches.are_installed(), "said": told}


def drawn(games: int) -> dict[str, Any]:
    """Drawn games along their plans, in both engines."""
    won, different = 0, list[str]()
    for task in DOMAIN.tasks("dev")[:games]:
        official, own = opened(task, keep=True), DOMAIN.open(task)
        plan: Any = task.data["walkthrough"]
        pairs = [(official.reset(), own.reset())]
        pairs += [(official.step(c), own.step(c)) for c in plan]  # type: ignore[misc]
        different += [task.id] if any(a != b for a, b in pairs) else []
        won += pairs[-1][0].terminated  # type: ignore[attr-defined]
        official.close()
    return {"won": won, "different": different}


if __name__ == "__main__":
    mode, count, length = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if mode == "drawn":
        print(json.dumps(drawn(count)))
    else:
        print(json.dumps(transcripts(mode == "caches", count, length)))
