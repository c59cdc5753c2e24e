"""What the embedded model is taught: the teacher wins by what a player sees, and never cheats."""

from __future__ import annotations

import hashlib
import json
import random
import sys
from itertools import islice
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

from distil.cells import read_goal
from distil.knowledge import Knowledge
from distil.teacher import Teacher
from distil.transcripts import Pupil, games, play
from replplan.domain import Task
from replplan_domains.alfworld import ALFWorld
from replplan_domains.alfworld.engine import Play
from replplan_domains.alfworld.game import Game
from replplan_domains.alfworld.records import read_record

LEARNT = 1100
"""Of our own games, so many were the first that the shipped adapter was taught with."""
EXAMPLE = Path(__file__).parent / "transcript.json"


def game(task: Task) -> Game:
    return Game.from_record(read_record(task.data))


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return Knowledge(game(t) for t in ALFWorld().tasks("train")[:120])


def room(task: Task) -> str:
    """The hash of a room with all that is in it."""
    data = [task.data[name] for name in ("objects", "receptacles", "locations", "init")]
    return hashlib.sha256(json.dumps(data).encode()).hexdigest()


def rooms(domain: ALFWorld, *splits: str) -> set[str]:
    return {room(task) for split in splits for task in domain.tasks(split)}


def test_it_learns_from_no_room_that_is_in_a_measured_game():
    """Whatever its task is there."""
    learnt = {room(task) for _, task in games(None, LEARNT)}
    assert len(learnt) == LEARNT
    assert not learnt & rooms(ALFWorld(), "dev", "test")


def test_nor_from_an_official_one(data_folder):
    official = ALFWorld(data=data_folder / "alfworld")
    learnt = {room(task) for _, task in islice(games(official.data, 402), 402)}
    assert len(learnt) == 402
    assert not learnt & rooms(official, *(set(official.splits()) - {"train"}))


def test_it_knows_where_things_are_from_training_games(knowledge):
    assert knowledge.likely("tomato")
    assert knowledge.likely("no such thing") == []


@pytest.mark.parametrize("number", range(60))
def test_every_sentence_of_a_task_is_read(number):
    drawn = ALFWorld().tasks("train")[number]
    goal, world = read_goal(Play.start(game(drawn)).opening), game(drawn)
    assert (goal.thing, goal.target) == (world.thing, world.target)
    assert (goal.count, goal.lamp) == (world.kind.needed, world.kind.needs_light)
    assert goal.verb == (world.kind.treatment and world.kind.treatment.verb)


@pytest.mark.slow
@pytest.mark.parametrize("flat", [0.0, 1.0])
async def test_it_wins_each_kind_of_task_with_and_without_mistakes(knowledge, flat):
    tasks = {t.data["type"]: t for t in ALFWorld().tasks("dev")[:20]}
    assert len(tasks) == 6
    for mistakes in (0.0, 1.0):
        how = Pupil(mistakes=mistakes, flat=flat, shown=0.0)
        for task in tasks.values():
            rows = await play(ALFWorld(), task, knowledge, how)
            assert rows, f"lost {task.goal}, mistakes {mistakes}"
            learnt = [m["train"] for r in rows for m in r["messages"] if m["role"] == "assistant"]
            assert any(learnt)
            assert mistakes or all(learnt)


@pytest.mark.slow
async def test_what_the_shipped_adapter_was_taught_is_what_a_plan_shows_today(knowledge):
    """A change of a prompt, a traceback or a world's words spoils the adapter: it must not pass."""
    recorded = json.loads(EXAMPLE.read_text())
    task = ALFWorld().task(recorded["game"])
    how = Pupil(recorded["seed"], mistakes=1.0, flat=0.0, shown=0.0)
    rows = await play(ALFWorld(), task, _Recorded(recorded["likely"]), how)
    assert {r["session"]: r["messages"] for r in rows} == recorded["sessions"]


class _Recorded(Knowledge):
    """What was known when the transcript was made."""

    def __init__(self, likely: dict[str, list[str]]) -> None:
        self._likely = likely

    def likely(self, thing: str) -> list[str]:
        return self._likely[thing]


async def test_a_teacher_opens_nothing_it_was_not_shown(knowledge):
    """It is a `Model`: all that it is given are requests."""
    teacher = Teacher(knowledge, random.Random(0))
    assert not hasattr(teacher, "domain")
    assert not hasattr(teacher, "task")
