"""Endpoints that play household games, and `replplan eval` as its users start it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from commands import environment
from endpoint import Endpoint, Told
from plans import cell

from replplan.evaluate import EpisodeLine, read_lines
from replplan_domains.alfworld import ALFWorld
from replplan_domains.alfworld.game import Game
from replplan_domains.alfworld.records import read_record
from replplan_domains.alfworld.solve import solve


class Player:
    """Knows how the first games of `dev` are won; answers whoever plays one of them.

    It takes one action a turn, and gives up on games of the kinds in `loses`.
    """

    def __init__(self, games: int, loses: tuple[str, ...] = ()) -> None:
        domain, self.plans = ALFWorld(), {}
        for task in domain.tasks("dev")[:games]:
            lost = domain.kind(task) in loses
            plan = () if lost else solve(Game.from_record(read_record(task.data)))
            self.plans[domain.open(task).reset()] = (task.id, plan)
        self.played: list[str] = []

    def __call__(self, body: dict[str, Any]) -> Told:
        told = [m["content"] for m in body["messages"]]
        at, (task, plan) = next(
            (n, known)
            for n, text in reversed(list(enumerate(told)))
            for observation, known in self.plans.items()
            if observation in text
        )
        turn = sum(m["role"] == "assistant" for m in body["messages"][at:])
        self.played += [task] if turn == 0 else []
        if turn >= len(plan):
            return cell("answer('I give up')")
        return cell(f"print(act({plan[turn]!r}))")


def command(*args: object) -> list[str]:
    """What starts it."""
    return [sys.executable, "-m", "replplan", "eval", *map(str, args)]


def evaluate(folder: Path, endpoint: Endpoint, *args: object) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(
        command(*args),
        cwd=folder,
        env=environment(folder / "home", endpoint),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )


def start(folder: Path, endpoint: Endpoint, *args: object) -> subprocess.Popen[str]:
    """Start it, with its lines to be read as they come."""
    return subprocess.Popen(
        command(*args),
        cwd=folder,
        env=environment(folder / "home", endpoint),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def lines(run: Path) -> list[EpisodeLine]:
    """The lines of a run, every one of them whole."""
    found = list(read_lines(run))
    assert all(isinstance(line, EpisodeLine) for line in found)
    return found  # type: ignore[return-value]


def table(run: Path) -> dict[tuple[str, int, str], tuple[Any, ...]]:
    """What a run found out, without what depends on the clock."""
    found = lines(run)
    rows = {
        (line.task, line.seed, line.method): (
            line.score,
            line.solved,
            line.stop_reason,
            line.usage.turns,
            line.usage.actions,
            line.usage.sessions,
            line.usage.output_tokens,
            json.dumps(line.answer),
        )
        for line in found
    }
    assert len(rows) == len(found), "an episode was played twice"
    return rows
