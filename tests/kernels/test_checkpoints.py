"""Kernels that go back to a checkpoint."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from branches import BOTH, WALLED, value
from scripted_host import FUNCTIONS, ScriptedHost
from time_limits import stuck

from replplan.errors import CellTimeout, KernelDied, KernelError
from replplan.kernel import KernelOptions
from replplan_kernels.ipython import open_ipython
from replplan_kernels.zygote.launch import can_fork

pytestmark = pytest.mark.skipif(can_fork() is not None, reason=str(can_fork()))


async def test_a_checkpoint_is_made_between_cells_alone():
    host = ScriptedHost()
    async with open_ipython(KernelOptions(calls=host, functions=FUNCTIONS)) as kernel:
        running = asyncio.create_task(kernel.execute("slow()"))
        await asyncio.wait_for(host.waiting.acquire(), 20)
        for wish in (kernel.checkpoint, kernel.restore):
            with pytest.raises(KernelError, match="a cell is running"):
                await wish()
        host.release.set()
        assert (await running).value == "'released'"


async def test_the_checkpoint_comes_back_also_after_a_death():
    async with open_ipython(WALLED) as kernel:
        await kernel.execute("n = 1")
        await kernel.checkpoint()
        await kernel.execute("n = 2")
        await kernel.checkpoint()
        await kernel.execute("n = 3")
        await kernel.restore()
        assert await value(kernel, "n") == "2"
        with pytest.raises(KernelError, match="no checkpoint"):
            await kernel.restore()
        await kernel.checkpoint()
        with pytest.raises(KernelDied):
            await kernel.execute("import os; os._exit(3)")
        await kernel.restore()
        assert await value(kernel, "n") == "2"
        branch = await kernel.branch()
        assert await value(branch, "n") == "2"
        await branch.close()


@pytest.mark.slow
@BOTH
async def test_a_cell_that_only_a_kill_can_stop_costs_its_own_work_alone(options, tmp_path):
    options = replace(options, checkpoint=True, folder=tmp_path)
    async with open_ipython(options) as kernel:
        await kernel.execute("kept = 41")
        result = await stuck(kernel, tmp_path, "kept = 0; print('begun', flush=True)")
        assert result.stopped == "timeout"
        assert result.output == "begun\n"
        assert result.error.name == "KeyboardInterrupt"
        assert "the cell's own work since its start was lost" in result.error.message
        assert await value(kernel, "kept + 1") == "42"
        again = await stuck(kernel, tmp_path)
        assert "the cell's own work" in again.error.message
        assert await value(kernel, "kept + 1") == "42"


async def test_an_older_checkpoint_says_how_much_is_lost(tmp_path):
    async with open_ipython(replace(WALLED, folder=tmp_path)) as kernel:
        await kernel.execute("n = 1")
        await kernel.checkpoint()
        await kernel.execute("n = 2")
        result = await stuck(kernel, tmp_path)
        assert "the work of the last 2 cells, this one included, was lost" in result.error.message
        assert await value(kernel, "n") == "1"


async def test_without_a_checkpoint_the_kernel_is_lost(tmp_path):
    async with open_ipython(replace(WALLED, folder=tmp_path)) as kernel:
        with pytest.raises(CellTimeout, match="was killed"):
            await stuck(kernel, tmp_path)
        with pytest.raises(KernelDied):
            await kernel.execute("1")


async def test_a_chain_of_branches_runs_out_of_nothing():
    async with open_ipython(WALLED) as kernel:
        await kernel.execute("n = 0")
        for _ in range(12):
            await kernel.checkpoint()
            await kernel.restore()
            await kernel.execute("n += 1")
        deep = "def deep(k): return k and deep(k - 1)\nn, deep(800)"
        assert await value(kernel, deep) == "(12, 0)"
        is_open = "import os\ndef is_open(fd):\n    try: return bool(os.fstat(fd))\n"
        count = f"{is_open}    except OSError: return False\nsum(map(is_open, range(4096)))"
        assert int(await value(kernel, count)) < 200
