"""A plan goes on after a crash: its kernel is rebuilt from the trace, with what calls gave then."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from plans import cell, household
from resuming import ANSWER, GAME, SCRIPT, TOOLS, Recorded, told

import replplan
from replplan.errors import ConfigError, TraceError
from replplan.limits import Limits
from replplan.methods import make_planner
from replplan.model import ScriptedModel
from replplan.replay import ReplayModel
from replplan.resume import read_resumable, resumed
from replplan.trace import TraceWriter, read_trace
from replplan_domains.notebook import Notebook


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plan")
    (folder / "tools.py").write_text(TOOLS)
    domain = Notebook(goal="a goal", tools=str(folder / "tools.py"))
    return asyncio.run(Recorded(folder, domain, SCRIPT).play())


@pytest.fixture(scope="module")
def game(tmp_path_factory):
    return asyncio.run(Recorded(tmp_path_factory.mktemp("game"), household(), GAME).play())


def first_cuts(recorded):
    """From the opening of the root to the line before the last."""
    return range(2, len(recorded.lines) - 1)


async def check(recorded, lines):
    called = recorded.folder / "called"
    calls = sum(b'"function_called"' in line for line in recorded.lines[:lines])
    called.unlink(missing_ok=True)
    again = await recorded.resume(recorded.cut(lines))
    assert again.result.error is None
    assert again.result.answer == recorded.played.result.answer
    assert told(again) == told(recorded.played)
    again_called = called.read_text().split() if called.exists() else []
    expected = [] if recorded.domain.has_world else ["one", "bad", "two", "three"][calls:]
    assert again_called == expected, "what the trace holds is not done again"
    same = {"seconds": 0}
    assert again.result.usage.model_copy(update=same) == recorded.played.result.usage.model_copy(
        update=same
    )


def test_the_plans_that_are_resumed(plan, game):
    assert plan.played.result.answer == ANSWER
    assert game.played.result.answer == [3, True, "You"]


@pytest.mark.parametrize("part", range(8))
async def test_a_plan_goes_on_from_wherever_it_broke_off(plan, part):
    cuts = first_cuts(plan)
    await check(plan, cuts[part * len(cuts) // 8])


@pytest.mark.slow
async def test_a_plan_goes_on_from_every_line(plan):
    for lines in first_cuts(plan):
        await check(plan, lines)


@pytest.mark.parametrize("part", range(4))
async def test_a_game_goes_on_in_a_world_that_was_led_there(game, part):
    cuts = first_cuts(game)
    await check(game, cuts[part * len(cuts) // 4 + 1])


async def test_a_resumed_plan_goes_on_anew_and_its_trace_is_whole(plan, tmp_path):
    """With another model, whose replies are others; that trace replays and resumes in its turn."""
    half = len(plan.lines) // 3
    path = plan.cut(half)
    model = ScriptedModel({**{k: [] for k in SCRIPT}, "root": [cell("answer(xs)")] * 3,
                           "measure": [cell("answer(7)")] * 2, "ask": ["y"] * 3})  # fmt: skip
    whole = tmp_path / "whole.jsonl"
    with TraceWriter(whole) as writer:
        episode = plan.episode(model, sinks=(writer,))
        result = await resumed(episode, read_resumable(path)).run()
    assert (result.stop_reason, result.answer[0]) == ("answered", 3)
    assert next(e for e in read_trace(whole) if e.type == "resumed").origin == str(path)
    replayed = await plan.episode(ReplayModel(whole)).run()
    assert replayed.answer == result.answer
    with pytest.raises(ConfigError, match=r"came to its end \(answered\)"):
        read_resumable(whole)


async def test_a_limit_that_fell_is_raised_by_resuming(plan, tmp_path):
    recorded = Recorded(tmp_path, plan.domain, SCRIPT)
    await recorded.play(limits=Limits(turns=6, seconds=900))
    assert recorded.played.result.stop_reason == "limit:turns"
    again = await recorded.resume(recorded.path, ReplayModel(plan.path))
    assert (again.result.answer, again.result.error) == (ANSWER, None)


async def test_what_was_spent_and_the_time_that_passed_count(plan):
    path = plan.cut(len(plan.lines) // 2)
    past = read_resumable(path).past
    assert past.seconds > 0
    again = await plan.resume(path)
    assert again.result.usage.seconds > past.seconds
    none_left = await plan.resume(path, limits=Limits(seconds=past.seconds / 2))
    assert none_left.result.stop_reason == "limit:seconds"


async def test_from_python_too(plan, tmp_path):
    path = plan.cut(len(plan.lines) // 2)
    result = await replplan.plan(
        "a goal",
        tools=[count],
        resume=path,
        model=ReplayModel(plan.path),
        trace=tmp_path / "new.jsonl",
    )
    assert (result.answer, result.error) == (ANSWER, None)
    with pytest.raises(ConfigError, match="cannot be resumed with the goal 'another', it is of"):
        await replplan.plan("another", resume=path, model=plan.model)


def count(word: str) -> int:
    """How often it was called."""
    return len(word)


async def test_a_world_that_answers_in_another_way_is_named(game, tmp_path):
    path = tmp_path / "other.jsonl"
    lines = [json.loads(line) for line in game.lines[:-3]]
    act = next(line for line in lines if line["type"] == "acted")
    act["observation"] = "something else"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    again = await game.resume(path)
    assert again.result.stop_reason == "failed"
    assert "at action 1 it does not answer as it did" in again.result.error


async def test_a_trace_of_something_else_is_refused(plan, game, tmp_path):
    path = plan.cut(9)
    with pytest.raises(ConfigError, match="cannot be resumed with the domain 'alfworld'"):
        resumed(game.episode(plan.model), read_resumable(path))
    flat = replace(plan.episode(plan.model), planner=make_planner("flat"))
    with pytest.raises(ConfigError, match="with the method 'flat', it is of 'repl-plan'"):
        resumed(flat, read_resumable(path))
    empty = tmp_path / "empty.jsonl"
    empty.write_bytes(b"".join(plan.lines[1:3]))
    with pytest.raises(ConfigError, match="does not begin with the start of a plan"):
        read_resumable(empty)
    with pytest.raises(TraceError):
        read_resumable(tmp_path / "nowhere.jsonl")
