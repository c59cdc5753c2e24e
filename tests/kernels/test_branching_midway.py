"""Branches made in the middle of a cell that waits for the host."""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio
from scripted_host import FUNCTIONS, ScriptedHost
from time_limits import SOON, leave

from replplan.errors import KernelError
from replplan.kernel import KernelOptions
from replplan_kernels.ipython import open_ipython
from replplan_kernels.zygote.launch import can_fork

pytestmark = pytest.mark.skipif(can_fork() is not None, reason=str(can_fork()))


class Waiting(ScriptedHost):
    """`act` waits until the test says what it gives; the cells of children that were under way
    are seen out first."""

    def __init__(self, scripts=None, gives=None):
        super().__init__(scripts)
        self.asked, self.gives = asyncio.Semaphore(0), asyncio.get_running_loop().create_future()
        if gives is not None:
            self.gives.set_result(gives)

    async def call(self, repl, name, args, kwargs):
        if name in ("act", "ask"):
            self.calls.append((repl, name, args, kwargs))
            self.asked.release()
            return await asyncio.shield(self.gives)
        return await super().call(repl, name, args, kwargs)

    async def subtask(self, call, repl):
        if call.resumed:
            self.results.append(await repl.resume())
            if self.results[-1].answer:
                return
        await super().subtask(call, repl)


@pytest_asyncio.fixture(params=["none", "auto"], ids=["plain", "walled"])
async def options(request):
    host = Waiting()
    return KernelOptions(calls=host, functions=FUNCTIONS, isolation=request.param)


async def waiting_cell(kernel, cell):
    """Run a cell until it waits in `act`."""
    running = asyncio.create_task(kernel.execute(cell, timeout=20))
    await asyncio.wait_for(kernel.options.calls.asked.acquire(), 20)
    return running


async def value(kernel, code):
    result = await asyncio.wait_for(kernel.execute(code, timeout=20), 30)
    assert result.error is None, result.error
    return result.value


async def test_several_branches_that_are_wanted_at_once_are_made_one_after_another(options):
    async with open_ipython(options) as kernel:
        running = await waiting_cell(kernel, "x = act('look')\nx")
        hosts = [Waiting(gives=f"branch {n}") for n in range(3)]
        branches = await asyncio.gather(*map(kernel.branch, hosts))
        there = [(await branch.resume()).value for branch in branches]
        options.calls.gives.set_result("here")
        assert (await running).value == "'here'"
        assert there == [f"'branch {n}'" for n in range(3)]
        for branch in branches:
            await branch.close()


async def test_a_cell_goes_on_twice_with_two_answers(options):
    async with open_ipython(options) as kernel:
        await kernel.execute("import random, contextvars; random.seed(7); n = [1]")
        cell = "print('before')\nfor i in range(2):\n    x = act(i)\n    n.append(x)\nprint(n)\nrandom.random()"
        running = await waiting_cell(kernel, cell)
        branch = await asyncio.wait_for(kernel.branch(other := Waiting(gives="left")), 30)
        try:
            there = await asyncio.wait_for(branch.resume(), 20)
            options.calls.gives.set_result("right")
            here = await running
            assert there.output == "before\n[1, 'left', 'left']\n"
            assert here.output == "before\n[1, 'right', 'right']\n"
            assert there.value == here.value
            assert [call[2] for call in other.calls] == [[0], [1]]
            assert await value(branch, "n.append(2); import os; n") == "[1, 'left', 'left', 2]"
            assert await value(kernel, "n") == "[1, 'right', 'right']"
            assert (
                await value(branch, "import asyncio; await asyncio.sleep(0); act('on')") == "'left'"
            )
            again = await branch.branch()
            assert await value(again, "n[-1]") == "2"
            await again.close()
            with pytest.raises(KernelError, match="no cell is under way"):
                await branch.resume()
        finally:
            await branch.close()
        assert await value(kernel, "n") == "[1, 'right', 'right']"


