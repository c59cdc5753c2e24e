"""Kernels that a kernel has forked itself, taken care of by the zygote."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest
from zygote_kernels import PATIENCE, started, wait_for_end

from replplan.errors import KernelError
from replplan_kernels.zygote import Zygote, can_fork

pytestmark = pytest.mark.skipif(can_fork() is not None, reason=str(can_fork()))

BRANCH = """
import os, select
branch = os.fork()
if not branch:
    os.setsid()
    while True:
        select.select([], [], [], 600)
"""


@pytest.mark.parametrize("first", ["branch", "kernel"])
async def test_a_branch_is_adopted_and_outlives_its_kernel(first: str, tmp_path: Path) -> None:
    with Zygote((), spare=False) as zygote:
        async with started(zygote) as (kernel, cells), started(zygote) as (_, other):
            pid = await cells.value("branch", BRANCH)
            branch = zygote.adopt(kernel, pid, kernel.connection, tmp_path / "branch")
            if first == "kernel":
                kernel.kill()
                await asyncio.wait_for(kernel.ended(), PATIENCE)
                assert await other.value("1") == 1
                os.kill(pid, 0)
            assert branch.poll() is None
            os.kill(pid, signal.SIGTERM)
            assert await asyncio.wait_for(branch.ended(), PATIENCE) == -signal.SIGTERM
            branch.release()


async def test_an_adopted_branch_ends_with_the_zygote(tmp_path: Path) -> None:
    with Zygote((), spare=False) as zygote:
        async with started(zygote) as (kernel, cells):
            pid = await cells.value("branch", BRANCH)
            branch = zygote.adopt(kernel, pid, kernel.connection, tmp_path / "branch")
        with pytest.raises(KernelError, match="gone"):
            zygote.adopt(kernel, kernel.pid, kernel.connection, tmp_path / "other")
    wait_for_end(pid)
    assert await asyncio.wait_for(branch.ended(), PATIENCE) == -signal.SIGKILL
    branch.release()
