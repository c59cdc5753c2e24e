"""Child REPLs in a real kernel: what they are given, what they see, what they answer."""

from __future__ import annotations

import asyncio

import pytest

from replplan.cell import Answer
from replplan.errors import KernelError
from replplan.kernel import SubtaskCall

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_host_is_told_of_the_call(kernel, host):
    await kernel.execute(
        "shelf = list(range(100))\n"
        "# look at the\n# low shelf first\n"
        "if find_it(shelf, 'x' * 500, colour='red'): pass"
    )
    (call,) = host.subtasks
    assert call == SubtaskCall(
        repl=call.repl,
        parent=0,
        name="find_it",
        call="find_it(shelf, 'x' * 500, colour='red')",
        comment="look at the\nlow shelf first",
        args=call.args,
    )
    assert call.repl > 0
    assert call.args[0] == "[0, 1, 2, 3, 4, 5, ...]"
    assert len(call.args[1]) < 250
    assert call.args[2] == "colour='red'"


async def test_the_same_name_is_the_same_child_and_numbers_are_unique(kernel, host):
    await kernel.execute("one(1); two(2); one(3)")
    first, second, third = [call.repl for call in host.subtasks]
    assert first == third
    assert first != second


async def test_parents_are_named(kernel, host):
    host.scripts = {"upper": ["answer(lower())"]}
    await kernel.execute("upper()")
    upper, lower = host.subtasks
    assert (upper.parent, lower.parent) == (0, upper.repl)


async def test_a_function_by_reference_calls_in_its_own_repl(kernel, host):
    host.scripts = {"use": ["f, = get_args()", "answer(f())"]}
    result = await kernel.execute("def helper(): return own_child()\nuse(helper)")
    assert result.value == "('child',)"
    assert [call.parent for call in host.subtasks] == [0, 0]


async def test_arguments(kernel, host):
    host.scripts = {"args": ["a = get_args()", "answer((a, a.colour, a.kwargs, len(a), repr(a)))"]}
    result = await kernel.execute("args(1, 2, colour='red')")
    assert result.value == (
        "((1, 2, colour='red'), 'red', {'colour': 'red'}, 2, \"(1, 2, colour='red')\")"
    )


async def test_a_child_is_a_repl_like_the_root(kernel, host):
    host.scripts = {
        "cells": [
            "x = 5\nx + 1",
            "_ * 2",
            "print('out'); import sys; print('err', file=sys.stderr)",
            "!echo shouted",
            "%time y = x",
            "import asyncio; await asyncio.sleep(0, 'waited')",
            "1 / 0",
            "x = = 1",
            "__name__",
            "from IPython.display import HTML\nHTML('<b>')",
            "from __future__ import annotations",
            "def f(a: nowhere): ...\nf.__annotations__",
            "import threading\nt = threading.Thread(target=print, args=('from a thread',))\n"
            "t.start(); t.join()",
            "y, x",
            "answer(x)",
        ]
    }
    result = await kernel.execute("x = 'the root has its own'\ncells()")
    assert (result.value, result.output) == ("5", "")
    values = [r.value for r in host.results]
    assert values[:2] == ["6", "12"]
    assert host.results[2].output == "out\nerr\n"
    assert host.results[3].output.strip() == "shouted"
    assert "Wall time" in host.results[4].output
    assert values[5] == "'waited'"
    assert host.results[6].error.traceback == (
        "cell 7, line 1\n    1 / 0\nZeroDivisionError: division by zero"
    )
    assert host.results[7].error.name == "SyntaxError"
    assert values[8] == "'__main__'"
    assert host.results[9].displays[0].data == "<b>"
    assert values[11] == "{'a': 'nowhere'}"
    assert host.results[12].output == "from a thread\n"
    assert values[13] == "(5, 5)"
    assert host.results[14].answer == Answer(value=5)
    assert (await kernel.execute("x")).value == "'the root has its own'"


async def test_a_childs_output_is_streamed(kernel, host):
    host.scripts = {"says": ["print('one')", "print('two'); answer(1)"]}
    await kernel.execute("says()")
    assert "".join(host.said) == "one\ntwo\n"


async def test_children_at_once_do_not_mix_their_output(kernel, host):
    cell = "n, = get_args()\nfor i in range(200): print(n)\nanswer(n)"
    host.scripts = {"prints": [cell]}
    await kernel.execute("import asyncio; await asyncio.gather(*[prints(i) for i in range(4)])")
    assert sorted(r.output for r in host.results) == [f"{i}\n" * 200 for i in range(4)]


async def test_what_a_pool_of_the_root_prints_for_a_child_is_the_childs(kernel, host):
    host.scripts = {"lends": ["pool, = get_args()\npool.submit(print, 'mine').result()\nanswer(1)"]}
    result = await kernel.execute(
        "from concurrent.futures import ThreadPoolExecutor as P\n"
        "with P(1) as pool:\n    pool.submit(print, 'started').result()\n    lends(pool)"
    )
    assert result.output == "started\n"
    assert host.results[0].output == "mine\n"


async def test_tasks_of_a_child_live_from_cell_to_cell(kernel, host):
    host.scripts = {
        "keeps": [
            "import asyncio\nasync def f(): return 'from the task'\n"
            "t = asyncio.create_task(f()); await asyncio.sleep(0)",
            "answer(await t)",
        ]
    }
    assert (await kernel.execute("keeps()")).value == "'from the task'"


