"""`replplan keep` and `replplan pool`, as their users meet them."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest
from click.testing import CliRunner
from commands import environment
from notebooks import opening
from plans import cell, household, play

from replplan.cli import cli
from replplan.errors import ConfigError
from replplan.model import ScriptedModel
from replplan.plugins import domain_class
from replplan.trace import TraceWriter

WIN = {
    "root": [cell("take()\nact('go to sidetable 1')\nact('move alarmclock 1 to sidetable 1')")],
    "take": [cell("act('go to shelf 2')\nanswer(act('take alarmclock 1 from shelf 2'))")],
}
NAME = "demo-pick.ipynb"


@pytest.fixture(scope="module")
def trace(tmp_path_factory):
    """The trace of a game that was won."""
    played = asyncio.run(play(ScriptedModel(WIN), domain=household(), task="demo-pick"))
    assert played.result.solved
    path = tmp_path_factory.mktemp("won") / "trace.jsonl"
    with TraceWriter(path) as write:
        for event in played.events:
            write(event)
    return str(path)


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The user's folder of demonstrations; the working folder is empty."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name: tmp_path / "data" / name)
    return tmp_path / "data" / "replplan" / "demos"


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """The demonstrations of a domain: a copy, for what should stay might be removed."""
    domain = domain_class("alfworld")
    copy = shutil.copytree(domain().demos, tmp_path / "shipped")
    monkeypatch.setattr(domain, "demos", copy)
    return copy


def type_(*args, answer=""):
    """Type a command; its exit code and all that it said. A mistake is raised."""
    done = CliRunner().invoke(cli, args, input=answer, standalone_mode=False)
    if done.exception:
        raise done.exception
    return done.return_value or 0, done.output


def listed(*args):
    return json.loads(type_("pool", "list", "--json", *args)[1])


# ------------------------------------------------------------------ keep
def test_keep_says_what_it_writes(trace, own):
    _, said = type_("keep", trace)
    assert f"{own}/alfworld/root/{NAME}: root, 1 turn" in said
    assert (own / "alfworld" / "take" / NAME).is_file()
    assert sorted(p.name for p in own.rglob("*") if p.is_file()) == [NAME, NAME]


def test_keep_writes_into_the_project_when_told(trace, own):
    type_("keep", trace, "--project", "--session", "take", "--name", "clock")
    assert [p.as_posix() for p in Path().rglob("*.ipynb")] == ["demos/take/clock.ipynb"]
    assert not own.exists()


def test_keep_asks_before_it_overwrites(trace, own):
    path = own / "alfworld" / "take" / NAME
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    _, said = type_("keep", trace, answer="n\n")
    assert path.read_text() == "mine"
    assert (own / "alfworld" / "root" / NAME).is_file()
    assert "Overwrite it?" in said
    assert "left as it was" in said
    type_("keep", trace, answer="y\n")
    written = path.read_text()
    assert json.loads(written)["nbformat"] == 4
    assert "Overwrite" not in type_("keep", trace)[1]  # it is the same already
    path.write_bytes(b"\xff")
    assert "Overwrite it?" in type_("keep", trace, answer="n\n")[1]
    path.write_text("mine")
    assert "Overwrite" not in type_("keep", trace, "--yes")[1]
    assert path.read_text() == written


# ------------------------------------------------------------------ list
def test_list_knows_whose_each_is(trace, own):
    type_("keep", trace)
    type_("keep", trace, "--project", "--session", "take")
    opening(Path("demos"), "cook", "any", "For all.")
    opening(own / "webshop", "buy", "1", "x")
    rows = listed()
    places = {(r["name"], r["domain"], r["from"]) for r in rows}
    assert places >= {
        ("root", "alfworld", "user"),
        ("take", "alfworld", "user"),
        ("take", "alfworld", "project"),
        ("cook", None, "project"),
        ("buy", "webshop", "user"),
        ("root", "alfworld", "domain"),
    }
    row = next(r for r in rows if r["name"] == "take" and r["from"] == "user")
    assert set(row) == {"name", "domain", "from", "turns", "size", "path"}
    assert row["turns"] == 1
    assert row["size"] > 100
    assert {r["domain"] for r in listed("--domain", "alfworld")} == {"alfworld", None}
    table = type_("pool", "list", "--domain", "webshop")[1].splitlines()
    assert table[0].split() == ["name", "domain", "from", "turns", "size", "path"]
    assert ["buy", "webshop", "user", "1"] in [r.split()[:4] for r in table[1:]]


def test_list_names_those_that_cannot_be_read_and_goes_on(own):
    opening(own / "alfworld", "root", "good", "x")
    (own / "alfworld" / "root" / "bad.ipynb").write_text("{")
    code, said = type_("pool", "list", "--domain", "alfworld")
    assert code == 1
    assert "bad.ipynb is no notebook" in said
    assert "good.ipynb" in said


def test_list_of_an_unknown_domain(own):
    with pytest.raises(ConfigError, match="did you mean alfworld"):
        type_("pool", "list", "--domain", "alfwold")


# ------------------------------------------------------------------ show
def test_show_is_readable(trace, own):
    type_("keep", trace)
    _, said = type_("pool", "show", "take")
    assert "This notebook solves the sub-task `take()`" in said
    assert "In [1]:\n    act('go to shelf 2')" in said
    assert "task demo-pick" in said
    _, root = type_("pool", "show", str(own / "alfworld" / "root" / NAME))
    assert "Your task is to" in root
    assert "Your task is to" not in said


def test_show_lets_nothing_through_that_a_terminal_obeys(own):
    opening(own / "alfworld", "odd", "1", "\x1b]0;title\x07\x1b[2Jwiped")
    assert "\x1b" not in type_("pool", "show", "odd")[1]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("find_and_tak", "did you mean find_and_take"),
        ("coo", r"no demonstration of 'coo'; did you mean cool or cook\?"),
        ("a/b", "no demonstration of 'a/b'"),
        ("..", "no demonstration of '..'"),
        ("wholly.unlike", "pool list"),
        ("here.ipynb", "in none of the folders"),
    ],
)
def test_what_is_not_there_cannot_be_shown_or_removed(own, name, sentence):
    Path("here.ipynb").write_text("{}")
    for like in ("cook", "cool"):
        opening(own / "alfworld", like, "1", "x")
    for command in ("show", "remove"):
        with pytest.raises(ConfigError, match=sentence):
            type_("pool", command, name)
    assert Path("here.ipynb").exists()


# ------------------------------------------------------------------ remove
def test_remove_asks_and_takes_the_users_own_alone(own, shipped):
    mine = opening(own / "alfworld", "root", "mine", "x")
    theirs = sorted((shipped / "root").iterdir())
    type_("pool", "remove", "root", answer="n\n")
    assert mine.exists()
    _, said = type_("pool", "remove", "root", answer="y\n")
    assert "of a domain stay" in said
    assert not mine.parent.exists()
    assert sorted((shipped / "root").iterdir()) == theirs
    with pytest.raises(ConfigError, match="belongs to a domain"):
        type_("pool", "remove", "root", "--yes")


def test_show_and_remove_reach_those_of_the_domain_that_is_named(own, shipped):
    mine = opening(own / "alfworld", "odd", "1", "A house.")
    other = opening(own / "webshop", "odd", "1", "A shop.")
    _, said = type_("pool", "show", "odd", "--domain", "webshop")
    assert "A shop." in said
    assert "A house." not in said
    type_("pool", "remove", "odd", "--domain", "webshop", "--yes")
    assert (mine.exists(), other.exists()) == (True, False)


def test_remove_one_by_its_path(own):
    one, other = (opening(own / "alfworld", "root", n, n) for n in ("1", "2"))
    type_("pool", "remove", os.path.relpath(one), "--yes")
    assert (one.exists(), other.exists()) == (False, True)


def test_remove_reaches_no_domain_through_a_link(own, shipped):
    Path("demos").symlink_to(shipped, target_is_directory=True)
    before = sorted(shipped.rglob("*.ipynb"))
    with pytest.raises(ConfigError, match="belongs to a domain"):
        type_("pool", "remove", "demos/root/1-heat.ipynb", "--yes")
    assert sorted(shipped.rglob("*.ipynb")) == before


def test_one_that_is_broken_can_be_removed(own):
    path = own / "alfworld" / "root" / "bad.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    with pytest.raises(ConfigError, match="no notebook"):
        type_("pool", "show", str(path))
    type_("pool", "remove", str(path), "--yes")
    assert not path.exists()


def test_what_cannot_be_removed_is_named(own):
    path = own / "alfworld" / "root" / "bad.ipynb"
    path.mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"bad\.ipynb cannot be removed: Is a directory"):
        type_("pool", "remove", str(path), "--yes")


# ------------------------------------------------------------------ as a process
@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("keep", "nowhere.jsonl"), "nowhere.jsonl cannot be read"),
        (("keep", "."), "cannot be read"),
        (("keep",), "TRACE"),
        (("pool", "show", "a/b"), "no demonstration"),
        (("pool", "remove"), "NAME"),
    ],
)
def test_wrong_use_is_one_sentence_and_exit_code_2(tmp_path, args, sentence):
    done = subprocess.run(
        [sys.executable, "-m", "replplan", *args],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
