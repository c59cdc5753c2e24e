"""How a plan ends, and what it may spend."""

from __future__ import annotations

import asyncio
import random

import psutil
import pytest
from plans import cell, household, play, script, until

from replplan.domain import Score
from replplan.errors import ModelError
from replplan.limits import Limits
from replplan.model import ScriptedModel
from replplan_domains.notebook import Notebook


async def test_an_answer_ends_the_plan():
    played = await play(script(root=["x = 6 * 7", "answer({'x': x, 'y': (1, 2)})"]))
    assert played.result.stop_reason == "answered"
    assert played.result.answer == {"x": 42, "y": [1, 2]}
    assert (played.result.score, played.result.solved) == (None, None)
    assert played.events[0].type == "plan_started"
    assert played.events[-1].type == "plan_finished"


async def test_an_answer_without_a_json_form_is_given_as_its_repr():
    played = await play(script(root=["answer(complex(1, 2))"]))
    assert played.result.answer == "(1+2j)"
    assert played.events[-1].answer.exact is False


async def test_answer_ends_its_cell():
    played = await play(
        script(root=["for i in range(9):\n    if i == 3:\n        answer(i)\nprint('on')"])
    )
    assert played.result.answer == 3
    assert played.shown == ["(no output)"]


async def test_errors_are_shown_and_repaired():
    played = await play(script(root=["total = 1 / 0", "total = 1\nanswer(total)"]))
    assert played.result.answer == 1
    assert played.shown[0].endswith("ZeroDivisionError: division by zero")
    assert "total = 1 / 0" in played.shown[0]


async def test_replies_without_a_cell_are_told_so_and_then_the_plan_is_stuck():
    model = ScriptedModel(["I wonder.", "", "Let me think.", "Hm.", "So be it.", "Oh.", "Ah."])
    played = await play(model)
    assert played.result.stop_reason == "stuck"
    reasons = [e.reason for e in played.of("turn_rejected")]
    assert "```python" in reasons[0]
    assert "empty" in reasons[1]
    said = [m.content for m in model.requests[-1].messages]
    assert reasons[0] in said


async def test_the_same_cell_again_and_again_is_noticed_and_then_the_plan_is_stuck():
    model = ScriptedModel([cell("print('again')")] * 9)
    played = await play(model)
    assert played.result.stop_reason == "stuck"
    assert len(model.requests) == 5
    assert "same cell with the same result" in model.requests[3].messages[-1].content
    assert [r.vary for r in model.requests] == [False, False, False, True, True]


@pytest.mark.parametrize("said", ["print(i)", "i", "assert i > 8, i"])
async def test_a_repeated_cell_that_gets_on_is_not_stuck(said):
    """As its output, its value or its error tells."""
    cells = ["i = 0"] + [f"i += 1\n{said}"] * 8 + ["answer(i)"]
    assert (await play(script(root=cells))).result.answer == 8


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(turns=3), "limit:turns"),
        (Limits(model_calls=3), "limit:model_calls"),
        (Limits(tokens=500), "limit:tokens"),
    ],
)
async def test_a_limit_ends_the_plan(limits, reason):
    model = ScriptedModel([cell(f"x = {i}") for i in range(50)])
    played = await play(model, limits)
    assert played.result.stop_reason == reason
    (reached,) = played.of("limit_reached")
    assert reached.used >= reached.allowed == getattr(limits, reason.removeprefix("limit:"))
    if reason != "limit:tokens":
        assert len(model.requests) == 3


async def test_the_limit_on_wall_time_ends_a_running_cell():
    played = await play(script(root=["while True: pass"]), Limits(seconds=3))
    assert played.result.stop_reason == "limit:seconds"


async def test_a_limit_that_falls_in_a_child_ends_the_plan_whatever_the_parent_catches():
    model = script(
        root=["try:\n    work()\nexcept Exception as e:\n    print('caught', e)\nprint('went on')"],
        work=[f"x = {i}" for i in range(9)],
    )
    played = await play(model, Limits(turns=4))
    assert played.result.stop_reason == "limit:turns"
    assert not any("went on" in s or "caught" in s for s in played.shown)


async def test_a_child_that_would_nest_too_deep_raises_in_its_parent():
    model = script(
        root=["down(1)"],
        down=[
            "n, = get_args()\ntry:\n    answer(down(n + 1))\n"
            "except SubtaskFailed as e:\n    print(e)\n    answer(n)"
        ]
        * 9,
    )
    model.replies["root"] = [cell("answer(down(1))")]
    played = await play(ScriptedModel(model.replies), Limits(depth=3))
    assert played.result.answer == 3
    assert any("sub-task" in s for s in played.shown)


async def test_a_model_that_fails_ends_the_plan_with_its_sentence():
    played = await play(ScriptedModel([cell("x = 1"), ModelError("the endpoint is gone")]))
    assert (played.result.stop_reason, played.result.error) == ("failed", "the endpoint is gone")


