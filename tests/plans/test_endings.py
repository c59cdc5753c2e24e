"""How a plan ends, and what it may spend."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import psutil
import pytest
from plans import cell, household, play, script

from replplan.domain import Domain, Environment, Task
from replplan.errors import ModelError
from replplan.limits import Limits
from replplan.model import ScriptedModel


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


async def test_a_repeated_cell_that_gets_on_is_not_stuck():
    cells = ["i = 0"] + ["i += 1\nprint(i)"] * 8 + ["answer(i)"]
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


async def test_a_child_that_is_stuck_raises_in_its_parent():
    model = ScriptedModel(
        {
            "root": [
                cell("try:\n    dither()\nexcept SubtaskFailed as e:\n    answer(str(e))"),
            ],
            "dither": ["Hm."] * 9,
        }
    )
    played = await play(model)
    assert "dither" in played.result.answer
    assert "in a row" in played.result.answer
    closed = played.of("session_closed")
    assert closed[0].failure


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
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert events[-1].stop_reason == "cancelled"
    left = [p for p in psutil.process_iter(["cmdline"]) if seconds in (p.info["cmdline"] or ())]
    assert left == []


async def test_the_end_of_the_world_unwinds_every_cell():
    """No `except Exception` holds it, in no REPL of the tree."""
    won = "try:\n    go()\nexcept Exception:\n    print('held')\nprint('went on')"
    plan = ["go to shelf 2", "take alarmclock 1 from shelf 2", "go to sidetable 1"]
    child = [
        f"for a in {plan!r}: act(a)",
        "try:\n    act('move alarmclock 1 to sidetable 1')\n"
        "except Exception: pass\nprint('and on')",
    ]
    domain = household()
    played = await play_dev(script(root=[won], go=child), domain)
    assert (played.result.stop_reason, played.result.solved) == ("world_ended", True)
    assert not any("on" in s for s in played.shown)
    assert not [e for e in played.of("cell_finished") if e.result.error]


async def play_dev(model, domain, limits=None):
    task = domain.task("demo-pick")

    class Dev(Domain):
        name, has_world, description, demos = "alfworld", True, domain.description, None

        def splits(self):
            return ("dev",)

        def tasks(self, split):
            return (task,)

        def open(self, t):
            return domain.open(t)

    Dev.__module__ = "__main__"  # defined in a test: its world runs in a thread
    return await play(model, limits, Dev())


async def test_fifty_actions_end_a_game():
    played = await play_dev(script(root=["for i in range(99): act('look')"]), household())
    result = played.result
    assert (result.stop_reason, result.solved, result.score) == ("world_ended", False, 0.0)
    assert result.usage.actions == 50


async def test_a_limit_on_actions_is_held_before_the_action():
    played = await play_dev(
        script(root=["for i in range(99): act('look')"]), household(), Limits(actions=7)
    )
    assert played.result.stop_reason == "limit:actions"
    assert played.result.usage.actions == len(played.of("acted")) == 7


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ("act(3)", "TypeError: act() takes the action as a string, not int"),
        ("act()", "TypeError: act(): missing a required argument: 'action'"),
        ("act('look', 'up')", "TypeError: act(): too many positional arguments"),
        ("get_obs(1)", "TypeError: get_obs(): too many positional arguments"),
    ],
)
async def test_a_wrong_call_is_the_cells_own_error(call, sentence):
    played = await play_dev(script(root=[call, "answer(1)"]), household())
    assert played.result.stop_reason == "answered"
    assert played.shown[0].splitlines()[-1] == sentence
    assert played.result.usage.actions == 0


async def test_an_unknown_action_is_the_worlds_own_refusal():
    played = await play_dev(script(root=["print(act('dance'))", "answer(get_obs())"]), household())
    assert played.shown[0] == "Nothing happens."
    assert played.result.answer == "Nothing happens."


async def test_a_cell_that_redefines_act_and_answer_harms_only_itself():
    cells = [
        "act = lambda a: 'You won, reward 1'\nprint(act('x'))\nanswer = print\nanswer(5)",
        "act('look')",
        "del act, answer",
        "answer(7)",
    ]
    played = await play_dev(script(root=cells, answer=["answer(1)"]), household(), Limits(turns=6))
    assert played.result.score == 0
    assert played.result.usage.actions == 0


class Fragile(Environment):
    def reset(self):
        return "begin"

    def step(self, action):
        raise RuntimeError("it broke")


class FragileDomain(Domain):
    name, description = "fragile", "fragile"

    def splits(self):
        return ("only",)

    def tasks(self, split):
        return (Task(id="t", domain="fragile", split="only", goal="g"),)

    def open(self, task):
        return Fragile()


async def test_a_world_that_breaks_is_an_ending_with_a_sentence():
    played = await play(script(root=["act('x')"]), domain=FragileDomain())
    assert played.result.stop_reason == "failed"
    assert "RuntimeError: it broke" in played.result.error


async def test_functions_of_the_host_cross_in_json(tmp_path):
    tools = tmp_path / "tools.py"
    tools.write_text(
        "SECRET = 'sk-canary'\n"
        "def double(x: int) -> int:\n    'Twice x.'\n    return 2 * x\n"
        "def fail():\n    raise LookupError('no such row')\n"
        "def thing():\n    import threading\n    return threading.Lock()\n"
    )
    from replplan_domains.notebook import Notebook

    cells = [
        "print(double(21), double.__doc__)",
        "fail()",
        "thing()",
        "print('sk-canary'[:3] + 'x' in str(globals()), 'SECRET' in globals())",
        "answer(double(x=1))",
    ]
    played = await play(script(root=cells), domain=Notebook(goal="g", tools=Path(tools)))
    assert played.shown[0] == "42 Twice x."
    assert played.shown[1].endswith("LookupError: no such row")
    assert "cannot be handed to the kernel" in played.shown[2]
    assert played.result.answer == 2
    assert [e.name for e in played.of("function_called")] == ["double", "fail", "thing", "double"]


async def test_ask_is_a_model_call_with_a_typed_answer():
    cells = [
        "sure = ask('Is it a fruit?', 'apple', type=bool)\n"
        "kind = ask('Which?', choices=['red', 'green'])\n"
        "n = ask('How many?', type=int)\nanswer([sure, kind, n])"
    ]
    model = script(root=cells, ask=["true", "green", "perhaps", "3"])
    played = await play(model)
    assert played.result.answer == [True, "green", 3]
    usage = played.result.usage
    assert (usage.turns, usage.asks, usage.model_calls) == (1, 3, 5)
    schemas = [r.schema_ for r in model.requests if r.purpose == "ask"]
    assert all(schemas)
    assert "perhaps" in model.requests[-1].messages[-2].content


async def test_an_ask_that_cannot_be_answered_raises():
    model = script(root=["try:\n    ask('?', type=int)\nexcept AskError as e:\n    answer(str(e))"],
                   ask=["dunno"] * 3)  # fmt: skip
    played = await play(model)
    assert "dunno" in played.result.answer


GIVEN_UP = {
    "CancelledError": "task = asyncio.create_task(call())\nawait asyncio.to_thread(begun.wait)\n"
    "task.cancel()\nawait asyncio.wait({task})\nprint(task.cancelled())",
    "TimeoutError": "try: await asyncio.wait_for(call(), 0.2)\nexcept TimeoutError: print(True)",
    "a sibling that failed": "try:\n    async with asyncio.TaskGroup() as group:\n"
    "        group.create_task(call())\n        await asyncio.to_thread(begun.wait)\n        1 / 0\n"
    "except* ZeroDivisionError as e: print(len(e.exceptions) == 1)",
}


@pytest.mark.parametrize("how", GIVEN_UP)
async def test_a_child_that_its_parent_gives_up_is_cancelled_as_asyncio_has_it(how):
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


@pytest.mark.parametrize("code", ["f()", "ask('?')"])
async def test_a_fault_below_the_root_is_told_from_others_as_one_of_the_root_is(code):
    gone = [ModelError("gone")]
    result = (await play(ScriptedModel({"root": [cell(code)], "f": gone, "ask": gone}))).result
    assert (result.stop_reason, result.error, result.fault) == ("failed", "gone", "model")
