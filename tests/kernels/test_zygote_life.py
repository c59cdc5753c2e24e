"""How a zygote begins, dies, is replaced, and ends with its host."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from zygote_kernels import PATIENCE, started, wait_for_end

from replplan.errors import KernelError
from replplan_kernels.zygote import Launch, Zygote, can_fork, shared_zygote
from replplan_kernels.zygote.client import close_shared
from replplan_kernels.zygote.forked import readable

pytestmark = pytest.mark.skipif(can_fork() is not None, reason=str(can_fork()))

VICTIM = """
import asyncio, sys
from replplan_kernels.zygote import Zygote
from zygote_kernels import Cells

DAEMON = "import subprocess; out = subprocess.Popen(['setsid', '-f', 'sh', '-c', " \\
    "'echo $$; exec sleep 600'], stdout=subprocess.PIPE).stdout.readline()"
STUCK = "from collections import deque; from itertools import repeat; deque(repeat(0), maxlen=0)"

async def main():
    zygote = Zygote(())
    kernels = [await zygote.start() for _ in range(3)]
    cells = [Cells(kernel.connection) for kernel in kernels]
    daemon = int(await cells[0].value("out", DAEMON))
    await cells[1].reply("1")
    cells[1].send(STUCK)
    process = zygote.warm()
    print(process.folder)
    print(process.popen.pid, daemon, *(kernel.pid for kernel in kernels), flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


def test_nothing_is_left_when_the_host_is_killed() -> None:
    here = Path(__file__).parent
    path = os.pathsep.join([str(here), *filter(None, sys.path)])
    host = subprocess.Popen(
        [sys.executable, "-c", VICTIM],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    with host:
        assert host.stdout
        folder = Path(host.stdout.readline().strip())
        pids = [int(pid) for pid in host.stdout.readline().split()]
        assert len(pids) == 5
        assert folder.is_dir()
        host.kill()
    for pid in pids[1:]:
        wait_for_end(pid)
    wait_for_end(pids[0])  # it ends last, and takes its folder along
    assert not folder.exists()


async def test_it_is_replaced_when_it_has_died() -> None:
    with Zygote((), spare=False) as zygote:
        kernel = await zygote.start()
        first = zygote.warm()
        first.popen.send_signal(signal.SIGSTOP)
        starting = asyncio.ensure_future(zygote.start())
        await asyncio.sleep(0)
        first.popen.kill()
        with pytest.raises(KernelError, match="has ended"):
            await asyncio.wait_for(starting, PATIENCE)
        assert await asyncio.wait_for(kernel.ended(), PATIENCE) == -signal.SIGKILL
        kernel.release()
        async with started(zygote) as (_, cells):
            assert await cells.value("1") == 1
        assert zygote.warm().popen.pid != first.popen.pid
        assert not first.folder.exists()


async def test_a_spare_of_a_dead_zygote_is_not_used() -> None:
    with Zygote((), spare=False) as zygote:
        zygote.prepare()
        zygote.warm().popen.kill()
        async with started(zygote) as (_, cells):
            assert await cells.value("1") == 1


async def test_what_it_said_last_is_told() -> None:
    with (
        Zygote(("string:no_such_function",)) as zygote,
        pytest.raises(KernelError, match=r"has ended: AttributeError: .*no_such_function"),
    ):
        await zygote.start()


async def test_a_spare_is_taken_and_made_again() -> None:
    with Zygote((), spare=True) as zygote:
        launch = Launch()
        zygote.prepare(launch)
        zygote.prepare(launch)
        spare = zygote._spares[launch.key]
        async with started(zygote, launch) as (kernel, cells):
            assert kernel is spare
            assert await cells.value("1") == 1
            async with asyncio.timeout(PATIENCE):
                while launch.key not in zygote._spares:
                    await asyncio.sleep(0.01)
        another = Launch(options={"kind": "another"})
        async with started(zygote, another) as (kernel, _):
            assert kernel is not spare


async def test_a_spare_that_has_died_is_no_hindrance() -> None:
    with Zygote((), spare=False) as zygote:
        zygote.prepare()
        spare = zygote._spares[Launch().key]
        await asyncio.wait_for(spare.hear("ready"), PATIENCE)
        os.kill(spare.pid, signal.SIGKILL)
        async with started(zygote) as (kernel, cells):
            assert kernel is not spare
            assert await cells.value("1") == 1


async def test_a_spare_that_died_before_anybody_heard_that_it_was_ready_is_no_hindrance() -> None:
    with Zygote((), spare=False) as zygote:
        zygote.prepare()
        spare = zygote._spares[Launch().key]
        await asyncio.wait_for(readable(spare.status), PATIENCE)
        for pid in _children(zygote.warm().popen.pid):
            os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(PATIENCE):
            while _children(zygote.warm().popen.pid):
                await asyncio.sleep(0.01)
        async with started(zygote) as (kernel, cells):
            assert kernel is not spare
            assert await cells.value("1") == 1


async def test_a_cancelled_start_leaves_no_process() -> None:
    with Zygote((), spare=False) as zygote:
        async with started(zygote) as (kernel, _):
            process = zygote.warm()
            process.popen.send_signal(signal.SIGSTOP)
            starting = asyncio.ensure_future(zygote.start())
            await asyncio.sleep(0)
            starting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await starting
            process.popen.send_signal(signal.SIGCONT)
            async with started(zygote) as (other, _):  # asked for later: the first is over
                async with asyncio.timeout(PATIENCE):
                    while _children(process.popen.pid) != {kernel.pid, other.pid}:
                        await asyncio.sleep(0.01)


def _children(pid: int) -> set[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return {int(child) for child in text.split()}


async def test_more_are_asked_for_than_the_socket_holds() -> None:
    with Zygote((), spare=False) as zygote:
        async with started(zygote):
            process = zygote.warm()
            process.popen.send_signal(signal.SIGSTOP)
            starting = [asyncio.ensure_future(zygote.start()) for _ in range(300)]
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            for task in starting[:-2]:
                task.cancel()
            process.popen.send_signal(signal.SIGCONT)
            async with asyncio.timeout(PATIENCE):
                kernels = await asyncio.gather(*starting[-2:])
            await asyncio.gather(*starting[:-2], return_exceptions=True)
            for kernel in kernels:
                kernel.release()


async def test_it_is_closed_with_all_its_kernels() -> None:
    zygote = Zygote(())
    kernel = await zygote.start()
    process = zygote.warm()
    zygote.close()
    zygote.close()
    assert await asyncio.wait_for(kernel.ended(), PATIENCE) == -signal.SIGKILL
    kernel.release()
    wait_for_end(kernel.pid)
    assert process.popen.returncode == 0
    assert not process.folder.exists()
    with pytest.raises(KernelError, match="closed"):
        await zygote.start()


async def test_one_is_shared_by_all_who_preload_the_same() -> None:
    try:
        assert shared_zygote(()) is shared_zygote(())
        assert shared_zygote(()) is not shared_zygote(("json",))
        async with started(shared_zygote(())) as (_, cells):
            assert await cells.value("1") == 1
    finally:
        close_shared()


def test_a_fork_of_the_host_has_a_zygote_of_its_own() -> None:
    code = """
import asyncio, os
from replplan_kernels.zygote import shared_zygote
from zygote_kernels import Cells

async def answer():
    kernel = await shared_zygote(()).start()
    cells = Cells(kernel.connection)
    assert await cells.value("6 * 7") == 42
    cells.close()
    kernel.release()
    return shared_zygote(()).warm().popen.pid

first = asyncio.run(answer())
if not (child := os.fork()):
    os._exit(0 if asyncio.run(answer()) != first else 1)
assert os.waitpid(child, 0)[1] == 0
assert asyncio.run(answer()) == first
"""
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        timeout=4 * PATIENCE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


async def test_a_host_out_of_descriptors_is_told_so() -> None:
    import resource

    with Zygote((), spare=False) as zygote:
        async with started(zygote):
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            lowest = os.dup(0)
            os.close(lowest)
            resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
            try:
                with pytest.raises(KernelError, match="Too many open files"):
                    await zygote.start()
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        async with started(zygote) as (_, cells):
            assert await cells.value("1") == 1


def test_it_says_where_there_is_no_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    decide = can_fork.__wrapped__
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "darwin" in decide()
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delattr(os, "pidfd_open")
    assert "pidfd_open" in decide()


async def test_a_command_that_cannot_be_run_is_named_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with (
        Zygote((), prefix=lambda _: ["/no/such/command"]) as zygote,
        pytest.raises(KernelError, match="/no/such/command"),
    ):
        await zygote.start()
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240
