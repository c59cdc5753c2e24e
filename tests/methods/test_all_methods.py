"""What holds for every method: it wins, it ends as it should, its prompts only grow."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from games import WIN, WRITERS, actor, play_game
from plans import cell, play

from replplan.domain import Domain, Environment, Task
from replplan.errors import ConfigError, ModelError
from replplan.limits import Limits
from replplan.methods import METHODS, Switches, make_planner
from replplan.model import ScriptedModel
from replplan.replay import ReplayModel
from replplan.switches import ALL_ON
from replplan.trace import TraceWriter

every_planner = pytest.mark.parametrize("method", ["flat", "react", "code"])
"""Each class of planners once: flat is REPL-Plan's own."""


@pytest.fixture(scope="module", params=METHODS)
def won(request):
    """A game that each method has won once: the method, what was played, the model."""
    model = actor(request.param, WIN)
    return request.param, asyncio.run(play_game(model, make_planner(request.param))), model


def test_a_game_is_won(won):
    method, played, _ = won
    result = played.result
    assert (result.stop_reason, result.solved, result.score) == ("world_ended", True, 1.0)
    assert [e.action for e in played.of("acted")] == list(WIN)
    assert (result.usage.turns, result.usage.sessions) == (4, 1)
    assert played.events[0].method == method
    assert played.of("session_closed")[-1].failure is None


def test_prompts_only_grow(won):
    _, played, model = won
    prompts = [r.messages for r in model.requests]
    for before, after in itertools.pairwise(prompts):
        assert after[: len(before)] == before
        assert len(after) == len(before) + 2
    called = played.of("model_called")
    assert [e.first for e in called] == [0, *map(len, prompts[:-1])]
    roles = [m.role for m in prompts[-1]]
    assert roles[0] == "system"
    assert roles[1::2] == ["user"] * len(roles[1::2])
    assert roles[2::2] == ["assistant"] * len(roles[2::2])


def test_its_prompt_tells_of_the_world_and_the_task(won):
    _, played, model = won
    (first, *_) = model.requests
    assert "household room" in first.messages[0].content
    assert first.messages[-1].content == played.of("world_reset")[0].observation


async def test_its_trace_plays_again(won, tmp_path):
    method, recorded, _ = won
    path = tmp_path / "trace.jsonl"
    with TraceWriter(path) as writer:
        for event in recorded.events:
            writer(event)
    again = await play_game(ReplayModel(path), make_planner(method))
    assert (again.result.stop_reason, again.result.solved) == ("world_ended", True)


@every_planner
async def test_a_world_that_is_cut_off_ends_the_plan(method):
    actions = [f"examine shelf {i}" for i in range(5)]
    played = await play_game(actor(method, actions), make_planner(method), actions=3)
    assert (played.result.stop_reason, played.result.solved) == ("world_ended", False)
    assert played.result.usage.actions == 3


@every_planner
@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(turns=2), "limit:turns"),
        (Limits(model_calls=2), "limit:model_calls"),
        (Limits(tokens=2500), "limit:tokens"),
        (Limits(actions=2), "limit:actions"),
    ],
)
async def test_a_limit_ends_the_plan(method, limits, reason):
    planner = make_planner(method, Switches(demonstrations=False))
    talk = "x" * 4000
    model = ScriptedModel([f"{talk}\n{reply}" for reply in WRITERS[method](list(WIN))])
    played = await play_game(model, planner, limits)
    assert played.result.stop_reason == reason
    (reached,) = played.of("limit_reached")
    assert reached.used >= reached.allowed
    assert played.result.usage.actions <= 2


@every_planner
async def test_the_same_again_and_again_is_stuck(method):
    model = actor(method, ["dance"] * 20)
    played = await play_game(model, make_planner(method))
    assert (played.result.stop_reason, played.result.solved) == ("stuck", False)
    assert played.result.usage.actions == 5


@every_planner
async def test_talk_alone_is_told_so_and_is_stuck(method):
    model = ScriptedModel(["I wonder."] * 20)
    played = await play_game(model, make_planner(method))
    assert played.result.stop_reason == "stuck"
    reasons = {e.reason for e in played.of("turn_rejected")}
    assert len(reasons) == 1
    assert reasons.pop() in model.requests[1].messages[-1].content


@every_planner
async def test_a_model_that_fails_ends_the_plan_with_its_sentence(method):
    played = await play_game(ScriptedModel([ModelError("it is gone")]), make_planner(method))
    assert (played.result.stop_reason, played.result.error) == ("failed", "it is gone")


@every_planner
async def test_an_answer_ends_a_plan_without_a_world(method):
    reply = "Thought: I know.\nAnswer: 42" if method == "react" else cell("answer('42')")
    played = await play(ScriptedModel([reply]), planner=make_planner(method))
    assert (played.result.stop_reason, played.result.answer) == ("answered", "42")
    assert played.of("session_closed")[0].answer.value == "42"


class Broken(Environment):
    def reset(self):
        return "begin"

    def step(self, action):
        raise RuntimeError("it broke")


class BrokenDomain(Domain):
    name, description = "broken", "broken"

    def splits(self):
        return ("only",)

    def tasks(self, split):
        return (Task(id="t", domain="broken", split="only", goal="g"),)

    def open(self, task):
        return Broken()


@every_planner
async def test_a_world_that_breaks_is_an_ending_with_a_sentence(method):
    played = await play(actor(method, WIN), domain=BrokenDomain(), planner=make_planner(method))
    assert played.result.stop_reason == "failed"
    assert "RuntimeError: it broke" in played.result.error


@pytest.mark.parametrize(
    ("method", "switches", "name"),
    [
        ("repl-plan", ALL_ON, "repl-plan"),
        ("repl-plan", Switches(children=False), "repl-plan/no-children"),
        ("repl-plan", Switches(False, False, False, "statement"),
         "repl-plan/no-demonstrations/no-children/no-ask/statement"),
        ("react", Switches(demonstrations=False), "react/no-demonstrations"),
        ("code", Switches(ask=False), "code/no-ask"),
        ("flat", Switches(step="statement"), "flat/statement"),
    ],
)  # fmt: skip
def test_switches_enter_the_name(method, switches, name):
    assert make_planner(method, switches).name == name


@pytest.mark.parametrize(
    ("method", "switches", "sentence"),
    [
        ("tree-of-thoughts", ALL_ON, "there are: repl-plan, react, code, flat"),
        ("react", Switches(children=False), "--no-children means nothing for the method react"),
        ("react", Switches(ask=False), "--no-ask means nothing"),
        ("react", Switches(step="statement"), "--step statement means nothing"),
        ("code", Switches(step="statement"), "--step statement means nothing"),
        ("flat", Switches(children=False), "--no-children means nothing for the method flat"),
    ],
)
def test_what_there_is_not_is_said(method, switches, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make_planner(method, switches)


def test_flat_is_repl_plan_without_children():
    flat, ablated = make_planner("flat"), make_planner("repl-plan", Switches(children=False))
    assert type(flat) is type(ablated)
    assert flat.switches == ablated.switches
