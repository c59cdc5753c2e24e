"""A parent gives a child less than the plan has."""

from __future__ import annotations

import asyncio

import pytest
from plans import cell, household, play, script

from replplan.limits import Limits
from replplan.model import Completion, ModelAround, ScriptedModel, Tokens

CALL = "try: answer(subtask('work', limits=Limits({limits})))\nexcept SubtaskFailed as e: answer(str(e))"


def parent(limits):
    return [CALL.format(limits=limits)]


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ("turns=3", "work: the limit of 3 turns is used up"),
        ("model_calls=3", "work: the limit of 3 model calls is used up"),
        ("tokens=500", "tokens is used up"),
    ],
)
async def test_a_limit_of_its_own_fails_the_child_alone(limits, words):
    model = script(root=parent(limits), work=[f"x = {i}" for i in range(50)])
    played = await play(model)
    assert played.result.stop_reason == "answered"
    assert played.result.answer.endswith(words)
    opened = played.of("session_opened")[1]
    assert getattr(opened.limits, limits.partition("=")[0])
    assert opened.limits.seconds is None
    (reached,) = played.of("limit_reached")
    assert reached.session == "root/work"
    closed = played.of("session_closed")[0]
    assert (closed.session, closed.failure) == ("root/work", words.removeprefix("work: ")) or (
        limits.startswith("tokens") and closed.failure.endswith("tokens is used up")
    )


async def test_a_child_that_answers_in_time_answers():
    model = script(root=parent("turns=3"), work=["x = 1", "x += 1", "answer(x)"])
    assert (await play(model)).result.answer == 2


async def test_what_a_child_spends_is_spent_on_the_plan_too():
    model = script(root=parent("turns=3"), work=["x = 1"] * 9)
    played = await play(model)
    assert played.result.usage.turns == len(model.requests) == 4
    model = script(root=parent("turns=30"), work=[f"x = {i}" for i in range(50)])
    played = await play(model, Limits(turns=5, seconds=60))
    assert played.result.stop_reason == "limit:turns"


class Unpriced(ModelAround):
    async def complete(self, request, on_text=None):
        done = await self._model.complete(request, on_text)
        return done.model_copy(update={"tokens": Tokens(input=9, output=1, cost=None)})


@pytest.mark.parametrize(
    ("limits", "of_child"), [({"cost": 1}, "turns=3"), ({}, "cost=1"), ({}, "turns=3")]
)
async def test_a_limit_on_cost_that_cannot_be_kept_ends_the_plan_at_once(limits, of_child):
    model = script(root=parent(of_child), work=["answer(1)"])
    played = await play(Unpriced(model), Limits(seconds=60, **limits))
    kept = not limits and "cost" not in of_child
    assert played.result.stop_reason == ("answered" if kept else "failed")
    assert kept or "the price of scripted is not known" in played.result.error
    assert len(model.requests) == (1 if limits else 2)
    assert played.result.usage.cost is None


async def test_a_dict_will_do_and_a_new_entry_has_a_new_budget():
    cells = [
        "failed = []\n"
        "for _ in range(2):\n"
        "    try: subtask('work', limits={'turns': 2})\n"
        "    except SubtaskFailed: failed.append(1)\n"
        "answer([failed, work()])"
    ]
    work = ["x = 0"] + ["x += 1"] * 5 + ["answer(x)"]
    played = await play(script(root=cells, work=work))
    assert played.result.answer == [[1, 1], 5]


async def test_a_grandchild_spends_of_its_grandparents_gift():
    model = script(
        root=parent("turns=4"),
        work=[
            "try: deeper()\nexcept SubtaskFailed as e: seen = str(e)",
            "answer('one turn too many')",
        ],
        deeper=[f"y = {i}" for i in range(9)],
    )
    played = await play(model)
    assert played.result.answer == "work: the limit of 4 turns is used up"
    closed = {e.session: e.failure for e in played.of("session_closed")}
    own = "the limit of 4 turns is used up that the sub-task work has"
    assert closed["root/work/deeper"] == own


async def test_of_nested_gifts_the_smaller_counts():
    model = script(
        root=parent("turns=9"),
        work=[CALL.format(limits="turns=2").replace("'work'", "'deeper'")],
        deeper=["y = 1"] * 9,
    )
    played = await play(model)
    assert played.result.answer == "deeper: the limit of 2 turns is used up"