async def test_a_branch_outlives_the_kernel_and_branches_again_midway(options):
    async with open_ipython(options) as kernel:
        running = await waiting_cell(kernel, "a = act(1)\nb = act(2)\n(a, b)")
        first = await kernel.branch(one := Waiting())
        await asyncio.wait_for(one.asked.acquire(), 20)
        await kernel.close()
        with pytest.raises(Exception, match="closed"):
            await running
        second = await first.branch(Waiting(gives="second"))
        one.gives.set_result("first")
        results = await asyncio.wait_for(asyncio.gather(first.resume(), second.resume()), 20)
        assert [r.value for r in results] == ["('first', 'first')", "('second', 'second')"]
        await first.close()
        assert await value(second, "a, b") == "('second', 'second')"
        await second.close()


LOSING = """
import signal
real, lost = signal.pthread_kill, []
def lossy(*args):
    signal.pthread_kill = real
    lost.append(args)
signal.pthread_kill = lossy
"""


async def test_a_signal_that_wakes_nobody_is_sent_again(options):
    async with open_ipython(options) as kernel:
        assert (await kernel.execute(LOSING)).error is None
        running = await waiting_cell(kernel, "act(1), len(lost)")
        branch = await asyncio.wait_for(kernel.branch(Waiting(gives="there")), 20)
        assert (await branch.resume()).value == "('there', 1)"
        await branch.close()
        options.calls.gives.set_result("here")
        assert (await running).value == "('here', 1)"


async def test_children_go_on_in_the_branch(options):
    scripts = {"outer": ["got = inner(1); answer((got, 'outer'))"]}
    scripts["inner"] = ["x = act('deep')\nk = 5", "answer((x, k))"]
    options.calls.scripts = scripts
    async with open_ipython(options) as kernel:
        running = await waiting_cell(kernel, "r = outer()\nr")
        branch = await kernel.branch(Waiting({**scripts, "inner": ["answer((x, k, 'b'))"]}, "left"))
        try:
            there = await asyncio.wait_for(branch.resume(), 20)
            options.calls.gives.set_result("right")
            assert (await running).value == "(('right', 5), 'outer')"
            assert (there.value, there.error) == ("(('left', 5, 'b'), 'outer')", None)
            assert await value(branch, "r[1]") == "'outer'"
        finally:
            await branch.close()


async def test_it_is_stopped_at_its_time_limit_and_when_asked(options):
    async with open_ipython(options) as kernel:
        running = await waiting_cell(kernel, "x = 1\nact(1)\nwhile True: pass")
        leave(kernel.root.run, SOON)
        branch = await kernel.branch(Waiting(gives=1))
        try:
            there = await asyncio.wait_for(branch.resume(), 20)
            assert there.stopped == "timeout"
            assert await value(branch, "x") == "1"
            options.calls.gives.set_result(1)
            assert (await running).stopped == "timeout"
        finally:
            await branch.close()


async def test_what_it_must_not_be_used_for(options):
    async with open_ipython(options) as kernel:
        running = await waiting_cell(kernel, "act(1)")
        branch = await kernel.branch(Waiting())
        try:
            with pytest.raises(KernelError, match=r"in the middle of a cell: .* resume\(\)"):
                await branch.execute("1")
        finally:
            await branch.close()
        options.calls.gives.set_result(2)
        assert (await running).value == "2"
        with pytest.raises(KernelError, match="no cell is under way"):
            await kernel.resume()


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("await act(1)", "without await"),
        ("import asyncio\nasync def f(): return act(1)\nawait f()", "would lose what a cell awaits"),
        ("from concurrent.futures import ThreadPoolExecutor as P\n"
         "with P(1) as pool: pool.submit(act, 1).result()", "on the main thread"),
    ],
)  # fmt: skip
async def test_what_would_be_lost_is_in_the_way_and_harms_nothing(options, cell, says):
    async with open_ipython(options) as kernel:
        running = await waiting_cell(kernel, cell)
        with pytest.raises(KernelError, match=says):
            await kernel.branch()
        options.calls.gives.set_result(3)
        assert (await running).error is None
        assert await value(kernel, "1 + 1") == "2"


async def test_a_cell_that_computes_is_in_the_way():
    async with open_ipython(KernelOptions()) as kernel:
        heard = asyncio.Event()
        cell = "print('on', flush=True)\nwhile True: pass"
        running = asyncio.create_task(kernel.execute(cell, on_output=lambda _: heard.set()))
        await asyncio.wait_for(heard.wait(), 20)
        with pytest.raises(KernelError, match="or while one waits in a call"):
            await kernel.branch()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert await value(kernel, "1 + 1") == "2"
