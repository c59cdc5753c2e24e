"""A person steers by hand: what they wish waits for the plan, and the plan for what they decide."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from plans import cell, household, script, until

from replplan.branching import branch
from replplan.episode import Episode
from replplan.errors import ConfigError, KernelError
from replplan.helm import Fallen, Helm, Pause, Query, Review
from replplan.limits import Limits
from replplan.plugins import kernel_opener
from replplan.steering import Allow, Refuse
from replplan.trace import TraceWriter, read_trace
from replplan_domains.notebook import Notebook


class Person:
    """Runs a plan under a helm, and waits for what there is to decide."""

    def __init__(self, model, folder, domain=None, **limits):
        self.helm, self._changed = Helm(on_change=self._change), asyncio.Event()
        self.domain = domain or Notebook(goal="a goal")
        self.path = Path(folder) / "trace.jsonl"
        self.events = []
        self.episode = Episode(
            self.domain,
            self.domain.tasks(self.domain.splits()[0])[0],
            model,
            kernel_opener(),
            limits=Limits(**{"seconds": 120, **limits}),
            steering=self.helm,
            trace=str(self.path),
        )

    def _change(self):
        self._changed.set()

    async def __aenter__(self):
        self._writer = TraceWriter(self.path)
        episode = Episode(
            **{**vars(self.episode), "sinks": (self._writer, self.events.append)},
        )
        self._task = asyncio.create_task(episode.run())
        return self

    async def __aexit__(self, *_):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._writer.close()

    async def decide(self, kind):
        """The first decision of a kind, once there is one."""
        while not self.helm.waiting(kind):
            self._changed.clear()
            await until(self._changed, self._task)
        return self.helm.waiting(kind)[0]

    async def result(self):
        return await self._task

    def of(self, *kinds):
        return [e for e in read_trace(self.path) if e.type in kinds]


async def test_cells_wait_for_a_verdict_until_all_may_run(tmp_path):
    model = script(root=["x = 1", "x = 2", "x += 1", "answer(x)"])
    person = Person(model, tmp_path)
    person.helm.approving = True
    async with person:
        first = await person.decide(Review)
        assert (first.session, first.turn, first.code) == ("root", 1, "x = 1")
        first.make(Allow("x = 10"))
        (await person.decide(Review)).make(Refuse("no"))
        await person.decide(Review)
        person.helm.approve(False)
        assert (await person.result()).answer == 11
    assert [e.verdict for e in person.of("cell_reviewed")] == ["edited", "refused", "run"]


async def test_a_plan_pauses_steps_and_goes_on(tmp_path):
    person = Person(script(root=["x = 1", "x += 1", "x += 1", "answer(x)"]), tmp_path)
    person.helm.pause()
    async with person:
        await person.decide(Pause)
        assert not person.of("model_called")
        person.helm.step()
        await person.decide(Pause)
        assert len(person.of("cell_finished")) == 1
        person.helm.note("be quick")
        person.helm.resume()
        assert (await person.result()).answer == 3
    assert [e.paused for e in person.of("paused")] == [True, False, True, False]
    assert [e.text for e in person.of("noted")] == ["be quick"]


async def test_a_note_waits_for_its_session(tmp_path):
    model = script(root=["answer(work())"], work=["answer(2)"])
    person = Person(model, tmp_path)
    person.helm.note("for the child", "root/work")
    person.helm.note("never read", "root/other")
    async with person:
        await person.result()
    assert [(e.session, e.text) for e in person.of("noted")] == [("root/work", "for the child")]
    assert person.helm.notes == [("root/other", "never read")]


async def test_questions_and_limits_wait_for_a_person(tmp_path):
    model = script(root=["x = ask('which?')", "y = ask('and?')", "answer(x + y)"], ask=["b"])
    person = Person(model, tmp_path, turns=2)
    person.helm.answering = True
    async with person:
        query = await person.decide(Query)
        assert query.question.text == "which?"
        query.make("a")
        await person.decide(Query)
        person.helm.answer(False)
        fallen = await person.decide(Fallen)
        assert fallen.limit.limit == "turns"
        fallen.make(Limits(turns=9))
        assert (await person.result()).answer == "ab"


async def branched(person, model, **changes):
    """A branch of a person's plan, with a trace of its own, run to its end."""
    path = person.path.with_name("branch.jsonl")
    with TraceWriter(path) as writer:
        twin = await branch(
            person.helm.plan, sinks=(writer,), trace=str(path), model=model, steering=Helm()
        )
        return await twin.run(), list(read_trace(path))


