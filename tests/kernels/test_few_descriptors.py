"""A host that runs out of file descriptors: told at once, in one sentence, and able to go on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from scripted_host import FUNCTIONS, ScriptedHost

from replplan.errors import KernelDied, KernelError
from replplan.kernel import KernelOptions
from replplan_kernels import branch, ipython
from replplan_kernels.ipython import open_ipython
from replplan_kernels.process import LocalProcess
from replplan_kernels.zygote.launch import can_fork

FORKED = pytest.mark.skipif(can_fork() is not None, reason=str(can_fork()))
FEW = (0, 1, 2, 3, 5, 8, 13, 21)
PATIENCE = 20
"""Seconds: less than a kernel that does not answer is waited for."""


@contextmanager
def few_left(few: int) -> Iterator[None]:
    """Leave this process so many descriptors, and no more."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    held, top = list[int](), max(int(fd) for fd in os.listdir("/proc/self/fd"))  # noqa: PTH208
    resource.setrlimit(resource.RLIMIT_NOFILE, (top + 64, before[1]))
    try:
        with contextlib.suppress(OSError):
            while True:
                held.append(os.dup(0))
        for fd in held[len(held) - few :]:
            os.close(fd)
        del held[len(held) - few :]
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        for fd in held:
            os.close(fd)


def taken():
    """How many descriptors this process has."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


async def made_with_few(make, few):
    """What comes of it with so few left: the kernel, or the sentence that says why not."""
    before = taken()
    with few_left(few):
        try:
            return await asyncio.wait_for(make(), PATIENCE)
        except KernelError as error:
            told = str(error)
    async with asyncio.timeout(PATIENCE):
        while taken() > before + 1:  # a spare kernel may have come
            await asyncio.sleep(0.01)  # libzmq closes sockets on a thread of its own
    return told


async def test_no_kernel_is_started_that_would_lack_some():
    async def start():
        async with open_ipython(KernelOptions()):
            return "started"

    async with open_ipython(KernelOptions()) as kernel:
        assert (await kernel.execute("n = 1")).error is None
        for few in FEW:
            assert "too few file descriptors left" in await made_with_few(start, few), few
            assert (await kernel.execute("n + 1")).value == "2"


@FORKED
async def test_no_branch_is_made_that_would_lack_some():
    async with open_ipython(KernelOptions()) as kernel:
        assert (await kernel.execute("n = 1")).error is None
        for few in FEW:
            told = await made_with_few(kernel.branch, few)
            assert "too few file descriptors left" in told, few
        other = await kernel.branch()
        assert (await other.execute("n + 2")).value == "3"
        await other.close()


@FORKED
async def test_one_that_lacks_some_although_there_was_room_is_given_up_at_once(monkeypatch):
    monkeypatch.setattr(ipython, "check_room", lambda: None)  # others took it meanwhile
    monkeypatch.setattr(branch, "check_room", lambda: None)
    async with open_ipython(KernelOptions()) as kernel:
        assert (await kernel.execute("n = 1")).error is None
        for few in range(10):
            assert "Too many open files" in await made_with_few(kernel.branch, few), few
            assert (await kernel.execute("n + 1")).value == "2"


@FORKED
async def test_a_death_is_noticed_although_none_is_left_to_wait_on():
    async with open_ipython(KernelOptions()) as kernel:
        with few_left(0), pytest.raises(KernelDied, match="exit code 3"):
            await asyncio.wait_for(kernel.execute("import os; os._exit(3)"), PATIENCE)


async def test_a_cell_whose_call_the_host_cannot_take_up_is_told_so():
    host = ScriptedHost()
    cell = "try: act('x')\nexcept RuntimeError as error: print(error)"
    async with open_ipython(KernelOptions(calls=host, functions=FUNCTIONS)) as kernel:
        if not isinstance(kernel.process, LocalProcess):
            pytest.skip("a kernel that runs elsewhere has one connection for all calls")
        with few_left(0):
            for _ in range(2):
                told = await asyncio.wait_for(kernel.execute(cell), PATIENCE)
                assert "the host has too few file descriptors left" in told.output
                assert "Too many open files" in told.output
        assert host.calls == []
        assert (await kernel.execute("act('y')")).value == "'y'"
