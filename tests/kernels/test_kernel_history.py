"""`history`: what a REPL's earlier cells were, read from code."""

from __future__ import annotations

import ast

import pytest_asyncio
from scripted_host import FUNCTIONS, ScriptedHost
from time_limits import falls

from replplan.kernel import KernelOptions
from replplan_kernels.inside import history as module
from replplan_kernels.inside.history import FORGOTTEN, History, PastCell, Recording
from replplan_kernels.ipython import open_ipython


@pytest_asyncio.fixture
async def opened():
    host = ScriptedHost()
    async with open_ipython(KernelOptions(calls=host, functions=FUNCTIONS)) as kernel:
        yield kernel, host


async def value_of(kernel, expression):
    result = await kernel.execute(expression)
    assert result.error is None, result.error
    return ast.literal_eval(result.value)


async def test_cells_by_their_numbers(opened):
    kernel, _ = opened
    cells = [
        "print('one')\nimport sys; print('two', file=sys.stderr)\n6 * 7",
        "1 / 0",
        "x = = 1",
        "!echo shouted",
        "import threading\nt = threading.Thread(target=print, args=('thread',)); t.start(); t.join()",
        "from IPython.display import HTML, display\ndisplay(HTML('<b>'))",
    ]
    for cell in cells:
        await kernel.execute(cell)
    assert await value_of(kernel, "[c.code for c in history]") == cells
    assert await value_of(kernel, "(history[1].output, history[1].value, history[1].error)") == (
        "one\ntwo\n",
        "42",
        None,
    )
    assert await value_of(kernel, "history[2].error.splitlines()[0]") == "cell 2, line 1"
    assert "SyntaxError" in await value_of(kernel, "history[3].error")
    assert await value_of(kernel, "[history[i].output.strip() for i in (4, 5)]") == [
        "shouted",
        "thread",
    ]
    assert "HTML object" in await value_of(kernel, "history[6].output")
    number = await value_of(kernel, "len(history)")
    assert await value_of(kernel, "history[-1].number, history[-1].value") == (
        number + 1,
        str(number),
    )


async def test_cells_that_are_not_there(opened):
    kernel, _ = opened

    async def complaint(index):
        error = (await kernel.execute(f"history[{index}]")).error
        return f"{error.name}: {error.message}"

    assert await complaint(1) == "IndexError: there is no cell 1: no cell has run yet"
    assert await complaint(0) == "IndexError: there is no cell 0: cells 1 to 1 have run"
    assert await complaint(3) == "IndexError: there is no cell 3: cells 1 to 2 have run"
    assert await complaint(-4) == "IndexError: there is no cell -4: cells 1 to 3 have run"
    assert (await complaint("'x'")).startswith("TypeError: history[3] is cell 3")


async def test_every_repl_has_its_own(opened):
    kernel, host = opened
    host.scripts = {
        "work": ["print('in the child')", "answer([(c.code, c.output) for c in history])"]
    }
    await kernel.execute("print('in the root')")
    assert await value_of(kernel, "work()") == [("print('in the child')", "in the child\n")]
    again = await value_of(kernel, "work()")
    assert [code for code, _ in again][:2] == [host.scripts["work"][0], host.scripts["work"][1]]
    assert await value_of(kernel, "history[1].output") == "in the root\n"
    assert await value_of(kernel, "history[2].output") == ""


async def test_more_is_kept_than_the_model_was_shown(opened):
    kernel, _ = opened
    shown = await kernel.execute("print('x' * 50_000)")
    assert len(shown.output) < 10_000
    assert await value_of(kernel, "history[1].output.count('x')") == 50_000
    await kernel.execute("for i in range(100_000): print(i)")
    assert await value_of(kernel, "len(history[3].output) <= 110_000")
    assert await value_of(kernel, "history[3].output.endswith('99999\\n')")
    assert await value_of(kernel, "history[3].output.startswith('0\\n1\\n')")


async def test_many_threads_print_at_once(opened):
    kernel, _ = opened
    await kernel.execute(
        "from concurrent.futures import ThreadPoolExecutor as P\n"
        "with P(8) as pool: list(pool.map(lambda i: [print(i) for _ in range(200)], range(8)))"
    )
    assert await value_of(kernel, "history[1].output.count('7')") == 200


async def test_a_cell_that_was_stopped_is_kept(opened):
    kernel, _ = opened
    cell = "print('before')\nwhile True: pass"
    await kernel.execute(cell, timeout=60, on_output=falls(kernel))
    assert await value_of(kernel, "history[1].output") == "before\n"
    assert "time limit" in await value_of(kernel, "history[1].error")


async def test_a_plain_kernel_has_none():
    async with open_ipython(KernelOptions()) as kernel:
        assert (await kernel.execute("history")).error.name == "NameError"


def test_the_oldest_are_forgotten(monkeypatch):
    monkeypatch.setattr(module, "TOTAL_LIMIT", 1000)
    history = History()
    for number in range(1, 101):
        recording = Recording()
        recording.cell = PastCell(number, "y" * 10)
        recording.print("x" * 90)
        recording.end(None)
        history.add(recording)
    assert len(history) == 100
    assert (history[1].code, history[1].output, history[1].value) == (FORGOTTEN, FORGOTTEN, None)
    assert history[100].output == "x" * 90
    assert history[-1].number == 100


def test_the_latest_is_kept_however_long_it_is(monkeypatch):
    monkeypatch.setattr(module, "TOTAL_LIMIT", 10)
    history, recording = History(), Recording()
    recording.cell = PastCell(1, "y" * 100)
    recording.end(None)
    history.add(recording)
    assert history[1].code == "y" * 100
