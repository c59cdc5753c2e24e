"""How a child ends that does not answer: the one word or sentence of it in the trace."""

from __future__ import annotations

import asyncio

from plans import Played, cell, household, play, script

from replplan.episode import Episode
from replplan.errors import ModelError
from replplan.limits import Limits
from replplan.model import ScriptedModel
from replplan.plugins import kernel_opener
from replplan_domains.notebook import Notebook


def failures(played):
    return {e.session: e.failure for e in played.of("session_closed")}


async def test_one_that_is_stuck_says_so_in_the_trace_and_to_its_parent():
    root = [cell("try:\n    dither()\nexcept SubtaskFailed as e:\n    answer(str(e))")]
    played = await play(ScriptedModel({"root": root, "dither": ["Hm."] * 9}))
    assert played.result.answer == "dither: 5 turns in a row came to the same"
    stuck = "5 turns in a row came to the same"
    assert failures(played) == {"root/dither": stuck, "root": None}


async def test_one_in_which_a_limit_of_the_plan_falls_names_that_limit():
    look = "for _ in range(9): act('look')"
    played = await play(script(root=["look()"], look=[look]), Limits(actions=3), household())
    assert played.result.stop_reason == "limit:actions"
    assert failures(played)["root/look"] == "limit:actions"


async def test_one_that_spends_what_was_given_to_one_around_it_names_that_one():
    call = "try: subtask('b', limits=Limits(turns=4))\nexcept SubtaskFailed as e: answer(str(e))"
    steps = [f"x = {n}" for n in range(9)]
    played = await play(script(root=["answer(a())"], a=[call], b=["c()"], c=steps))
    used_up = "the limit of 4 turns is used up"
    assert played.result.answer == f"b: {used_up}"
    assert failures(played)["root/a/b/c"] == f"{used_up} that the sub-task b has"
    assert failures(played)["root/a/b"] == used_up


async def test_one_in_which_the_world_ends_has_not_failed():
    look = "for _ in range(99): act('look')"
    played = await play(script(root=["look()"], look=[look]), domain=household())
    assert played.result.stop_reason == "world_ended"
    assert failures(played)["root/look"] is None


class SlowModel(ScriptedModel):
    """Replies to the child `quick` when the child `slow` is there, and to that one when the first
    has ended; also a sink of events."""

    def __init__(self, replies):
        super().__init__(replies)
        self.let = {"root/quick": asyncio.Event(), "root/slow": asyncio.Event()}

    def __call__(self, event):
        if event.type == "session_opened" and event.session == "root/slow":
            self.let["root/quick"].set()
        if event.type == "session_closed" and event.session == "root/quick":
            self.let["root/slow"].set()

    async def complete(self, request, on_text=None):
        if request.session in self.let:
            await self.let[request.session].wait()
        return await super().complete(request, on_text)


async def test_of_two_that_fail_the_first_ends_the_plan_and_the_other_is_cancelled():
    root = (
        "import asyncio\nasync def a(): return await slow()\nasync def b(): return await quick()\n"
        "await asyncio.gather(a(), b())"
    )
    gone = {"slow": [ModelError("gone too")], "quick": [ModelError("gone")]}
    model, played = SlowModel({"root": [cell(root)], **gone}), Played()
    domain = Notebook(goal="a goal")
    sinks = (played.events.append, model)
    episode = Episode(domain, domain.tasks("goal")[0], model, kernel_opener(), sinks=sinks)
    played.result = await episode.run()
    assert (played.result.stop_reason, played.result.error) == ("failed", "gone")
    assert failures(played) == {"root/quick": "gone", "root/slow": "cancelled", "root": "failed"}
