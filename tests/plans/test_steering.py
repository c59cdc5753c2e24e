"""Somebody steers a plan: a scripted model, a real kernel; what was done is in the events."""

from __future__ import annotations

import asyncio

import pytest
from plans import Played, cell, household, script

from replplan.episode import Episode
from replplan.errors import ConfigError
from replplan.limits import Limits
from replplan.model import ScriptedModel
from replplan.planner import ReplPlanner
from replplan.plugins import kernel_opener
from replplan.steering import Allow, Refuse, Steering
from replplan_domains.notebook import Notebook


async def steered(model, steering, limits=None, domain=None):
    domain = domain or Notebook(goal="a goal")
    played = Played()
    episode = Episode(
        domain,
        domain.tasks(domain.splits()[0])[0],
        model,
        kernel_opener(),
        planner=ReplPlanner(),
        limits=limits or Limits(seconds=120),
        sinks=(played.events.append, getattr(steering, "see", lambda _: None)),
        steering=steering,
    )
    played.result = await episode.run()
    return played


def prompts(model):
    """What the model read in its last request."""
    return [m.content for m in model.requests[-1].messages]


class Reviewer(Steering):
    def __init__(self, *verdicts):
        self.verdicts, self.seen = list(verdicts), []

    async def before_cell(self, session, code):
        self.seen.append((session.id, code))
        return self.verdicts.pop(0) if self.verdicts else None


async def test_a_cell_is_let_through_changed_or_refused():
    model = script(root=["x = 1", "x = 2", "x = 3", "answer(x)"])
    reviewer = Reviewer(Allow("x = 1"), Allow("x = 20"), Refuse("three is unlucky"))
    played = await steered(model, reviewer)
    assert played.result.answer == 20
    reviewed = [(e.verdict, e.proposed, e.code, e.reason) for e in played.of("cell_reviewed")]
    assert reviewed == [
        ("run", "x = 1", "", ""),
        ("edited", "x = 2", "x = 20", ""),
        ("refused", "x = 3", "", "three is unlucky"),
    ]
    assert [e.code for e in played.of("cell_started")] == ["x = 1", "x = 20", "answer(x)"]
    told = prompts(model)
    assert "```python\nx = 20\n```" in told[-3]
    assert told[-3].startswith("The user changed this cell")
    assert told[-1] == "The user did not let this cell run: three is unlucky"


async def test_without_steering_nothing_changes():
    cells = ["x = ask('how many?', type=int)", "print(x)", "answer(x)"]
    model, steered_model = (script(root=cells, ask=["7"]) for _ in range(2))
    plain = await steered(model, Steering())
    other = await steered(steered_model, Reviewer())
    assert [r.messages for r in model.requests] == [r.messages for r in steered_model.requests]
    assert [e.type for e in plain.events] == [e.type for e in other.events]
    assert plain.result.answer == 7


class Noter(Steering):
    async def before_turn(self, session):
        return ("look at $y too",) if session.turns == 1 else ()


async def test_a_note_enters_the_transcript_and_prompts_only_grow():
    model = script(root=["x = 1", "x = 2", "answer(x)"])
    played = await steered(model, Noter())
    (noted,) = played.of("noted")
    assert (noted.session, noted.text) == ("root", "look at $y too")
    assert prompts(model)[-3].endswith("A note from the user: look at $y too")
    first, second, third = (r.messages for r in model.requests)
    assert second[: len(first)] == first
    assert third[: len(second)] == second


class Answerer(Steering):
    def __init__(self, *replies):
        self.replies, self.tried = list(replies), []

    async def before_ask(self, session, question):
        self.tried.append(question.tried)
        return self.replies.pop(0)


async def test_somebody_answers_a_question_and_one_that_does_not_fit_comes_back():
    model = script(root=["x = ask('how many?', type=int)", "answer(x)"], ask=[])
    answerer = Answerer("seven", "7")
    played = await steered(model, answerer)
    assert played.result.answer == 7
    assert [e.answer for e in played.of("ask_answered")] == ["seven", "7"]
    assert answerer.tried[0] == ()
    assert answerer.tried[1][0][0] == "seven"
    assert played.result.usage.asks == 0
    assert played.result.usage.model_calls == 2


async def test_a_question_that_is_left_alone_goes_to_the_model():
    model = script(root=["answer(ask('how many?', type=int))"], ask=["5"])
    played = await steered(model, Answerer(None))
    assert (played.result.answer, played.result.usage.asks) == (5, 1)
    assert not played.of("ask_answered")


class Generous(Steering):
    def __init__(self, *raises):
        self.raises, self.fallen = list(raises), []

    async def limit_fell(self, limit):
        self.fallen.append((limit.limit, limit.allowed))
        return self.raises.pop(0) if self.raises else None


async def test_a_limit_is_raised_when_it_falls():
    model = script(root=[f"x = {i}" for i in range(9)])
    generous = Generous(Limits(turns=4))
    played = await steered(model, generous, Limits(turns=2))
    assert played.result.stop_reason == "limit:turns"
    assert len(model.requests) == 4
    assert generous.fallen == [("turns", 2), ("turns", 4)]
    (raised,) = played.of("limits_raised")
    assert (raised.limit, raised.limits.turns) == ("turns", 4)


async def test_limits_that_are_no_higher_end_the_plan():
    generous = Generous(Limits(turns=2))
    played = await steered(script(root=["x = 1"] * 3), generous, Limits(turns=2))
    assert played.result.stop_reason == "limit:turns"
    assert not played.of("limits_raised")


