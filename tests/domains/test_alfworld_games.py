"""The games that are drawn: the same for ever, all different, and all to be won."""

import itertools
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kitchen import begun

from replplan.domain import Transition
from replplan.errors import ConfigError, DomainError
from replplan_domains.alfworld import ALFWorld
from replplan_domains.alfworld.domain import DEMONSTRATED

DOMAIN = ALFWorld()
KINDS = ("pick", "look", "clean", "heat", "cool", "two")


def content(task):
    """What a player meets in a game, whatever its things are called inside."""
    game = begun(task).game
    places = {at: i for i, at in enumerate(dict.fromkeys(game.place.values()))}
    return (
        game.task,
        tuple((r, places[at]) for r, at in game.place.items()),
        game.start.inside,
        tuple(sorted(game.start.cool)),
    )


def test_the_splits():
    assert DOMAIN.default_split in DOMAIN.splits()
    assert {s: len(DOMAIN.tasks(s)) for s in DOMAIN.splits()} == {
        "train": 3000,
        "dev": 120,
        "test": 240,
    }


def test_a_split_is_a_sequence():
    tasks = DOMAIN.tasks("dev")
    assert tasks[-1] == tasks[119]
    assert [t.id for t in tasks[3:20:8]] == ["dev-0003-heat", "dev-0011-pick", "dev-0019-look"]
    assert len(tasks[100:]) == len(list(tasks[100:])) == 20
    assert tasks[100:][0] == tasks[100]
    with pytest.raises(IndexError):
        tasks[120]


def test_an_id_finds_its_task():
    for split, number in itertools.product(DOMAIN.splits(), (0, 7, 119)):
        task = DOMAIN.tasks(split)[number]
        assert re.fullmatch(rf"{split}-{number:04}-({'|'.join(KINDS)})", task.id)
        assert DOMAIN.task(task.id) == task


@pytest.mark.parametrize(
    "name",
    ["", "dev", "dev-0000", "dev-0000-heat", "dev-0120-pick", "dev-0-pick", "dev--001-two",
     "other-0000-pick", "dev-0000-pick ", "dev-٠٠٠٠-pick"],
)  # fmt: skip
def test_an_unknown_id_is_a_key_error(name):
    with pytest.raises(KeyError):
        DOMAIN.task(name)


def test_an_unknown_split_is_named_with_those_there_are():
    with pytest.raises(ConfigError, match=r"'valid'.*train, dev, test"):
        DOMAIN.tasks("valid")


DIGEST = """
import hashlib, json
from replplan_domains.alfworld import ALFWorld
domain = ALFWorld()
tasks = [domain.tasks(split)[i] for split in domain.splits() for i in range(6)]
text = json.dumps([task.model_dump(mode="json") for task in tasks], sort_keys=True)
print(hashlib.sha256(text.encode()).hexdigest()[:16])
"""


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_games_are_the_same_for_ever(hash_seed):
    """Golden: a change here makes every number that was ever measured incomparable."""
    env = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", DIGEST], env=env, capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("81a45bfd4d24737a", "")


def test_every_plan_wins_and_a_task_says_all():
    for task in [*DOMAIN.tasks("dev"), *DOMAIN.tasks("test"), *DOMAIN.tasks("train")[:240]]:
        plan = task.data["walkthrough"]
        env = DOMAIN.open(type(task).model_validate_json(task.model_dump_json()))
        assert env.reset().endswith(f"Your task is to: {task.goal}.")
        *before, last = [env.step(action) for action in plan]
        assert not any(t.terminated or t.observation == "Nothing happens." for t in before)
        assert last.terminated, task.id
        assert DOMAIN.score(task, last, None).solved


@pytest.mark.slow
def test_no_game_is_in_two_splits_or_twice():
    seen = {}
    for split in DOMAIN.splits():
        for task in DOMAIN.tasks(split):
            twin = seen.setdefault(content(task), task.id)
            assert twin == task.id
    for name in DEMONSTRATED.ids:
        assert content(DOMAIN.task(name)) not in seen


def test_games_have_the_traps_of_the_official_ones():
    plays = [begun(task) for task in DOMAIN.tasks("dev")]
    shared = [p for p in plays if any(len(rs) > 1 for rs in p.game.here.values())]
    twice = [p for p in plays if len(p.state.near) < sum(map(len, p.state.inside))]
    assert len(shared) > 60
    assert twice
    assert any(p.state.cool for p in plays)
    assert any(p.game.vessels for p in plays)
    wordings = {p.game.task.split()[0] for p in plays}
    assert wordings == {"put", "look", "examine", "clean", "heat", "cool", "find"}


def test_no_game_is_won_at_its_start():
    assert not any(begun(task).won for task in DOMAIN.tasks("test"))


@given(st.integers(0, 2999))
def test_any_game_of_train_can_be_drawn_alone(number):
    task = DOMAIN.tasks("train")[number]
    assert DOMAIN.task(task.id) == task
    assert task.data["id"] == task.id


def test_score():
    task = DOMAIN.tasks("dev")[0]
    assert not DOMAIN.score(task, Transition(observation="", reward=0), None).solved
    unplayed = DOMAIN.score(task, None, None)
    assert (unplayed.value, unplayed.solved) == (0, False)


def test_the_domain_travels():
    task = DOMAIN.tasks("dev")[0]
    other = pickle.loads(pickle.dumps(ALFWorld(strict=True, actions=3)))
    assert (other.strict, other.actions) == (True, 3)
    assert other.open(task).reset() == DOMAIN.open(task).reset()


def test_a_planner_is_told_enough_in_few_words():
    text = ALFWorld(actions=30).description
    assert len(text.split()) <= 180
    for word in ("move X to R", "30 commands", "Nothing happens.", "examine R", "microwave"):
        assert word in text


def test_no_actions_is_no_game():
    with pytest.raises(ConfigError, match="actions is 0"):
        ALFWorld(actions=0)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"init": ["flies o0"]}, "unknown predicate 'flies'"),
        ({"init": ["pickupable o9999"]}, "'o9999' is none"),
        ({"init": ["atLocation agent1"]}, "lacks an argument"),
        ({"init": []}, "'atLocation' is missing"),
        ({"type": "dance"}, "unknown type of task 'dance'"),
        ({"goal": {"types": ["MugType"]}}, "'goal.types.1'"),
        ({"task": None}, "'task'"),
    ],
)
def test_a_task_that_is_no_game_is_refused(change, complaint):
    task = DOMAIN.tasks("dev")[0]
    broken = task.model_copy(update={"data": {**task.data, **change}})
    with pytest.raises(DomainError, match=complaint):
        DOMAIN.open(broken)


def test_the_program_of_the_page_draws_more_of_them(tmp_path, monkeypatch):
    page = Path(__file__).parents[2] / "docs" / "alfworld.md"
    (code,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    drawn = ALFWorld(data=tmp_path / "fresh").tasks("fresh")
    own = {content(t) for split in ("dev", "test") for t in DOMAIN.tasks(split)}
    assert len({content(t) for t in drawn} - own) == 40
    assert {DOMAIN.kind(t) for t in drawn} == set(KINDS)
