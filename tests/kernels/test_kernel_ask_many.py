"""`ask.map` in a real kernel: many questions at once."""

from __future__ import annotations

import asyncio

import pytest
from oracle import ROOM, Oracle, value_of

from replplan.kernel import KernelOptions
from replplan_kernels.ipython import open_ipython

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOST, OPTIONS = Oracle, KernelOptions(ask_room=ROOM)


@pytest.mark.parametrize("awaited", ["", "await "])
async def test_many_are_asked_at_once_and_answered_in_order(kernel, host, awaited):
    host.gate = 16
    items = [f"item {i}" for i in range(40)]
    got = await value_of(kernel, f"{awaited}ask.map('Which?', {items!r})")
    assert got == [item.upper() for item in items]
    assert host.most == 16


@pytest.mark.parametrize("jobs", [1, 3])
async def test_no_more_than_jobs_at_once(kernel, host, jobs):
    host.gate = jobs
    await value_of(kernel, f"ask.map('Which?', range(10), jobs={jobs})")
    assert host.most == jobs


async def test_gathered_beside_other_things(kernel, host):
    host.gate = 3
    cell = "import asyncio\nawait asyncio.gather(ask.map('?', ['a', 'b']), ask('?', 'c'))"
    assert await value_of(kernel, cell) == [["A", "B"], "C"]


async def test_each_question_has_the_common_context_first(kernel, host):
    await value_of(kernel, "ask.map('Which?', ['a', 'b'], 'common', jobs=1)")
    assert [call[2][:2] for call in host.calls] == [
        ["Which?", ["common", "a"]],
        ["Which?", ["common", "b"]],
    ]


async def test_of_equal_items_one_is_asked(kernel, host):
    assert await value_of(kernel, "ask.map('?', ['a', 'b', 'a', 'a'])") == ["A", "B", "A", "A"]
    assert len(host.calls) == 2


async def test_types_and_choices(kernel, host):
    host.reply = lambda text, stage: "yes" if text == "a" else "no"
    assert await value_of(kernel, "ask.map('?', ['a', 'b'], type=bool)") == [True, False]
    host.reply = lambda text, stage: text
    assert await value_of(kernel, "ask.map('?', ['1', '2'], choices=[1, 2])") == [1, 2]


async def test_nothing_asked_of_nothing(kernel, host):
    assert await value_of(kernel, "ask.map('?', [])") == []
    assert host.calls == []


async def test_one_failing_item_does_not_lose_the_others(kernel, host):
    host.reply = lambda text, stage: "perhaps" if text == "2" else "true"
    cell = (
        "try: ask.map('?', [1, 2, 3], type=bool)\n"
        "except AskError as e: got = str(e), [d if d is True else type(d).__name__ for d in e.done]"
    )
    message, done = await value_of(kernel, f"{cell}\ngot")
    assert done == [True, "AskError", True]
    assert message.startswith(
        "1 of 3 items could not be answered; the first of them is item 1, '2'"
    )
    got = await value_of(
        kernel, "[repr(a)[:9] for a in ask.map('?', [1, 2], type=bool, errors='return')]"
    )
    assert got == ["True", "AskError("]


async def test_from_a_child_in_its_own_name(kernel, host):
    host.scripts = {"judge": ["answer(ask.map('?', get_args()[0]))"]}
    assert await value_of(kernel, "judge(['a', 'b'])") == ["A", "B"]
    assert {call[0] for call in host.calls} == {host.subtasks[0].repl}


async def four_are_asked(host):
    async with asyncio.timeout(20):
        while host.now < 4:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("wait", ["", "await "])
async def test_it_is_stopped_with_its_cell(kernel, host, wait):
    host.gate = 1000
    running = asyncio.create_task(kernel.execute(f"{wait}ask.map('?', range(50), jobs=4)"))
    await four_are_asked(host)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    for _ in range(4):
        await asyncio.wait_for(host.cancelled.acquire(), 20)
    assert len(host.calls) == 4
    assert await value_of(kernel, "1 + 1") == 2


async def test_it_is_given_up_when_its_awaiting_is(kernel, host):
    host.gate = 1000
    cell = (
        "import asyncio\nwait = asyncio.ensure_future(ask.map('?', range(50), jobs=4))\n"
        "await asyncio.to_thread(slow)\nwait.cancel()\n"
        "try: await wait\nexcept asyncio.CancelledError: print('gave up')"
    )
    running = asyncio.create_task(kernel.execute(cell, timeout=60))
    await four_are_asked(host)
    host.release.set()
    result = await asyncio.wait_for(running, 60)
    assert (result.output, result.error) == ("gave up\n", None)
    for _ in range(4):
        await asyncio.wait_for(host.cancelled.acquire(), 20)
    assert [call[1] for call in host.calls].count("ask") == 4


async def test_the_end_of_the_plan_ends_it(host):
    from replplan.kernel import PlanEnded

    def reply(text, stage):
        raise PlanEnded("over")

    host.reply = reply
    async with open_ipython(KernelOptions(calls=host)) as fresh:
        cell = "try: ask.map('?', range(50), errors='return')\nexcept Exception: pass\nprint('on')"
        result = await asyncio.wait_for(fresh.execute(cell), 30)
    assert (result.stopped, result.output) == ("ended", "")


@pytest.mark.parametrize(
    ("call", "name", "words"),
    [
        ("ask.map(1, [])", "TypeError", "question as text"),
        ("ask.map('?', 'text')", "TypeError", "list of items"),
        ("ask.map('?', 5)", "TypeError", "not iterable"),
        ("ask.map('?', [1], errors='ignore')", "ValueError", "'raise' or 'return'"),
        ("ask.map('?', [1], jobs=0)", "ValueError", "at least 1"),
        ("ask.map('?', [1], choices=[])", "ValueError", "no choices"),
        ("ask.over('?', 'x', chunk=5)", "ValueError", "at least 100"),
        ("ask.over(None, 'x')", "TypeError", "question as text"),
        ("ask.over('?', b'\\x89PNG\\r\\n\\x1a\\n')", "TypeError", "not a picture"),
        ("ask('?', choices=[1, '1'])", "ValueError", "read the same"),
    ],
)
async def test_wrong_use(kernel, host, call, name, words):
    error = (await kernel.execute(call)).error
    assert error.name == name
    assert words in error.message
    assert host.calls == []