async def test_time_is_raised_while_a_cell_runs():
    model = script(root=["import time; time.sleep(0.6)", "answer('late')"])
    generous = Generous(Limits(seconds=60))
    played = await steered(model, generous, Limits(seconds=0.3))
    assert played.result.answer == "late"
    assert played.of("limits_raised")[0].limit == "seconds"


async def test_actions_are_raised_in_the_middle_of_a_cell():
    model = script(root=["for _ in range(3): act('look')", "answer(1)"])
    played = await steered(model, Generous(Limits(actions=5)), Limits(actions=1), household())
    assert played.result.stop_reason == "answered"
    assert played.result.usage.actions == 3


class Slow(Steering):
    """Takes ten times as long as the plan has left."""

    def opened(self, plan):
        self.plan = plan

    async def before_cell(self, session, code):
        budget = self.plan.tree.budget
        self.spent = [budget.usage.seconds]
        self.plan.raise_limits(Limits(seconds=budget.usage.seconds + 0.02))
        await asyncio.sleep(0.2)
        self.spent.append(budget.usage.seconds)
        self.plan.raise_limits(Limits(seconds=120))
        return Allow(code)


async def test_time_that_somebody_takes_is_not_the_plans():
    slow = Slow()
    played = await steered(script(root=["answer(1)"]), slow)
    assert played.result.stop_reason == "answered"
    assert slow.spent[0] == slow.spent[1] <= played.result.usage.seconds


class FromOutside(Steering):
    """Does something, in a task of its own, when an event comes."""

    def __init__(self, when, do):
        self.when, self.do, self.task = when, do, None

    def opened(self, plan):
        self.plan = plan

    def see(self, event):
        if self.task is None and self.when(event):
            self.task = asyncio.create_task(self.do(self.plan))


async def test_the_running_cell_is_interrupted_and_keeps_its_variables(patient):
    loop = "x = 5\nprint('on')\nimport time\nwhile True: time.sleep(0.01)"
    model = script(root=[loop, "answer(x)"])
    outside = FromOutside(lambda e: e.type == "output_streamed", lambda plan: plan.interrupt())
    played = await steered(model, outside)
    assert played.result.answer == 5
    assert await outside.task is True
    first = played.of("cell_finished")[0]
    assert first.result.stopped == "interrupt"
    assert "interrupted by the user" in prompts(model)[-1]
    (told,) = played.of("interrupted")
    assert (told.session, told.stopped) == ("root", True)


async def test_a_childs_cell_is_interrupted_and_the_child_goes_on(patient):
    loop = "print('on')\nimport time\nwhile True: time.sleep(0.01)"
    model = script(root=["answer(work())"], work=[loop, "answer('done')"])

    async def interrupt(plan):
        return await plan.interrupt("root/work")

    outside = FromOutside(lambda e: e.type == "output_streamed", interrupt)
    played = await steered(model, outside)
    assert played.result.answer == "done"
    assert played.of("interrupted")[0].session == "root/work"


async def test_nothing_runs_so_nothing_is_interrupted():
    class Idle(Steering):
        def opened(self, plan):
            self.plan = plan

        async def before_turn(self, session):
            self.stopped = await self.plan.interrupt()
            with pytest.raises(ConfigError, match="no session 'root/none'"):
                await self.plan.interrupt("root/none")
            return ()

    idle = Idle()
    played = await steered(script(root=["answer(1)"]), idle)
    assert idle.stopped is False
    assert played.of("interrupted")[0].stopped is False


class OwnCell(Steering):
    def __init__(self, code, **at):
        self.code, self.at = code, at

    def opened(self, plan):
        self.plan = plan

    async def before_turn(self, session):
        if session.turns == 1:
            self.result = await self.plan.run_cell(self.code, **self.at)
        return ()


async def test_a_cell_of_ones_own_runs_in_the_live_kernel_and_the_model_is_told():
    model = script(root=["x = 1", "answer(x)"])
    played = await steered(model, OwnCell("x += 41; print('mine')"))
    assert played.result.answer == 42
    started, finished = played.of("own_cell_started", "own_cell_finished")
    assert (started.code, started.number, finished.number) == ("x += 41; print('mine')", 1, 1)
    assert finished.result.output == "mine\n"
    assert prompts(model)[-1].endswith(
        "The user ran a cell of their own in this notebook:\n"
        "```python\nx += 41; print('mine')\n```\nWhat came of it:\nmine"
    )


async def test_a_cell_of_ones_own_can_answer():
    model = script(root=["x = 1", "answer('not this')"])
    played = await steered(model, OwnCell("answer('mine')"))
    assert played.result.answer == "mine"
    assert len(played.of("cell_started")) == 1


async def test_a_kernel_that_dies_under_a_cell_of_ones_own_says_so():
    model = script(root=["x = 1", "answer(1)"])
    played = await steered(model, OwnCell("import os; os._exit(1)"))
    assert played.result.stop_reason == "failed"
    (finished,) = played.of("own_cell_finished")
    assert "process has ended" in finished.failure


async def test_a_refusal_again_and_again_counts_as_no_progress():
    class Never(Steering):
        async def before_cell(self, session, code):
            return Refuse("no")

    played = await steered(ScriptedModel([cell("x = 1")] * 9), Never())
    assert played.result.stop_reason == "stuck"