async def test_a_model_that_fails_in_a_child_ends_the_plan_too():
    model = ScriptedModel(
        {
            "root": [cell("try:\n    work()\nexcept Exception: pass\nanswer(1)")],
            "work": [ModelError("the endpoint is gone")],
        }
    )
    played = await play(model)
    assert (played.result.stop_reason, played.result.error) == ("failed", "the endpoint is gone")
    assert played.of("session_closed")[0].failure == "the endpoint is gone"


async def test_a_kernel_that_dies_is_named():
    played = await play(script(root=["import os\nos._exit(3)"]))
    assert played.result.stop_reason == "failed"
    assert "kernel" in played.result.error


async def test_cancelling_ends_everything_and_tells_the_trace():
    events, started = [], asyncio.Event()

    def sink(event):
        events.append(event)
        if event.type == "output_streamed":
            started.set()

    from replplan import plan

    seconds = str(random.randint(10**6, 10**7))  # names the process, whose number we cannot see
    code = f"import subprocess\nprint('on', flush=True)\nsubprocess.run(['sleep', '{seconds}'])"
    model = script(root=[code])
    task = asyncio.create_task(plan("wait", model=model, on_event=sink))
    await until(started, task)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert events[-1].stop_reason == "cancelled"
    left = [p for p in psutil.process_iter(["cmdline"]) if seconds in (p.info["cmdline"] or ())]
    assert psutil.wait_procs(left, 30)[1] == []  # killed, and maybe not gone yet


GIVEN_UP = {
    "CancelledError": "task = asyncio.create_task(call())\nawait asyncio.to_thread(begun.wait)\n"
    "task.cancel()\nawait asyncio.wait({task})\nprint(task.cancelled())",
    "TimeoutError": "task = asyncio.create_task(call())\nawait asyncio.to_thread(begun.wait)\n"
    "try: await asyncio.wait_for(task, 0.1)\nexcept TimeoutError: print(True)",
    "a sibling that failed": "try:\n    async with asyncio.TaskGroup() as group:\n"
    "        group.create_task(call())\n        await asyncio.to_thread(begun.wait)\n        1 / 0\n"
    "except* ZeroDivisionError as e: print(len(e.exceptions) == 1)",
}


@pytest.mark.parametrize("how", GIVEN_UP)
async def test_a_child_that_its_parent_gives_up_is_cancelled_as_asyncio_has_it(how, patient):
    """It does nothing more in the world, its end is nobody's fault, and the plan goes on."""
    root = (
        "import asyncio, builtins, threading\nbuiltins.begun = threading.Event()\n"
        f"async def call(): return await wander()\n{GIVEN_UP[how]}"
    )
    wander = ["act('look')\nbegun.set()\nwhile True: pass"]
    played = await play(script(root=[root, "answer(1)"], wander=wander), domain=household())
    assert (played.result.answer, played.result.error) == (1, None)
    assert "True" in played.shown
    closed = {e.session: e.failure for e in played.of("session_closed")}
    assert closed == {"root": None, "root/wander": "cancelled"}


class Judge(Notebook):
    """Can score what is a number; says a number for a score where that is below 0."""

    def score(self, task, last, answer):
        return -1.0 if answer.value < 0 else Score(value=min(1, answer.value), solved=True)


@pytest.mark.parametrize(("code", "why"), [("answer('x')", "TypeError"), ("answer(-2)", "Score")])
async def test_a_plan_that_its_domain_cannot_score_has_a_result_and_is_on_record(code, why):
    played = await play(script(root=[code]), domain=Judge(goal="a number"))
    result = played.result
    assert (result.stop_reason, result.fault, result.solved) == ("failed", "world", False)
    assert "cannot score this plan, which ended as answered" in result.error
    assert why in result.error
    assert played.events[-1].error == result.error


class OfSomebody(ScriptedModel):
    """A model that somebody wrote, which knows nothing of our errors."""

    async def complete(self, request, on_text=None):
        raise ConnectionResetError("the line is dead")


async def test_what_a_model_of_somebodys_raises_is_a_failure_of_the_model():
    result = (await play(OfSomebody([]))).result
    assert (result.stop_reason, result.fault) == ("failed", "model")
    assert result.error == "the model scripted failed: ConnectionResetError: the line is dead"


@pytest.mark.parametrize("code", ["f()", "ask('?')"])
async def test_a_fault_below_the_root_is_told_from_others_as_one_of_the_root_is(code):
    gone = [ModelError("gone")]
    result = (await play(ScriptedModel({"root": [cell(code)], "f": gone, "ask": gone}))).result
    assert (result.stop_reason, result.error, result.fault) == ("failed", "gone", "model")