async def test_two_plans_go_on_from_one_state(tmp_path):
    person = Person(script(root=["x = [1]", "x.append(2)", "answer(x)"]), tmp_path)
    async with person:
        person.helm.pause()
        (await person.decide(Pause)).make(None)
        await person.decide(Pause)
        other = script(root=["x.append(3)", "answer(x)"])
        result, events = await branched(person, other)
        assert result.answer == [1, 3]
        assert result.usage.turns == 3
        person.helm.resume()
        assert (await person.result()).answer == [1, 2]
    said = [m.content for m in other.requests[0].messages]
    assert said[-2:] == [cell("x = [1]"), "(no output)"]
    kinds = [e.type for e in events]
    assert kinds[0] == "plan_started"
    assert kinds.index("branched") > kinds.index("cell_finished")
    assert [e.code for e in events if e.type == "cell_started"] == [
        "x = [1]",
        "x.append(3)",
        "answer(x)",
    ]
    assert person.of("branched")[0].to == str(tmp_path / "branch.jsonl")


async def test_a_proposed_cell_stays_with_the_first_plan(tmp_path):
    person = Person(script(root=["x = 1", "answer('first')"]), tmp_path)
    person.helm.approving = True
    async with person:
        (await person.decide(Review)).make(Allow("x = 1"))
        await person.decide(Review)
        other = script(root=["answer(x + 1)"])
        result, _ = await branched(person, other)
        assert result.answer == 2
        assert other.requests[0].messages[-1].content == "(no output)"


async def test_a_branch_that_waited_for_a_cell_knows_what_came_of_it(tmp_path):
    person = Person(script(root=["x = ask('which?')\nprint(x)", "answer('first')"]), tmp_path)
    person.helm.answering = person.helm.watching = True
    async with person:
        query = await person.decide(Query)
        other = script(root=["answer(x)"])
        branching = asyncio.create_task(branched(person, other))
        await asyncio.sleep(0)  # it waits for the cell
        query.make("a")
        result, _ = await branching
    assert result.answer == "a"
    assert other.requests[0].messages[-1].content == "a"


async def test_a_world_is_led_to_where_it_stood(tmp_path):
    person = Person(
        script(root=["act('go to fridge 1')", "pass", "answer('first')"]), tmp_path, household()
    )
    async with person:
        person.helm.pause()
        (await person.decide(Pause)).make(None)
        await person.decide(Pause)
        before = person.of("acted")[0].observation
        result, _ = await branched(person, script(root=["seen = get_obs()", "answer(seen)"]))
        assert result.answer == before
        assert result.usage.actions == 1


async def test_what_cannot_be_branched_says_why(tmp_path):
    person = Person(script(root=["x = 1", "answer(1)"]), tmp_path)
    async with person:
        person.helm.pause()
        await person.decide(Pause)
        plan = person.helm.plan
        plan.episode = Episode(**{**vars(plan.episode), "trace": None})
        with pytest.raises(ConfigError, match="without a trace"):
            await branch(plan)
        plan.episode = Episode(**{**vars(plan.episode), "trace": str(person.path)})
        person.helm.resume()
        await person.result()
    with pytest.raises(KernelError, match="over"):
        await branch(plan)


async def test_a_branch_that_is_not_run_closes_its_kernel(tmp_path):
    person = Person(script(root=["x = 1", "answer(1)"]), tmp_path)
    async with person:
        person.helm.pause()
        await person.decide(Pause)
        twin = await branch(person.helm.plan, sinks=(), trace=None, steering=Helm())
        await twin.close()
        with pytest.raises(KernelError):
            await twin.origin.kernel.execute("1")
        person.helm.resume()
        await person.result()


async def test_the_variables_of_a_session_are_seen_after_its_cells(tmp_path, patient):
    cells = [
        "import re\nclass Odd:\n    def __repr__(self): raise SystemExit\n"
        "x, words, odd, _private = 1, ['a'] * 99, Odd(), 2",
        "answer(work())",
    ]
    person = Person(
        script(root=cells, work=["mine = {'k': odd_one()}", "answer(3)"], odd_one=["answer(1)"]),
        tmp_path,
    )
    person.helm.watching = True
    async with person:
        await person.result()
    seen = [
        (e.session, {v.name: (v.kind, v.value) for v in e.variables})
        for e in person.of("variables_seen")
    ]
    first = dict(seen)["root"]
    assert first["x"] == ("int", "1")
    assert first["odd"] == ("Odd", "")
    assert first["re"] == ("module", "re")
    assert first["words"][1].startswith("['a', 'a'")
    assert len(first["words"][1]) < 80
    assert not {"_private", "answer", "In", "history", "subtask"} & first.keys()
    assert ("root/work", {"mine": ("dict", "{'k': 1}")}) in seen