async def test_depth_counts_from_the_child():
    model = script(
        root=parent("depth=1"),
        work=["answer(deeper())"],
        deeper=["try: deepest()\nexcept SubtaskFailed as e: answer(str(e))"],
    )
    played = await play(model)
    assert "deepest: the limit of 1 depth" in played.result.answer


async def test_time_is_up_for_a_running_cell(patient):
    model = script(root=parent("seconds=1.5"), work=["while True: pass"])
    played = await play(model)
    assert played.result.answer == "work: the limit of 1.5 seconds is used up"
    begun = [e for e in played.of("cell_started") if e.session == "root/work"]  # or it was late
    stopped = [e.result.stopped for e in played.of("cell_finished") if e.session == "root/work"]
    assert stopped == ["timeout"] * len(begun)


async def test_time_is_up_in_a_grandchild(patient):
    model = script(
        root=parent("seconds=1.5"), work=["answer(deeper())"], deeper=["while True: pass"]
    )
    played = await play(model)
    assert played.result.stop_reason == "answered"
    assert "1.5 seconds is used up" in played.result.answer


class Slow(ScriptedModel):
    """Never comes back to `work`."""

    async def complete(self, request, on_text=None):
        if request.session.endswith("work"):
            await asyncio.Event().wait()
        return await super().complete(request, on_text)


@pytest.mark.slow
async def test_time_is_up_while_the_model_thinks():
    played = await play(Slow({"root": [cell(c) for c in [*parent("seconds=0.5"), "answer(1)"]]}))
    assert played.result.answer == "work: the limit of 0.5 seconds is used up"


class Silent(ScriptedModel):
    """Never answers a question."""

    async def complete(self, request, on_text=None):
        if request.purpose == "ask":
            await asyncio.Event().wait()
            return Completion(text="")
        return await super().complete(request, on_text)


@pytest.mark.slow
async def test_time_is_up_while_a_cell_of_the_child_waits():
    replies = {"root": [cell(parent("seconds=0.5")[0])], "work": [cell("ask('?')")] * 3}
    played = await play(Silent(replies))
    assert played.result.answer == "work: the limit of 0.5 seconds is used up"
    assert played.of("cell_finished")[-1].result.error is None


@pytest.mark.parametrize("ends", ["print('gave up')", "answer('done what I could')"])
async def test_an_action_too_many_is_an_error_in_the_cell_and_then_the_childs_end(ends):
    work = [
        f"try:\n    while True: act('look')\nexcept RuntimeError as e:\n    print(e)\n    {ends}"
    ]
    played = await play(script(root=parent("actions=3"), work=work * 2), domain=household())
    assert played.result.usage.actions == 3
    assert "3 actions is used up: answer with what there is" in played.shown[0]
    if "answer" in ends:
        assert played.result.answer == "done what I could"
    else:
        assert played.result.answer == "work: the limit of 3 actions is used up"


async def test_a_cells_running_time(patient):
    work = ["while True: pass", *["answer('on')"] * 3]  # again, where that is stopped too
    model = script(root=parent("cell_seconds=0.5"), work=work)
    played = await play(model)
    assert played.result.answer == "on"
    assert "stopped after 0.5 s" in played.shown[0]


@pytest.mark.parametrize(
    ("limits", "name", "words"),
    [
        ("dict(turn=5)", "ValueError", "no limit 'turn'; there are: turns,"),
        ("dict(turns=0)", "ValueError", "the limit turns is a whole number above 0"),
        ("dict(turns='many')", "ValueError", "the limit turns is a whole number above 0"),
        ("5", "TypeError", "Limits(turns=5)"),
        ("dict(turns=print)", "TypeError", "JSON"),
    ],
)
async def test_limits_that_are_none(limits, name, words):
    code = f"try: subtask('work', limits={limits})\nexcept Exception as e: answer(repr(e))"
    played = await play(script(root=[code]))
    assert played.result.answer.startswith(name)
    assert words in played.result.answer
    assert len(played.of("session_opened")) == 1


async def test_children_at_once_share_the_plans_budget():
    code = (
        "import asyncio\n"
        "got = await asyncio.gather(*[subtask('work', i, limits=Limits(turns=2)) for i in range(4)],"
        " return_exceptions=True)\n"
        "answer([str(g) for g in got])"
    )
    model = ScriptedModel({"root": [cell(code)], "work": [cell(f"x = {i}") for i in range(50)]})
    played = await play(model)
    assert len(played.result.answer) == 4
    assert all("2 turns is used up" in a for a in played.result.answer)
    assert played.result.usage.turns == 9
