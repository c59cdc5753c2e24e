"""What is not kept of a trace, and what is said then."""

from __future__ import annotations

import asyncio
import json

import pytest
from keeping import GAME, TASK, keep, record
from plans import cell, household

from replplan.domain import Domain, Environment, Score, Task, Transition
from replplan.errors import ConfigError, TraceError
from replplan.pool.recorded import choose_sessions, read_plan


@pytest.fixture(scope="module")
def game(tmp_path_factory):
    path = tmp_path_factory.mktemp("game") / "t.jsonl"
    return asyncio.run(record(path, GAME, domain=household(), task=TASK))


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    script = {"root": [cell("fetch()"), cell("answer('I give up')")], "fetch": [cell("answer(1)")]}
    path = tmp_path_factory.mktemp("failed") / "t.jsonl"
    return asyncio.run(record(path, script, domain=household(), task=TASK))


def test_a_failed_plan_is_refused(failed, tmp_path):
    with pytest.raises(ConfigError, match=r"\(answered\); keep .* with --anyway$") as refused:
        keep(failed[0], tmp_path)
    assert str(failed[0]) in str(refused.value)
    with pytest.raises(ConfigError, match="did not succeed"):
        choose_sessions(read_plan(failed[0]))
    assert len(keep(failed[0], tmp_path, anyway=True)) == 2
    assert len(keep(failed[0], tmp_path, "fetch", anyway=True)) == 1


def test_a_trace_that_is_cut_off_is_refused(game, tmp_path):
    lines = game[0].read_bytes().splitlines(keepends=True)
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(b"".join(lines[:-3]) + lines[-3][:40])
    with pytest.raises(
        ConfigError,
        match=r"cut off before its plan ended, .* led to success; keep what answered with --anyway$",
    ):
        keep(cut, tmp_path)
    assert set(keep(cut, tmp_path, anyway=True)) == {"fetch/demo-pick.ipynb"}
    cut.write_bytes(b"".join(lines[:3]))
    with pytest.raises(ConfigError, match="no session that ran cells answered"):
        keep(cut, tmp_path, anyway=True)
    with pytest.raises(ConfigError, match=r"session root did not answer; that did: none did$"):
        keep(cut, tmp_path, "root", anyway=True)


def test_what_is_no_trace_is_named(game, tmp_path):
    odd = tmp_path / "odd.jsonl"
    with pytest.raises(TraceError, match="cannot be read"):
        keep(odd, tmp_path)
    odd.write_text('{"type": "plan_sta')
    with pytest.raises(ConfigError, match=r"odd\.jsonl does not begin with the start of a plan"):
        keep(odd, tmp_path)
    odd.write_text("not json\n")
    with pytest.raises(TraceError, match="line 1 is damaged"):
        keep(odd, tmp_path)
    lines = game[0].read_bytes().splitlines(keepends=True)
    odd.write_bytes(b"".join(lines[1:]))
    with pytest.raises(ConfigError, match="does not begin with the start of a plan"):
        keep(odd, tmp_path)
    opened = next(n for n in lines if b'"session_opened"' in n)
    odd.write_bytes(b"".join(n for n in lines if n != opened))
    with pytest.raises(ConfigError, match=r"odd\.jsonl: no session root was opened"):
        keep(odd, tmp_path)


@pytest.mark.parametrize("name", ["../../evil", "a/b", "/etc", "a.b", ""])
def test_a_trace_cannot_choose_where_it_is_written(game, tmp_path, name):
    """A sub-task may be opened by any text, and a trace may come from anywhere."""
    trace = tmp_path / "t.jsonl"
    lines = [json.loads(n) for n in game[0].read_text().splitlines()]
    for line in lines:
        if line["type"] == "session_opened" and line["name"] == "fetch":
            line["name"] = name
    trace.write_text("".join(json.dumps(n) + "\n" for n in lines))
    with pytest.raises(ConfigError, match="no name of a REPL"):
        keep(trace, tmp_path / "pool")
    with pytest.raises(ConfigError, match="no name for a notebook"):
        keep(game[0], tmp_path / "pool", name=f"{name}/")
    assert not (tmp_path / "pool").exists()


def test_a_folder_that_cannot_be_written_is_named(game, tmp_path):
    (tmp_path / "root").write_text("a file where a folder is wanted")
    with pytest.raises(ConfigError, match=r"demo-pick\.ipynb cannot be written"):
        keep(game[0], tmp_path)
    (tmp_path / "fetch" / "x.ipynb").mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"x\.ipynb cannot be written"):
        keep(game[0], tmp_path, "fetch", name="x")
    assert [p.name for p in (tmp_path / "fetch").iterdir()] == ["x.ipynb"]


async def test_who_worked_for_one_that_failed_is_not_kept(tmp_path):
    """Its answer may be what led astray."""
    script = {
        "root": [cell("try: lost()\nexcept SubtaskFailed: pass"), cell("answer(1)")],
        "lost": [cell("helped()"), *[cell("1 / 0")] * 9],
        "helped": [cell("answer(2)")],
    }
    trace, played = await record(tmp_path / "t.jsonl", script)
    closed = {e.session: e.failure for e in played.of("session_closed")}
    assert closed["root/lost/helped"] is None
    assert closed["root/lost"]
    assert set(keep(trace, tmp_path / "p", anyway=True)) == {"root/a-goal.ipynb"}


class Room(Environment):
    def reset(self):
        return "a room"

    def step(self, action):
        return Transition(observation="nothing new")


class Quiz(Domain):
    """A world that may be looked at, and a question: the answer alone is judged."""

    name, description, has_world = "quiz", "a quiz", True

    def splits(self):
        return ("only",)

    def tasks(self, split):
        return (Task(id="t", domain="quiz", split="only", goal="g"),)

    def open(self, task):
        return Room()

    def score(self, task, last, answer):
        return Score(solved=answer is not None and answer.value == 7)


Quiz.__module__ = "__main__"  # defined in a test: its world runs in a thread


async def test_who_acted_last_in_a_plan_that_answered_is_kept_only_if_it_did_well(tmp_path):
    """Where the world's end is the success, it is kept without an answer."""
    script = {
        "root": [cell("try: look()\nexcept SubtaskFailed: pass"), cell("answer(7)")],
        "look": [cell("act('look')\n1 / 0")] * 9,
    }
    trace, played = await record(tmp_path / "t.jsonl", script, domain=Quiz())
    assert (played.result.stop_reason, played.result.solved) == ("answered", True)
    assert set(keep(trace, tmp_path / "p")) == {"root/t.ipynb"}
