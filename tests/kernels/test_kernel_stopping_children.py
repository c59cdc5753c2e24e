"""Cells of sub-tasks that hang are ended, and what called them goes on."""

from __future__ import annotations

import asyncio

import pytest
from time_limits import BUSY, LIMIT, SOON, leave

pytestmark = pytest.mark.asyncio(loop_scope="module")

AWAIT = "import asyncio; await asyncio.sleep(1000)"


@pytest.mark.parametrize("hang", [BUSY, "import time; time.sleep(1000)", AWAIT])
@pytest.mark.parametrize("way", ["{}()", "await {}()", "threads"])
async def test_a_childs_cell_is_stopped_alone(kernel, host, long_note, hang, way):
    await check_stopped_alone(kernel, host, hang, way)


SLOW_WATCH = """
import time
from replplan_kernels.inside.watching import Watcher
stop = Watcher._stop
Watcher._stop = lambda self, frame: (time.sleep(0.5), stop(self, frame))[1]
"""


@pytest.mark.parametrize("way", ["await {}()", "threads"])
async def test_it_is_also_where_the_kernel_is_slow_to_hear_which_it_is(
    kernel, host, long_rungs, long_note, way
):
    await kernel.execute(SLOW_WATCH)
    await check_stopped_alone(kernel, host, BUSY, way)
    await kernel.execute("Watcher._stop = stop")


async def check_stopped_alone(kernel, host, hang, way):
    host.scripts = {"hanging": [f"mine = 1\n{hang}", "answer(('went on', mine))"]}
    host.timeout = LIMIT
    cell = way.format("hanging")
    if way == "threads":
        cell = (
            "from concurrent.futures import ThreadPoolExecutor as P\n"
            "with P(1) as pool: got = pool.submit(lambda: hanging()).result()\ngot"
        )
    result = await asyncio.wait_for(kernel.execute(cell, timeout=20), 30)
    assert (result.error, result.stopped) == (None, None)
    assert result.value == "('went on', 1)"
    stopped = host.results[0]
    assert (stopped.stopped, stopped.error.name) == ("timeout", "KeyboardInterrupt")
    assert stopped.error.message == "stopped after 0.3 s, its time limit"


async def test_the_parents_clock_stands_still_while_a_child_works(kernel, host):
    async def busy(call, repl):
        leave(kernel.root.run, SOON)
        await repl.execute(f"import time; time.sleep({2 * SOON})")
        leave(kernel.root.run, 60)
        await repl.execute("answer('done')")

    host.subtask = busy
    try:
        result = await kernel.execute("busy()", timeout=60)
    finally:
        del host.subtask
    assert (result.value, result.stopped) == ("'done'", None)


async def test_a_stop_that_comes_as_the_child_ends_leaves_the_parent_alone(kernel, host):
    host.scripts = {"brief": ["import time; time.sleep(0.049)", "answer(1)"]}
    host.timeout = 0.05
    for _ in range(20):
        result = await kernel.execute("brief()", timeout=20)
        assert (result.error, result.value, result.stopped) == (None, "1", None)
