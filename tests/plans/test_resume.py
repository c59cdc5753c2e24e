"""A plan goes on after a crash: its kernel is rebuilt from the trace, with what calls gave then."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from plans import Played, cell, household

import replplan
from replplan.episode import Episode
from replplan.errors import ConfigError, TraceError
from replplan.limits import Limits
from replplan.methods import make_planner
from replplan.model import ScriptedModel
from replplan.planner import ReplPlanner
from replplan.plugins import kernel_opener
from replplan.replay import ReplayModel
from replplan.resume import read_resumable, resumed
from replplan.steering import Refuse, Run, Steering
from replplan.trace import TraceWriter, read_trace
from replplan_domains.notebook import Notebook

TOOLS = """
import pathlib
def count(word: str) -> int:
    "How often it was called."
    with pathlib.Path(__file__).with_name("called").open("a") as file:
        file.write(word + "\\n")
    if word == "bad":
        raise ValueError("a bad word")
    return len(word)
"""
SCRIPT = {
    "root": [
        cell("import random\nn = random.random()\nxs = [count('one')]\nprint('ready')"),
        "I think about it.",
        cell("try: count('bad')\nexcept ValueError as e: print('caught', e)"),
        cell("kind = ask('Which?', 'a text', choices=['x', 'y'])\nprint(kind)"),
        cell("for word in ('two', 'three'):\n    # one each\n    xs.append(measure(word))"),
        cell("1 / 0"),
        cell("try: subtask('lazy', limits=Limits(turns=2))\nexcept SubtaskFailed as e: print(e)"),
        cell("xs += ask.map('Length?', ['a', 'bb'], type=int, jobs=1)\nprint(sorted(xs))"),
        cell("answer([kind, xs, 0 <= n < 1, len(history)])"),
    ],
    "measure": [
        cell("seen = [*globals().get('seen', []), get_args()[0]]"),
        cell("answer(count(seen[-1]) * 10 + len(seen))"),
        cell("seen.append(get_args()[0])\nanswer(count(seen[-1]) * 10 + len(seen))"),
    ],
    "lazy": [cell("x = 1"), cell("x = 2")],
    "ask": ["x", "1", "2"],
}
ANSWER = ["x", [3, 31, 52, 1, 2], True, 7]
GAME = {
    "root": [
        cell(
            "import re\nplaces = re.findall(r'a (\\w+ \\d+)', get_obs())\n"
            "seen = [act('go to ' + p) for p in places[:3]]\nprint(len(seen))"
        ),
        cell("there = look(places[3])\nprint(there)"),
        cell("here = get_obs()\nanswer([len(seen), there == here, seen[0].split()[0]])"),
    ],
    "look": [cell("act('go to ' + get_args()[0])"), cell("answer(act('examine nothing'))")],
}


class Recorded:
    """A plan that was played to its end, its trace, and what it takes to play it again."""

    def __init__(self, folder, domain, script, planner=None):
        self.folder, self.domain, self.planner = folder, domain, planner or ReplPlanner()
        self.path = folder / "trace.jsonl"
        self.model = ScriptedModel(script)
        self.played = Played()

    def episode(self, model, **more):
        task = self.domain.tasks(self.domain.splits()[0])[0]
        return Episode(
            self.domain, task, model, kernel_opener(), planner=self.planner,
            **{"limits": Limits(seconds=900)} | more,
        )  # fmt: skip

    async def play(self, **more):
        with TraceWriter(self.path) as writer:
            sinks = (writer, self.played.events.append)
            self.played.result = await self.episode(self.model, sinks=sinks, **more).run()
        self.lines = self.path.read_bytes().splitlines(keepends=True)
        return self

    def cut(self, lines):
        """The trace as a crash leaves it: so many lines, and a part of the next one."""
        path = self.folder / f"cut-{lines}.jsonl"
        path.write_bytes(b"".join(self.lines[:lines]) + self.lines[lines][:30])
        return path

    async def resume(self, path, model=None, **more):
        """Go on from a trace; by default with a model that knows only the very same prompts."""
        again = Played()
        sinks = (again.events.append,)
        model = model or ReplayModel(self.path)
        episode = resumed(self.episode(model, sinks=sinks, **more), read_resumable(path))
        again.result = await episode.run()
        return again


def told(played):
    """What a plan tells, but for times and what goes with them."""
    shown = []
    for event in played.events:
        kind = {"type": event.type, "session": event.session}
        kind |= {f: getattr(event, f) for f in ("shown", "code", "action", "observation", "digest",
                 "answer", "value", "error", "failure", "stop_reason")
                 if hasattr(event, f)}  # fmt: skip
        if event.type not in ("text_streamed", "output_streamed", "resumed"):
            shown.append(kind)
    return shown


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


async def test_children_at_once_get_their_own_pasts(tmp_path):
    root = (
        "import asyncio, builtins, threading\nbuiltins.meet = threading.Barrier(4).wait\n"
        "async def go(i): return await work(i)\n"
        "got = await asyncio.gather(*[go(i) for i in range(4)])\nprint(got)"
    )

    def work(request):
        (told,) = [m.content for m in request.messages if "solves the sub-task" in m.content]
        number = int(told.split("get_args() gives (")[1].split(",")[0])
        return cell(
            "meet(); x = get_args()[0]" if len(request.messages) == 2 else f"answer(x * {number})"
        )

    script = {"root": [cell(root), cell("answer(got)")], "work": [work] * 20}
    recorded = await Recorded(tmp_path, Notebook(goal="g"), script).play()
    assert recorded.played.result.answer == [0, 1, 4, 9]
    for lines in range(8, len(recorded.lines) - 1, 5):
        again = await recorded.resume(recorded.cut(lines))
        assert (again.result.error, again.result.answer) == (None, [0, 1, 4, 9])


async def test_a_limit_that_fell_is_raised_by_resuming(plan, tmp_path):
    recorded = Recorded(tmp_path, plan.domain, SCRIPT)
    await recorded.play(limits=Limits(turns=6, seconds=900))
    assert recorded.played.result.stop_reason == "limit:turns"
    again = await recorded.resume(recorded.path, ReplayModel(plan.path))
    assert (again.result.answer, again.result.error) == (ANSWER, None)


async def test_a_plan_that_was_cancelled_goes_on(tmp_path):
    cells = ["x = 1", "import time\nprint('begun')\ntime.sleep(100 if x else 0)", "answer(x)"]
    recorded = Recorded(tmp_path, Notebook(goal="g"), map(cell, cells))
    begun = asyncio.Event()

    def watch(event):
        if event.type == "output_streamed" and "begun" in event.text:
            begun.set()

    with TraceWriter(recorded.path) as writer:
        run = asyncio.create_task(recorded.episode(recorded.model, sinks=(writer, watch)).run())
        await begun.wait()
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
    assert list(read_trace(recorded.path))[-1].stop_reason == "cancelled"
    again = await recorded.resume(
        recorded.path,
        ScriptedModel([cell("answer(x + 1)")]),
        limits=Limits(cell_seconds=0.5, seconds=60),
    )
    assert again.result.answer == 2
    stopped = [e.result.stopped for e in again.of("cell_finished")]
    assert stopped == [None, "timeout", None]


async def test_what_was_spent_and_the_time_that_passed_count(plan):
    path = plan.cut(len(plan.lines) // 2)
    past = read_resumable(path).past
    assert past.seconds > 0
    again = await plan.resume(path)
    assert again.result.usage.seconds > past.seconds
    none_left = await plan.resume(path, limits=Limits(seconds=past.seconds / 2))
    assert none_left.result.stop_reason == "limit:seconds"


async def test_react_is_resumed_too(tmp_path):
    replies = [f"Thought: {n}\nAction: go to nowhere {n}" for n in range(5)] + ["Answer: done"]
    planner = make_planner("react")
    recorded = await Recorded(tmp_path, household(), replies, planner).play()
    for lines in range(3, len(recorded.lines) - 2, 4):
        again = await recorded.resume(recorded.cut(lines))
        assert again.result.answer == "done"
        assert told(again) == told(recorded.played)


async def test_a_folded_transcript_is_resumed_folded(tmp_path):
    cells = [f"print('line {n}'); print('x' * 1500)" for n in range(14)] + ["answer('done')"]
    recorded = Recorded(tmp_path, Notebook(goal="g"), [])
    recorded.model = ScriptedModel(map(cell, cells), context=3500)
    await recorded.play()
    assert recorded.played.of("transcript_folded")
    digests = [e.digest for e in recorded.played.of("model_called")]
    for lines in range(20, len(recorded.lines) - 2, 9):
        again = await recorded.resume(recorded.cut(lines))
        assert again.result.answer == "done", again.result.error
        assert [e.digest for e in again.of("model_called")] == digests


class Person(Steering):
    """Somebody who notes, edits, refuses, answers, and runs a cell."""

    def __init__(self):
        self.asked = 0

    def opened(self, plan):
        self.plan = plan

    async def before_turn(self, session):
        self.asked += 1
        if session.turns == 1:
            await self.plan.run_cell("mine = 5", session.id)
        return ["be quick"] if session.turns == 2 else ()

    async def before_cell(self, session, code):
        self.asked += 1
        return {"a = 1": Run("a = 2"), "b = 1": Refuse("not this")}.get(code)

    async def before_ask(self, session, question):
        self.asked += 1
        return "7" if question.text == "How many?" else None


async def test_what_somebody_did_is_done_again_and_nobody_is_asked(tmp_path):
    cells = ["a = 1", "b = 1", "n = ask('How many?', type=int)", "answer((a, mine, n, 'b' in globals()))"]  # fmt: skip
    recorded = await Recorded(tmp_path, Notebook(goal="g"), map(cell, cells)).play(
        steering=Person()
    )
    assert recorded.played.result.answer == [2, 5, 7, False]
    last = max(n for n, line in enumerate(recorded.lines) if b'"model_called"' in line)
    for lines in (*range(3, last, 4), last):
        person = Person()
        again = await recorded.resume(recorded.cut(lines), steering=person)
        assert again.result.answer == [2, 5, 7, False], again.result.error
        assert told(again) == told(recorded.played)
        if lines == last:
            assert person.asked == 2, "the last turn and its cell alone are new"


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


# ---------------------------------------------------------------- where it cannot be
async def test_a_cell_that_ends_in_another_way_is_named(tmp_path):
    flag = tmp_path / "flag"
    cells = ["import os\nwent = os.path.exists('flag.txt')\nassert not went", "answer(went)"]
    domain = Notebook(goal="g")
    recorded = await Recorded(tmp_path, domain, map(cell, cells)).play()
    flag = tmp_path / "flag.txt"
    flag.write_text("now it is there")
    recorded.domain = Notebook(goal="g", files=[flag])
    again = await recorded.resume(recorded.cut(len(recorded.lines) - 2))
    assert again.result.stop_reason == "failed"
    assert "cannot be resumed: in session root, turn 1 its cell ended well, and now it ended with" \
        " AssertionError" in again.result.error  # fmt: skip


async def test_a_call_that_was_not_made_is_named(tmp_path):
    world = household()
    cells = ["import os, time\nact('look' if time.time() < {} else 'inventory')", "answer(1)"]
    script = [cell(cells[0].format(2e9)), cell(cells[1])]
    recorded = await Recorded(tmp_path, world, script).play()
    path = tmp_path / "other.jsonl"
    path.write_bytes(b"".join(recorded.lines[:-2]).replace(b"2000000000.0", b"0"))
    again = await recorded.resume(path, ScriptedModel([cell("answer(1)")]))
    assert again.result.stop_reason == "failed"
    assert "now did the action 'inventory', which it had not" in again.result.error


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
