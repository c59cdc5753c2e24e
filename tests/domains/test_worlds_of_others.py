"""What is particular to the worlds of other makers: refusals, names, and what they need."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys

import psutil
import pytest
from click.testing import CliRunner
from processes import running

from replplan import Task
from replplan.cell import Answer
from replplan.cli import cli
from replplan.errors import ConfigError, DomainError
from replplan.plugins import domain_class, make_domain
from replplan.world import open_world
from replplan_domains.babyai.words import NOTHING, describe, parse_view
from replplan_domains.scienceworld import simulator
from replplan_domains.textworld.games import game_file

WRONG = [
    ("textworld", {"game": "maze-1"}, "no game 'maze-1'; there are coin-1 to coin-300"),
    ("textworld", {"game": "coin-999"}, "levels 1 to 300, not 999"),
    ("textworld", {"game": "coin-190"}, "no game of more than 100 rooms; coin-190 has 180"),
    ("babyai", {"level": "GoToLocl"}, "did you mean GoToLocal"),
    ("reasoning-gym", {"generator": "chain_sums"}, "did you mean chain_sum"),
    ("reasoning-gym", {"options": "nope=3"}, "letter_counting cannot be set up so"),
    ("reasoning-gym", {"options": "nope"}, "not written as name=value"),
    ("scienceworld", {"types": "bol"}, "did you mean boil"),
    ("scienceworld", {"simplify": "hard"}, "no simplification 'hard'; there are teleport"),
    ("scienceworld", {"simplify": "noElectricalAction"}, "power-component cannot be done"),
    ("scienceworld", {"moves": "0"}, "at least 1 action"),
    ("gym", {"env": "NoSuchLake-v1"}, "gymnasium makes no NoSuchLake-v1"),
    ("gym", {"options": "map_name='no'"}, "gymnasium makes no FrozenLake-v1: KeyError('no')"),
    ("gym", {"env": "no_such:Cave-v0"}, "No module named 'no_such'"),
    ("gym", {"env": "CartPole-v1"}, "are no text"),
]
OUT_OF_RANGE = [
    ("textworld", "coin-5-dev-500"), ("babyai", "GoToObj-test-5"), ("babyai", "Nope-dev-5"),
    ("reasoning-gym", "gcd-train-5"), ("scienceworld", "boil-dev-0"), ("gym", "dev-1000"),
    ("scienceworld", "nope-dev-0"), ("textworld", "coin"),
]  # fmt: skip


def made(name, options=None):
    """A domain; the test is skipped where something that it needs is not here."""
    for need in domain_class(name).needs:
        if not need.is_here:
            pytest.skip(f"{need.what} is not installed: {need.remedy}")
    return make_domain(name, options or {})


@pytest.mark.parametrize(("name", "options", "told"), WRONG)
def test_a_level_type_or_option_that_there_is_not(name, options, told):
    made(name)
    with pytest.raises(ConfigError) as raised:
        list(make_domain(name, options).tasks("dev")[:1])
    assert told in str(raised.value)


@pytest.mark.parametrize(("name", "task"), OUT_OF_RANGE)
def test_a_seed_or_variation_out_of_range_is_no_task(name, task):
    with pytest.raises(KeyError):
        made(name).task(task)


@pytest.mark.parametrize("name", ["textworld", "babyai", "reasoning-gym", "scienceworld", "gym"])
def test_a_missing_extra_is_told_with_its_install_line(name, monkeypatch):
    need = domain_class(name).needs[0]
    monkeypatch.setitem(sys.modules, need.what, None)
    domain = make_domain(name, {})
    task = Task(id="t", domain=name, split="dev", goal="g", data=DATA.get(name, {}))
    for use in (lambda: domain.open(task), lambda: domain.task(TASKS[name])):
        with pytest.raises(ConfigError, match=r"pip install \"replplan\[") as raised:
            use() if domain.has_world else need.require()
        assert need.what in str(raised.value)


TASKS = {
    "textworld": "coin-1-dev-9", "babyai": "GoToObj-dev-1", "scienceworld": "boil-dev-14",
    "gym": "dev-1",
}  # fmt: skip


DATA = {
    "textworld": {"game": "coin-1", "split": "dev", "number": 99},
    "babyai": {"level": "GoToObj", "seed": 1},
    "scienceworld": {"type": "boil", "variation": 0},
    "gym": {"seed": 1},
}


def test_without_java_scienceworld_says_how_it_is_had(monkeypatch, tmp_path):
    pytest.importorskip("scienceworld", reason="the extra `scienceworld` is not installed")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="apt install default-jre-headless"):
        make_domain("scienceworld", {}).task("boil-dev-14")


async def test_java_ends_with_the_world_and_with_its_process():
    domain = made("scienceworld", {"types": "find-non-living-thing"})
    task, before = domain.tasks("train")[0], javas()
    async with open_world(domain, task) as world:
        assert "Your task is to find" in await world.reset()
        closed = [p for p in javas() if p not in before]
    assert len(closed) == 1
    async with open_world(domain, task) as world:
        await world.reset()
        (killed,) = [p for p in javas() if p not in before]
        os.kill(killed.parent().pid, signal.SIGKILL)
        with pytest.raises(DomainError, match="process ended"):
            await world.step("look around")
    assert not psutil.wait_procs([*closed, killed], timeout=60)[1]


def test_a_simulator_that_was_killed_is_not_used_again():
    domain = made("scienceworld", {"types": "find-non-living-thing"})
    task = domain.tasks("train")[0]
    domain.open(task).close()
    for idle in simulator._IDLE:
        idle._process.kill()
        idle._process.wait()
    world = domain.open(task)
    assert "Your task is to find" in world.reset()
    world.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    ["power-component", "test-conductivity", "use-thermometer", "identify-life-stages-2"],
)
def test_a_gold_plan_of_wires_thermometers_and_stages_scores_1(kind):
    domain = made("scienceworld", {"types": kind})
    task = domain.tasks("dev")[0]
    plan, world = domain.gold(task), domain.open(task)
    world.reset()
    done = [world.step(action) for action in plan]
    world.close()
    assert (done[-1].terminated, done[-1].reward) == (True, 1.0)


def javas():
    return running("java", recursive=True)


def test_what_would_leave_a_text_game_or_hang_it_does_not_reach_it():
    domain = made("textworld", {"game": "coin-2"})
    world = domain.open(domain.task("coin-2-train-1000"))
    first = world.reset()
    assert "coin" in first
    assert "$$$" not in first
    for action in (
        "quit",
        "restart",
        "undo",
        "script",
        "save",
        "z" * 300,
        "\x01",
        "LOOK\N{SNOWMAN}",
    ):
        assert world.step(action).observation == "That's not a verb I recognise."
    assert world.step("look. go north").observation == "One action at a time."
    for action in (r"west \q", r"look \k\j\x", "take $coin", 'take "coin"'):
        told = world.step(action)
        assert told.observation.startswith("I only know letters, digits, and the signs")
        assert domain.refused(told)
    look = world.step("LOOK")
    assert look.observation.startswith("-= ")
    assert not domain.refused(look)
    assert world.step("go nowhere").info["admissible"] == look.info["admissible"]
    world.close()


def test_where_no_game_can_be_kept_it_is_said_where(monkeypatch, tmp_path):
    domain = made("textworld", {"game": "coin-1"})
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(DomainError, match=r"cannot be kept in .*file.*; set XDG_CACHE_HOME"):
        domain.open(domain.task("coin-1-train-1000"))


def test_what_a_killed_maker_of_games_left_is_removed_and_what_another_makes_is_not():
    domain = made("textworld", {"game": "coin-1"})
    task = domain.task("coin-1-train-1000")
    domain.open(task).close()
    place = game_file("coin-1", "train", 1000).parent
    old, new = (place.parent / f".being-made-{name}" for name in ("old", "new"))
    for left in (old, new):
        left.mkdir(exist_ok=True)
    os.utime(old, (0, 0))
    shutil.rmtree(place)
    domain.open(task).close()
    assert (old.exists(), new.exists()) == (False, True)
    new.rmdir()


def test_a_game_that_does_not_do_an_action_has_refused_it():
    domain = made("textworld", {"game": "cooking-2"})
    world = domain.open(domain.task("cooking-2-train-1000"))
    world.reset()
    told = {a: domain.refused(world.step(a)) for a in (
        "take", "take all", "take stove", "eat stove", "open table", "go fridge", "prepare meal",
        "examine stove", "look", "inventory", *domain.gold(domain.task("cooking-2-train-1000"))[:3],
    )}  # fmt: skip
    world.close()
    assert [action for action, refused in told.items() if not refused][:3] == [
        "examine stove", "look", "inventory",
    ]  # fmt: skip
    assert sum(told.values()) == 7


def test_what_babyai_sees_is_told_in_words_and_read_back():
    view = [[[1, 0, 0] for _ in range(7)] for _ in range(7)]
    view[3][6], view[3][4], view[0][6] = [10, 0, 0], [4, 4, 2], [5, 5, 0]
    view[6][0], view[2][5] = [6, 0, 0], [0, 0, 0]
    text = describe(view, 3, "an orange key", changed=False)
    assert text.splitlines() == [
        NOTHING, "You face north. You carry an orange key.", "Free steps: 1 forward.", "You see:",
        "a locked yellow door, 2 forward", "a grey key, 3 left", "a red ball, 6 forward, 3 right",
    ]  # fmt: skip
    assert [tuple(thing.values()) for thing in parse_view(text)] == [
        ("locked yellow door", 2, 0), ("grey key", 0, -3), ("red ball", 6, 3),
    ]  # fmt: skip
    assert parse_view("You face east. You carry a red key.\nYou see no thing.") == []


def test_what_babyai_rejects_while_it_draws_is_not_told():
    made("babyai")
    lines = listed("babyai", "--level", "PutNextLocal", "--split", "dev").splitlines()
    assert [line.split()[0] for line in lines] == [f"PutNextLocal-dev-{n}" for n in range(100)]


@pytest.mark.parametrize("level", ["UnlockLocal", "BlockedUnlockPickup", "PutNextLocal", "GoToSeq"])
def test_babyais_own_solver_wins_in_words(level):
    domain = made("babyai")
    task = domain.task(f"{level}-train-1003")
    world, last = domain.open(task), None
    world.reset()
    for action in domain.gold(task):
        last = world.step(action)
    assert (last.reward, last.terminated, domain.kind(task)) == (1, True, level)
    assert 0 < last.info["reward"] < 1


def test_questions_take_turns_and_are_judged_by_their_generators(capsys):
    domain = made("reasoning-gym", {"generator": "gcd, boxnet,prime_factorization"})
    gcd, boxes, prime = domain.tasks("train")[2:5]
    assert [domain.kind(t) for t in (gcd, boxes, prime)] == ["gcd", "boxnet", "prime_factorization"]
    assert domain.gold_answer(boxes) is None
    right = domain.gold_answer(gcd)
    assert domain.score(gcd, None, Answer(value=int(right.value))).solved
    assert domain.score(prime, None, Answer(value="no number")).value < 0.1
    assert domain.score(gcd, None, None).solved is False
    assert capsys.readouterr().out == ""


def test_lakes_differ_by_seed_and_brackets_tell_colours_apart():
    lakes = made("gym")
    maps = {lakes.open(lakes.task(f"dev-{n}")).reset() for n in range(4)}
    assert len(maps) == 4
    taxis = made("gym", {"env": "Taxi-v4"})
    street = taxis.open(taxis.task("dev-0")).reset()
    assert all(street.count(sign) == 1 for sign in "(<[")
    named = made(
        "gym",
        {"env": "CliffWalking-v1", "action_names": "n,e,s,w", "options": "render_mode='ansi'"},
    )
    assert "The actions are: n, e, s, w." in named.description


def test_the_list_of_domains_says_what_each_needs_and_how_it_is_had(monkeypatch, tmp_path):
    rows = {row["name"]: row for row in json.loads(listed("--json"))}
    assert [n["what"] for n in rows["scienceworld"]["needs"]] == ["scienceworld", "java"]
    assert rows["webshop"]["needs"] == []
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "minigrid", None)
    lines = listed().splitlines()
    assert 'minigrid is not installed: pip install "replplan[babyai]"' in lines
    assert [
        line for line in lines if line.startswith("java is not installed: it is a Java runtime")
    ]


@pytest.mark.parametrize("split", [(), ("--split", "dev")])
def test_a_level_that_there_is_not_is_told_where_tasks_are_counted(split):
    made("babyai")
    with pytest.raises(ConfigError, match="did you mean GoToLocal"):
        listed("babyai", "--level", "GoToLocl", *split)


def listed(*args):
    return CliRunner().invoke(cli, ["domains", *args], catch_exceptions=False).output
