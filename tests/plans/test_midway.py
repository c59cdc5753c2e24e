"""A plan whose kernel is branched in the middle of a cell: its sub-tasks go on where they were."""

from __future__ import annotations

import asyncio
from dataclasses import fields

import pytest
from plans import Played, cell

from replplan.branching import _twin
from replplan.calls import TreeCalls
from replplan.episode import Episode
from replplan.kernel import ROOT
from replplan.model import ScriptedModel
from replplan.plugins import kernel_opener
from replplan.steering import Steering
from replplan_domains.notebook import Notebook
from replplan_kernels.zygote.launch import can_fork

pytestmark = pytest.mark.skipif(can_fork() is not None, reason=str(can_fork()))


class Waits(ScriptedModel):
    """Answers no question before it is let."""

    def __init__(self, script):
        super().__init__(script)
        self.asked, self.let = asyncio.Event(), asyncio.Event()

    async def complete(self, request, on_text=None):
        if request.purpose == "ask":
            self.asked.set()
            await self.let.wait()
        return await super().complete(request, on_text)


class Seen(Steering):
    def __init__(self):
        self.ended = []

    def opened(self, plan):
        self.plan = plan

    async def after_cell(self, session):
        self.ended.append(session.id)


async def test_a_child_in_the_middle_of_a_cell_sees_it_out_and_goes_on():
    work = ["print('before')\nn = [1]\nn.append(ask('left or right?'))", "answer(n)"]
    left = ScriptedModel({"ask": ["left"], "work": [cell("n += ['twin']\nanswer(n)")]})
    right = Waits(
        {"root": [cell("answer(work())")], "work": list(map(cell, work)), "ask": ["right"]}
    )
    played, seen, there_seen, domain = Played(), Seen(), Seen(), Notebook(goal="g")
    sinks = (played.events.append,)
    episode = Episode(
        domain, domain.tasks("goal")[0], right, kernel_opener(), sinks=sinks, steering=seen
    )
    running = asyncio.create_task(episode.run())
    await asyncio.wait_for(right.asked.wait(), 60)

    told = list[object]()
    other = {f.name: getattr(episode, f.name) for f in fields(Episode)}
    other |= {"model": left, "sinks": (told.append,), "steering": there_seen}
    twin = _twin(seen.plan.tree, Episode(**other))
    branch = await seen.plan.kernel.branch(TreeCalls(twin))
    try:
        twin.sessions[ROOT].repl = branch
        there = await asyncio.wait_for(branch.resume(), 60)
    finally:
        await branch.close()
    right.let.set()
    assert (await running).answer == [1, "right"]
    assert there.answer.value == [1, "left", "twin"]
    assert there_seen.ended == ["root/work"] * 2
    assert [e.type for e in told if e.type.startswith("session")] == ["session_closed"]
    (first, _) = [e for e in told if e.type == "cell_finished"]
    assert (first.session, first.turn, first.result.output) == ("root/work", 1, "before\n")
    prompt = left.requests[-1].messages
    assert prompt[-1].content == "before"
    assert prompt[-2].role == "assistant"
    entered = [m.content for m in prompt if "work()" in m.content and m.role == "user"]
    assert len(entered) == 1
