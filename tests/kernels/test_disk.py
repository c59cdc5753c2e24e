"""Checkpoints in files: what they hold, what they name, and what a kernel makes of a bad one."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace

import pytest
from other_machines import pretended
from scripted_host import FUNCTIONS, ScriptedHost

from replplan.errors import ConfigError, KernelDied, KernelError
from replplan.kernel import KernelOptions
from replplan_kernels.inside.disk import MAGIC
from replplan_kernels.ipython import open_ipython
from replplan_kernels.zygote.launch import can_fork

pytestmark = pytest.mark.skipif(
    pretended() == "no-socket", reason="a kernel that runs elsewhere keeps no variables in a file"
)

STATE = """
import numpy as np, threading
n = [1]; m = n; grid = np.arange(6).reshape(2, 3)
def f(): return n
class C:
    def g(self): return f()
def outer(k):
    def inner(): return k, n
    return inner
c, h, say = C(), outer(5), act
"""
LOST = "lines = (i for i in range(3)); lock = threading.Lock(); both = [lock]"
STOCK = KernelOptions(isolation="none", start="stock")
KINDS = [STOCK] if can_fork() else [KernelOptions(), STOCK]


async def value(kernel, code):
    result = await asyncio.wait_for(kernel.execute(code), 20)
    assert result.error is None, result.error
    return result.value


def with_calls(options):
    host = ScriptedHost({"count": ["answer(len(get_args()))"]})
    return replace(options, calls=host, functions=FUNCTIONS)


@pytest.mark.parametrize("options", KINDS, ids=lambda o: o.start)
async def test_a_kernel_goes_on_from_a_file_after_its_death(options, tmp_path):
    file = tmp_path / "state"
    async with open_ipython(with_calls(options)) as kernel:
        await kernel.execute(STATE)
        await kernel.execute(LOST)
        assert await value(kernel, "count(1, 2)") == "2"
        lost = await kernel.checkpoint(file)
        assert lost.keys() == {"lines", "lock", "both", "the sub-task count"}
        assert lost["lines"] == "TypeError: cannot pickle 'generator' object"
        assert await value(kernel, "n.append(2); next(lines)") == "0"
        os.kill(kernel.process.pid, signal.SIGKILL)
        with pytest.raises(KernelDied):
            await kernel.execute("1")
        await kernel.restore(file)
        told = "n.append(7); n, m is n, f() is n, c.g() is n, isinstance(c, C), h(), say('on')"
        assert await value(kernel, told) == "([1, 7], True, True, True, True, (5, [1, 7]), 'on')"
        assert await value(kernel, "n = 3; f(), int(grid.sum()), np.pi > 3") == "(3, 15, True)"
        assert await value(kernel, "count(1), history[2].code") == f"(1, {LOST!r})"
        assert (await kernel.execute("lock")).error.name == "NameError"
        assert (await kernel.execute("lock")).number == 8
        await kernel.restore(file)
        assert await value(kernel, "n") == "[1]"
    async with open_ipython(with_calls(options)) as another:
        await another.execute("n = 'its own'")
        await another.restore(file)
        assert await value(another, "n, c.g()") == "([1], [1])"
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


async def test_what_breaks_while_it_is_kept_breaks_nothing_else(tmp_path):
    file = tmp_path / "state"
    async with open_ipython(KINDS[0]) as kernel:
        await kernel.execute("class Bad:\n    def __reduce__(self): 1 / 0\nx, bad = 1, Bad()")
        assert await kernel.checkpoint(file) == {"bad": "ZeroDivisionError: division by zero"}
        before = file.read_bytes()
        await kernel.execute(
            "import os\nclass Worse:\n    def __reduce__(self): os.abort()\nworse = Worse()"
        )
        with pytest.raises(KernelError, match="not kept: what was to be kept crashed"):
            await kernel.checkpoint(file)
        await kernel.execute("del worse")
        with pytest.raises(KernelError, match=r"not kept in .*none/state: .*No such file"):
            await kernel.checkpoint(tmp_path / "none" / "state")
        assert file.read_bytes() == before
        assert await value(kernel, "x") == "1"


@pytest.mark.parametrize(
    ("holds", "error", "says"),
    [
        (None, ConfigError, "state cannot be restored: No such file"),
        (b"other", ConfigError, "state holds no variables of a kernel"),
        (MAGIC + b"cut off", KernelError, "state cannot be restored: "),
    ],
)
async def test_a_file_that_is_none_is_told_and_harms_as_little_as_can_be(
    holds, error, says, tmp_path
):
    file = tmp_path / "state"
    if holds is not None:
        file.write_bytes(holds)
    async with open_ipython(KINDS[0]) as kernel:
        await kernel.execute("x = 1")
        with pytest.raises(error, match=says):
            await kernel.restore(file)
        if error is ConfigError:
            assert await value(kernel, "x") == "1"
