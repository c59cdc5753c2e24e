"""A kernel is lent to one after another, however long it takes to answer."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import time

import pytest
from other_machines import pretended

from replplan.carried import Value
from replplan.kernel import KernelOptions
from replplan_kernels import lending
from replplan_kernels.ipython import open_ipython


class Slow:
    """Takes its time to be unpickled."""

    def __reduce__(self):
        return time.sleep, (0.3,)


@pytest.mark.skipif(
    pretended() == "no-socket", reason="a kernel that runs elsewhere takes no values"
)
async def test_what_a_kernel_says_too_late_is_not_taken_for_what_it_says_next(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(lending, "_BACK_SECONDS", 0.05)
    (tmp_path / "a.txt").write_text("one")
    slow = Value("slow", pickle.dumps(Slow()))
    brought = KernelOptions(values=(slow,), files=(tmp_path / "a.txt",))
    async with open_ipython(KernelOptions()) as kernel:
        async with kernel.lend(KernelOptions()):
            os.kill(kernel.process.pid, signal.SIGSTOP)
        asyncio.get_running_loop().call_later(0.2, os.kill, kernel.process.pid, signal.SIGCONT)
        async with kernel.lend(brought):
            assert (await kernel.execute("open('a.txt').read()")).value == "'one'"
