"""Domains of one's own: the contract as a check, and a package that runs at once."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile

import pytest

from replplan import Domain, Environment, Task, Transition, check_domain, gym_domain
from replplan.baseline import play_baseline
from replplan.cell import Answer
from replplan.domain import Score
from replplan.errors import ConfigError, DomainError
from replplan.new_domain import new_domain
from replplan_domains.notebook import Notebook


def test_a_domain_without_a_world_is_held_to_what_it_has():
    assert "worlds open" not in check_domain(Notebook(goal="a goal"))


class Question(Domain):
    """A domain of questions, without a world."""

    name, has_world, baseline = "question", False, "answers 0"

    def __init__(self, *bad):
        self.bad, self.played = bad, 0

    description = "add"

    def splits(self):
        return ("dev",)

    def tasks(self, split):
        return [Task(id="dev-0", domain=self.name, split=split, goal="1 + 1")]

    @property
    def examples(self):
        split = "dev" if "split" in self.bad else "shown"
        return [Task(id="shown-0", domain=self.name, split=split, goal="2 + 0")]

    def task(self, id):  # noqa: A002 the surface's own word
        known = {task.id: task for task in (*self.tasks("dev"), *self.examples)}
        return known[f"{id} or so" if "examples" in self.bad and id == "shown-0" else id]

    def gold_answer(self, task):
        return Answer(value=3 if "gold" in self.bad else 2)

    def play(self, task, world):
        self.played += "baseline" in self.bad
        return Answer(value=self.played)

    def score(self, task, last, answer):
        if "answers" in self.bad:
            return Score(value=answer.value - 1, solved=False)
        value = 7 if "range" in self.bad else answer.value in (2, self.played)
        return Score(value=value if answer.value != 1 else 0, solved=answer.value == 2)


def test_gold_answers_baselines_and_odd_answers_of_questions():
    assert {
        "gold answers score 1",
        "odd answers raise nothing",
        "the baseline repeats",
        "examples are found by id",
    } <= set(check_domain(Question()))
    assert play_baseline(Question(), Question().task("dev-0")).score.solved is False


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("gold", "its gold answer scores 0"),
        ("range", "a score of 7"),
        ("answers", "the score of the answer 'None' raises TypeError"),
        ("baseline", "the baseline did something else the second time"),
        ("examples", "task('shown-0') raises KeyError"),
        ("split", "the example shown-0 is of the split dev"),
    ],
)
def test_each_breach_of_questions_is_named(bad, told):
    with pytest.raises(DomainError) as raised:
        check_domain(Question(bad))
    assert told in str(raised.value)


class World(Environment):
    opened = 0

    def __init__(self, bad):
        World.opened += 1
        self.bad, self.number, self.count = bad, World.opened, 0

    def reset(self):
        self.count += 1
        return f"world {self.number if 'worlds' in self.bad else 0}, {self.count if 'resets' in self.bad else 0}"

    def step(self, action):
        if "raises" in self.bad and "act" in action:
            raise KeyError(action)
        return Transition(
            observation="too long" if "size" in self.bad else "",
            reward=7 if "reward" in self.bad else 0,
            terminated="gold" not in self.bad,
        )

    def __deepcopy__(self, memo):
        twin = World(self.bad)
        twin.step = lambda action: Transition(observation="another world")
        return twin

    def close(self):
        if "close" in self.bad:
            raise OSError("busy")


class Broken(Domain):
    name = "broken"

    def __init__(self, *bad):
        self.bad = bad
        self.observation_size, self.copies = 50 if "size" not in bad else 3, "copies" in bad
        self.held = (lambda: 1) if "pickle" in bad else None

    @property
    def description(self):
        return "" if "silent" in self.bad else "a world"

    def splits(self):
        return ("dev", "test")

    def tasks(self, split):
        number = 0 if "splits" in self.bad else len(split)
        return [Task(id=split, domain=self.name, split=split, goal="g", data={"n": number})]

    def open(self, task):
        return World(self.bad)

    def gold(self, task):
        if "copies" in self.bad:
            return ["go", "go"]
        return ["go"] if "gold" in self.bad else None


def test_the_broken_one_is_sound_where_it_is_not_broken():
    assert "worlds repeat" in check_domain(Broken())


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("worlds", "the same actions led to something else"),
        ("resets", "a second reset shows another world"),
        ("raises", "raises KeyError"),
        ("reward", "a reward of 7"),
        ("close", "close of dev raises OSError: busy"),
        ("pickle", "pickling the domain raises"),
        ("silent", "the description is empty"),
        ("splits", "dev and test share"),
        ("gold", "its gold plan scores 0"),
        ("size", "an observation of 8 characters, 3 are stated"),
        ("copies", "a copied world goes on otherwise"),
    ],
)
def test_each_breach_is_named(bad, told):
    with pytest.raises(DomainError, match="the domain broken breaks its contract") as raised:
        check_domain(Broken(bad))
    assert told in str(raised.value)


@pytest.mark.slow
def test_a_new_domain_runs_at_once(tmp_path):
    project, site = tmp_path / "box_world", tmp_path / "site"
    run = {"cwd": project, "text": True, "capture_output": True, "timeout": 500}
    replplan = [sys.executable, "-m", "replplan"]
    made = subprocess.run([*replplan, "new-domain", "box_world"], **run | {"cwd": tmp_path})
    assert made.returncode == 0, made.stderr
    assert "replplan run box_world" in made.stderr
    built = subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel"], **run)
    assert built.returncode == 0, built.stderr
    (wheel,) = (project / "dist").glob("*.whl")
    zipfile.ZipFile(wheel).extractall(site)  # what an installer does with it
    run["env"] = os.environ | {"PYTHONPATH": str(site)}
    tested = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], **run)
    assert tested.returncode == 0, tested.stdout
    assert "2 passed" in tested.stdout
    listed = subprocess.run([*replplan, "domains", "--json"], **run)
    assert '"box_world"' in listed.stdout


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Box-World", "lower-case"),
        ("alfworld", "a domain alfworld"),
        ("json", "package json"),
        ("class", "lower-case"),
    ],
)
def test_a_name_that_cannot_be(name, told, tmp_path):
    with pytest.raises(ConfigError, match=told):
        new_domain(name, tmp_path / "x")


def test_a_folder_that_is_there_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match="is there already"):
        new_domain("box_world", tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_an_environment_of_gymnasium_is_a_domain():
    pytest.importorskip("gymnasium", reason="the extra `gym` is not installed")
    lake = gym_domain(
        "FrozenLake-v1",
        actions=["left", "down", "right", "up"],
        render_mode="ansi",
        is_slippery=False,
    )
    assert "resets repeat" in check_domain(lake, tasks=1)
    assert "The actions are: left, down, right, up." in lake.description
    world = lake.open(lake.task("dev-3"))
    assert "[S]FFF" in world.reset()
    last = [world.step(a) for a in ("down", "down", "right", "right", "down", "right")][-1]
    assert (last.reward, last.terminated) == (1, True)
    assert "no such action" in lake.open(lake.task("dev-3")).step("jump").observation
    with pytest.raises(ConfigError, match="no text"):
        gym_domain("FrozenLake-v1")
    with pytest.raises(ConfigError, match="gymnasium makes no"):
        gym_domain("NoSuchLake-v1")