async def test_tracebacks_name_the_cells_of_others(kernel, host):
    host.scripts = {"calls_back": ["get_args()[0]()", "answer(1)"]}
    await kernel.execute("def bad():\n    raise ValueError('no')\ncalls_back(bad)")
    lines = host.results[0].error.traceback.splitlines()
    assert lines[0] == "cell 1, line 1"
    assert "of the root, line 2, in bad" in lines[2]
    assert lines[-1] == "ValueError: no"


@pytest.mark.parametrize("spoil", ["act = answer = None", "del globals()['act']", "act.x = 1"])
async def test_names_are_fresh_in_every_child(kernel, host, spoil):
    spoiler, other = f"spoiler{len(spoil)}", f"other{len(spoil)}"
    host.scripts = {
        spoiler: [f"keep = answer\n{spoil}\nkeep(subtask({other!r}))"],
        other: ["answer((act('said'), hasattr(act, 'x')))"],
    }
    assert (await kernel.execute(f"{spoiler}()")).value == "('said', False)"


async def test_answer_ends_the_cell_even_under_except_exception(kernel, host):
    host.scripts = {"loops": ["while True:\n    try: answer(3)\n    except Exception: pass"]}
    assert (await kernel.execute("loops()", timeout=20)).value == "3"


async def test_an_answer_by_reference_is_shown_as_text(kernel, host):
    host.scripts = {"gives": ["answer({1, 2})"]}
    assert (await kernel.execute("gives()")).value == "{1, 2}"
    assert host.results[0].answer == Answer(value="{1, 2}", exact=False, kind="set")


async def test_answer_of_a_repl_that_nobody_waits_for(kernel, host):
    host.scripts = {"leaks": ["answer(answer)"]}
    error = (await kernel.execute("late = leaks()\nlate(5)")).error
    assert (error.name, error.message) == (
        "RuntimeError",
        "nobody waits for an answer of leaks any more",
    )


async def test_the_roots_answer_called_in_a_child_unwinds_both(kernel, host):
    host.scripts = {"deep": ["get_args()[0](42)"]}
    result = await kernel.execute("deep(answer)\nprint('not reached')")
    assert (result.answer, result.output) == (Answer(value=42), "")


async def test_a_child_that_returns_without_an_answer(kernel, host):
    async def nothing(call, repl):
        await repl.execute("1")

    host.subtask = nothing
    try:
        error = (await kernel.execute("silent()")).error
    finally:
        del host.subtask
    assert (error.name, error.message) == ("SubtaskFailed", "silent ended without an answer")


async def test_one_cell_of_a_child_at_a_time(kernel, host):
    async def two(call, repl):
        first = asyncio.create_task(repl.execute("slow()"))
        await host.waiting.acquire()
        with pytest.raises(KernelError, match="running already"):
            await repl.execute("1")
        host.release.set()
        await first
        await repl.execute("answer(1)")

    host.subtask = two
    try:
        assert (await kernel.execute("busy()", timeout=20)).value == "1"
    finally:
        del host.subtask


async def test_using_a_child_after_its_call_is_over(kernel, host):
    kept = []

    async def keeps(call, repl):
        kept.append(repl)
        await repl.execute("answer(1)")

    host.subtask = keeps
    try:
        await kernel.execute("brief()")
    finally:
        del host.subtask
    with pytest.raises(KernelError, match="over"):
        await asyncio.wait_for(kept[0].execute("1"), 10)


@pytest.mark.parametrize("call", ["subtask()", "subtask(1)", "subtask('no name')"])
async def test_wrong_names_for_an_explicit_subtask(kernel, host, call):
    assert (await kernel.execute(call)).error.name == "TypeError"
    assert host.subtasks == []


@pytest.mark.parametrize("how", ["its task", "what it waits for"])
async def test_a_child_that_something_else_cancels_has_failed(kernel, host, how):
    """An `except SubtaskFailed` of the parent gets it: nothing that the parent did ended it."""

    async def cancelled(call, repl):
        if how == "its task":
            asyncio.current_task().cancel()
            await asyncio.sleep(0)
        raise asyncio.CancelledError

    host.subtask = cancelled
    try:
        for call in ("brief()", "await brief()"):
            result = await kernel.execute(
                f"try: {call}\nexcept SubtaskFailed as e: print(e)", timeout=20
            )
            assert result.output == "the sub-task brief was cancelled\n"
    finally:
        del host.subtask
    assert (await kernel.execute("brief()")).error is None


async def test_a_child_that_its_parent_gives_up_leaves_its_cell_and_the_kernel_lives(kernel, host):
    host.scripts = {"long": ["begun.set()\nwhile True: pass"]}
    await kernel.execute(
        "import asyncio, builtins, threading\nbuiltins.begun = threading.Event()\n"
        "async def call(): return await long()\n"
        "given_up = asyncio.create_task(call())\n"
        "await asyncio.to_thread(begun.wait)\n"
        "given_up.cancel()\nawait asyncio.wait({given_up})"
    )
    await asyncio.wait_for(host.cancelled.acquire(), 20)
    assert (await kernel.execute("given_up.cancelled()")).value == "True"
