"""Planners that keep a kernel, kernels that are lent, and many plans at once."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from other_machines import pretended
from plans import cell, script, until

from replplan import Limits, Planner, ScriptedModel, open_kernel, plan, plan_sync, tool
from replplan.api.kept import FRESH
from replplan.errors import ConfigError
from replplan_kernels.zygote.launch import can_fork

VALUES = pytest.mark.skipif(
    pretended() == "no-socket",
    reason="a kernel that runs elsewhere takes no values, and no files later",
)


def prompt_of(model):
    return model.requests[0].messages[0].content


@VALUES
async def test_a_planner_keeps_its_kernel(tmp_path):
    (tmp_path / "a.txt").write_text("one")
    (tmp_path / "b.txt").write_text("two")
    second = script(root=["answer([x, y, open('a.txt').read(), open('b.txt').read(), child()])"],
                    child=["answer('y' in globals())"])  # fmt: skip
    async with Planner(model=script(root=["x = [1]\nanswer(x)"]), files=[tmp_path / "a.txt"]) as p:
        assert (await p.plan("first")).answer == [1]
        result = await p.plan(
            "second", model=second, values={"y": 2}, files=[tmp_path / "a.txt", tmp_path / "b.txt"]
        )
    assert result.answer == [[1], 2, "one", "two", False]
    assert "Variables that earlier cells of this notebook have made:\n- x: list" in prompt_of(
        second
    )


@VALUES
async def test_a_plan_has_the_functions_of_its_own_and_no_other():
    def lookup() -> str:
        return "found"

    model = script(root=["lookup()", "answer(shout('a'))"], lookup=["answer('by a child')"])
    async with Planner() as p:
        first = await p.plan("a", model=script(root=["answer(lookup())"]), tools=[lookup])
        helper = tool(_shout, in_kernel=True)
        second = await p.plan("b", model=model, tools=[helper])
    assert (first.answer, second.answer) == ("found", "A")
    assert "lookup" not in prompt_of(model)
    assert any(r.session == "root/lookup" for r in model.requests)


def _shout(text):
    return text.upper()


_shout.__name__ = "shout"


async def test_plans_of_one_planner_take_turns_without_losing_time():
    begun, gate, told = threading.Event(), threading.Event(), []

    def wait() -> None:
        begun.set()
        gate.wait()

    async with Planner(on_event=told.append) as p:
        slow = asyncio.create_task(
            p.plan("a", model=script(root=["wait()\nx = 1", "answer(1)"]), tools=[wait])
        )
        assert await asyncio.to_thread(begun.wait, 60)
        quick = asyncio.create_task(p.plan("b", model=script(root=["answer(x)"])))
        await asyncio.sleep(0)
        gate.set()
        results = await asyncio.gather(slow, quick)
    assert [r.answer for r in results] == [1, 1]
    clocks = [e.type for e in told if e.type in ("plan_started", "plan_finished")]
    assert clocks == ["plan_started", "plan_finished"] * 2


async def test_a_planner_ends_with_its_block_all_that_is_under_way():
    running = asyncio.Event()
    told = []

    def on_event(event):
        told.append(event)
        if event.type == "output_streamed":
            running.set()

    model = script(root=["print('on', flush=True)\nwhile True: pass"])
    async with Planner(model=model, on_event=on_event) as p:
        task = asyncio.create_task(p.plan("for ever"))
        await until(running, task)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told[-1].stop_reason == "cancelled"


async def test_after_a_cancelled_plan_the_kernel_is_there_for_the_next(patient):
    running = asyncio.Event()

    def on_event(event):
        if event.type == "output_streamed":
            running.set()

    endless = script(root=["x = 5", "print('on', flush=True)\nwhile True: pass"])
    async with Planner() as p:
        task = asyncio.create_task(p.plan("for ever", model=endless, on_event=on_event))
        await until(running, task)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await p.plan("next", model=script(root=["answer(x)"]))).answer == 5


async def test_plans_share_an_open_kernel_and_leave_it_as_it_was():
    def lookup() -> int:
        return 3

    async with open_kernel() as kernel:
        await kernel.execute("x = 1")
        one = plan(
            "a", model=script(root=["y = x + lookup()", "answer(y)"]), kernel=kernel, tools=[lookup]
        )
        two = plan("b", model=script(root=["answer(x)"]), kernel=kernel)
        assert [r.answer for r in await asyncio.gather(one, two)] == [4, 1]
        assert (await kernel.execute("y")).value == "4"
        assert (await kernel.execute("lookup()")).error.name == "NameError"
        assert (await kernel.execute("answer(1)")).error.name == "NameError"
        assert (await kernel.execute("child(1)")).error.name == "NameError"


@pytest.mark.skipif(can_fork() is not None, reason=str(can_fork()))
async def test_a_branch_of_a_kernel_can_be_planned_in_as_well():
    async with open_kernel() as kernel:
        await kernel.execute("x = 1")
        branch = await kernel.branch()
        try:
            models = [script(root=[f"x += {i}", "answer(x)"]) for i in (10, 20)]
            plans = [
                plan("a", model=m, kernel=k) for m, k in zip(models, (kernel, branch), strict=True)
            ]
            assert [r.answer for r in await asyncio.gather(*plans)] == [11, 21]
        finally:
            await branch.close()


DEADLY = {
    "a cell": {"root": ["x = 1", "import os\nos._exit(3)"]},
    "a child": {"root": ["x = 1", "child()"], "child": ["import os\nos._exit(3)"]},
}


@VALUES
@pytest.mark.parametrize("who", DEADLY)
async def test_when_its_kernel_has_died_a_planner_has_a_fresh_one(who, caplog, tmp_path):
    (tmp_path / "a.txt").write_text("one")
    model = script(root=["answer([rows, open('a.txt').read(), 'x' in globals()])"])
    async with Planner(values={"rows": [1]}, files=[tmp_path / "a.txt"]) as p:
        died = await p.plan("a", model=script(**DEADLY[who]))
        assert died.stop_reason == "failed"
        assert "its variables are gone" in died.error
        results = [
            await p.plan("b", model=model),
            await p.plan("c", model=script(root=["answer(rows)"])),
        ]
    assert [r.answer for r in results] == [[[1], "one", False], [1]]
    assert "- rows: list of 1, [1]" in prompt_of(model)
    assert [r.message for r in caplog.records].count(FRESH) == 1


async def test_a_planner_has_a_fresh_kernel_also_where_a_limit_took_the_one_before():
    """One that was killed because a cell of it could not be stopped."""
    stubborn = "while True:\n    try:\n        while True: len('')\n    except BaseException: pass"
    async with Planner() as p:
        result = await p.plan("a", model=script(root=[stubborn]), limits=Limits(cell_seconds=0.5))
        assert result.stop_reason == "failed"
        assert (await p.plan("b", model=script(root=["answer(1)"]))).answer == 1


async def test_a_kernel_of_the_users_that_died_is_told_of_by_every_plan():
    async with open_kernel() as kernel:
        for cells in (["import os\nos._exit(3)"], ["answer(1)"]):
            result = await plan("a", model=script(root=cells), kernel=kernel)
            assert (result.stop_reason, result.fault) == ("failed", "kernel")
            assert "its variables are gone" in result.error


@VALUES
async def test_what_cells_made_of_a_planners_values_stays():
    models = [
        script(root=["rows.append(3)", "answer(rows)"]),
        script(root=["rows.append(more)", "answer(rows)"]),
        script(root=["answer(rows)"]),
    ]
    values = [{}, {"values": {"more": 4}}, {"values": {"rows": [0]}}]
    async with Planner(values={"rows": [1]}) as p:
        results = [await p.plan("a", model=m, **v) for m, v in zip(models, values, strict=True)]
    assert [r.answer for r in results] == [[1, 3], [1, 3, 4], [0]]
    assert "- rows: list of 1, [1]" in prompt_of(models[0])
    assert "- rows: list\n" in prompt_of(models[1])
    assert prompt_of(models[2]).count("- rows: ") == 1


async def test_a_planner_may_be_entered_again_with_a_fresh_kernel():
    planner = Planner()
    for cells in (["x = 1", "answer(x)"], ["answer('x' in globals())"]):
        async with planner:
            result = await planner.plan("a", model=script(root=cells))
    assert result.answer is False


async def test_a_planner_is_used_in_its_block():
    with pytest.raises(ConfigError, match="async with Planner"):
        await Planner().plan("a goal")
    async with Planner(model=script(root=[])) as p:
        with pytest.raises(ConfigError, match="isolation is for Planner"):
            await p.plan("a goal", isolation="none")


@pytest.mark.slow
async def test_fifty_plans_in_one_event_loop():
    def double(x: int) -> int:
        return 2 * x

    def model(i):
        return script(
            root=[f"a = double({i})\nb = child(a)", "answer([a, b])"],
            child=["answer(get_args()[0] + 1)"],
        )

    plans = [plan(f"number {i}", model=model(i), tools=[double]) for i in range(50)]
    results = await asyncio.gather(*plans)
    assert [r.answer for r in results] == [[2 * i, 2 * i + 1] for i in range(50)]
    assert len({r.trace for r in results}) == 50


def test_plans_from_threads():
    def one(i):
        return plan_sync(f"number {i}", model=ScriptedModel([cell(f"answer({i})")])).answer

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(one, range(12))) == list(range(12))
