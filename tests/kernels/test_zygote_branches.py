"""Kernels that a kernel has forked itself, taken care of by the zygote."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from zygote_kernels import PATIENCE, started, wait_for_end

from replplan.errors import KernelError
from replplan_kernels.zygote import ForkedKernel, Launch, Zygote, can_fork
from replplan_kernels.zygote.server import ORPHANED, Server

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


async def test_a_branch_is_adopted_although_its_kernel_dies_meanwhile(tmp_path: Path) -> None:
    """The zygote, however late it comes to both, hears of the branch first."""
    with Zygote((), spare=False) as zygote:
        async with started(zygote) as (kernel, cells):
            pid = await cells.value("branch", BRANCH)
            process = zygote.warm().popen
            process.send_signal(signal.SIGSTOP)
            for kind in range(3):
                zygote.prepare(Launch(options={"kind": kind}))
            branch = zygote.adopt(kernel, pid, kernel.connection, tmp_path / "branch")
            os.kill(kernel.pid, signal.SIGKILL)
            wait_for_end(kernel.pid)
            process.send_signal(signal.SIGCONT)
            assert await asyncio.wait_for(kernel.ended(), PATIENCE) == -signal.SIGKILL
            os.kill(pid, signal.SIGTERM)
            assert await asyncio.wait_for(branch.ended(), PATIENCE) == -signal.SIGTERM
            branch.release()


def test_a_branch_whose_kernel_is_buried_already_is_ended_and_says_why(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    kernel, server = ForkedKernel(ours, tmp_path / "none"), Server(None, theirs, os.eventfd(0))
    with subprocess.Popen(["sleep", "600"]) as branch:
        status = theirs.dup()
        server.adopt(status, os.pidfd_open(branch.pid), os.pidfd_open(os.getpid()))
        assert branch.wait(PATIENCE) == -signal.SIGKILL
    server.leave()
    assert kernel.wait(PATIENCE) == -signal.SIGKILL
    assert kernel.how() == f"it was ended by SIGKILL: {ORPHANED}"
    kernel.release()


async def test_how_a_kernel_ended_is_known_however_late_it_is_looked_up(tmp_path: Path) -> None:
    """The zygote tells before it waits for the dead: who finds it gone finds the word as well."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    class TellsLate(ForkedKernel):
        def _is_gone(self) -> bool:
            theirs.send(b'{"exit": 5}')
            return True

    kernel = TellsLate(ours, tmp_path / "none")
    with theirs:
        assert await asyncio.wait_for(kernel.ended(), PATIENCE) == 5
    kernel.release()


async def test_an_adopted_branch_ends_with_the_zygote(tmp_path: Path) -> None:
    with Zygote((), spare=False) as zygote:
        async with started(zygote) as (kernel, cells):
            pid = await cells.value("branch", BRANCH)
            branch = zygote.adopt(kernel, pid, kernel.connection, tmp_path / "branch")
            gone = await asyncio.create_subprocess_exec("true")
            await gone.wait()
            with pytest.raises(KernelError, match="gone"):
                zygote.adopt(kernel, gone.pid, kernel.connection, tmp_path / "other")
    wait_for_end(pid)
    assert await asyncio.wait_for(branch.ended(), PATIENCE) == -signal.SIGKILL
    branch.release()
