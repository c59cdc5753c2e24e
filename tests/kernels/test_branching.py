"""Kernels that branch."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest
from branches import BOTH, PLAIN, WALLED, value
from scripted_host import FUNCTIONS, ScriptedHost

from replplan.errors import KernelDied, KernelError
from replplan.kernel import KernelOptions
from replplan_kernels.enclosure import zygote_for
from replplan_kernels.ipython import open_ipython
from replplan_kernels.isolation.ladder import strongest
from replplan_kernels.zygote.launch import can_fork

pytestmark = pytest.mark.skipif(can_fork() is not None, reason=str(can_fork()))


def lives(pid):
    """Whether there is such a process; a zombie is as good as gone."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def gone(pid):
    """Wait until a process has ended."""
    async with asyncio.timeout(20):
        while lives(pid):
            await asyncio.sleep(0.01)


@BOTH
async def test_the_state_is_equal_and_then_apart(options):
    async with open_ipython(options) as kernel:
        await kernel.execute(
            "import random, numpy, sys\nrandom.seed(1); numpy.random.seed(1); n = [1]\n"
            "def f(): return n\nout = sys.stdout"
        )
        branch = await kernel.branch()
        try:
            drawn = "n, random.random(), float(numpy.random.random()), f() is n"
            assert await value(kernel, drawn) == await value(branch, drawn)
            await kernel.execute("n.append('kernel')")
            await branch.execute("n.append('branch')")
            assert await value(kernel, "n") == "[1, 'kernel']"
            assert await value(branch, "n") == "[1, 'branch']"
            said = await branch.execute("print('here', file=out)\n!echo there")
            assert said.output == "here\nthere\n"
            assert (await branch.execute("1 +")).error.name == "SyntaxError"
            assert await value(branch, "import asyncio; await asyncio.sleep(0); 5") == "5"
            assert await value(kernel, "import os; os.getppid() > -1") == "True"
            assert kernel.process.pid != branch.process.pid
        finally:
            await branch.close()


async def test_children_and_calls_go_on_in_both():
    scripts = {"count": ["try: n += 1\nexcept NameError: n = 1\nanswer((n, act('x')))"]}
    host = ScriptedHost(scripts)
    async with open_ipython(KernelOptions(calls=host, functions=FUNCTIONS)) as kernel:
        assert await value(kernel, "count()") == "(1, 'x')"
        branch = await kernel.branch()
        try:
            assert await value(branch, "await count(), act('y')") == "((2, 'x'), 'y')"
            assert await value(branch, "count()") == "(3, 'x')"
            assert await value(kernel, "count()") == "(2, 'x')"
        finally:
            await branch.close()
    assert {call.repl for call in host.subtasks} == {host.subtasks[0].repl}


@BOTH
async def test_a_branch_of_a_branch_outlives_both(options):
    async with open_ipython(options) as kernel:
        await kernel.execute("n = [1]")
        first = await kernel.branch()
        await first.execute("n.append(2)")
        second = await first.branch()
        try:
            await first.close()
            assert await value(second, "n") == "[1, 2]"
            assert await value(kernel, "n") == "[1]"
            await kernel.close()
            assert await value(second, "n.append(3); open('f', 'w').write('x'); n") == "[1, 2, 3]"
            with pytest.raises(KernelDied, match="closed"):
                await kernel.branch()
        finally:
            await second.close()


@BOTH
@pytest.mark.parametrize("killed", ["kernel", "branch"])
async def test_one_dies_and_the_other_lives(options, killed):
    async with open_ipython(options) as kernel:
        await kernel.execute("n = 1")
        branch = await kernel.branch()
        try:
            dead, alive = (kernel, branch) if killed == "kernel" else (branch, kernel)
            running = asyncio.create_task(dead.execute("while True: pass"))
            await asyncio.sleep(0)
            os.kill(dead.process.pid, signal.SIGKILL)
            with pytest.raises(KernelDied, match="signal 9"):
                await asyncio.wait_for(running, 20)
            assert await value(alive, "n + 1") == "2"
            again = await alive.branch()
            assert await value(again, "n + 2") == "3"
            await again.close()
        finally:
            await branch.close()


@BOTH
async def test_nothing_is_left_behind(options):
    zygote = zygote_for(options.isolation)
    folder = zygote.warm().folder
    async with open_ipython(options) as kernel:
        private = kernel.process.workspace.private
        assert private.parent == folder
        branch = await kernel.branch()
        await branch.checkpoint()
        pids = [kernel.process.pid, branch.process.pid, branch.checkpoints.spare.process.pid]
        started = "import subprocess; p = subprocess.Popen(['sleep', '600'], start_new_session=%s)"
        before = set(psutil.Process(pids[1]).children())
        await branch.execute(started % "False")
        await branch.execute(started % "True")
        pids += [p.pid for p in set(psutil.Process(pids[1]).children()) - before]
        assert len(pids) == 5
        await branch.close()
        assert not (private / "b1").exists()
        assert private.exists()
    for pid in pids:
        await gone(pid)
    assert not private.exists()


async def test_a_given_folder_stays_and_what_was_put_there_goes_with_the_last(tmp_path):
    folder, file = tmp_path / "work", tmp_path / "data"
    folder.mkdir()
    file.write_text("1")
    async with open_ipython(KernelOptions(folder=folder, files=(file,))) as kernel:
        branch = await kernel.branch()
        await kernel.close()
        assert await value(branch, "open('data').read()") == "'1'"
        await branch.close()
    assert list(folder.iterdir()) == []


@BOTH
async def test_what_is_open_is_named(options):
    if options is WALLED and strongest() != "namespaces":
        pytest.skip("Landlock lets no cell open a server, and alone no branch read its own /proc")
    async with open_ipython(options) as kernel:
        plain = await kernel.branch()
        assert plain.shared == ()
        await plain.close()
        await kernel.execute(
            "import os, socket\nf = open('mine', 'w')\npipe = os.pipe()\n"
            "server = socket.create_server(('127.0.0.1', 0))"
        )
        port = await value(kernel, "server.getsockname()[1]")
        branch = await kernel.branch()
        again = await branch.branch()
        try:
            kinds = [name.split()[0] for name in branch.shared]
            assert kinds == ["file", "pipe", "pipe", "socket"]
            assert "mine" in branch.shared[0]
            assert f"127.0.0.1:{port}" in branch.shared[3]
            assert again.shared == branch.shared
            assert await value(branch, "f.write('x'); f.close(); server.close()") is None
            assert await value(kernel, "f.write('y'); f.close(); open('mine').read()") == "'xy'"
        finally:
            await branch.close()
            await again.close()


async def test_a_thread_or_a_task_of_a_cell_is_in_the_way():
    async with open_ipython(WALLED) as kernel:
        await kernel.execute(
            "import threading; e = threading.Event()\n"
            "thread = threading.Thread(target=e.wait, name='waiter'); thread.start()"
        )
        with pytest.raises(KernelError, match="lose the threads waiter: end them first"):
            await kernel.branch()
        await kernel.execute("e.set(); thread.join()")
        await kernel.execute("import asyncio; t = asyncio.create_task(asyncio.sleep(600))")
        with pytest.raises(KernelError, match="tasks that cells have begun: await them first"):
            await kernel.checkpoint()
        await kernel.execute("t.cancel(); await asyncio.wait({t})")
        branch = await kernel.branch()
        assert await value(branch, "e.is_set()") == "True"
        await branch.close()
        with pytest.raises(KernelError, match="no checkpoint"):
            await kernel.restore()


LATE = """
import time
from replplan_kernels.inside.branching import Brancher
begin = Brancher._stay
def begin_late(self):
    time.sleep(0.5)
    begin(self)
Brancher._stay = begin_late
"""


async def test_a_branch_is_branched_although_its_event_loop_is_late():
    async with open_ipython(PLAIN) as kernel:
        await kernel.execute(LATE)
        branch = await kernel.branch()
        again = await asyncio.wait_for(branch.branch(), 20)
        assert await value(again, "6 * 7") == "42"
        await again.close()
        await branch.close()


async def test_a_stock_kernel_says_that_it_cannot():
    options = KernelOptions(start="stock", isolation="none")
    async with open_ipython(options) as kernel:
        for wish in (kernel.branch, kernel.checkpoint):
            with pytest.raises(KernelError, match="start='zygote'"):
                await wish()
        assert await value(kernel, "1") == "1"


async def test_a_branch_is_stopped_without_harm_to_the_kernel():
    async with open_ipython(WALLED) as kernel:
        branch = await kernel.branch()
        try:
            other = asyncio.create_task(kernel.execute("import time; time.sleep(1); 'whole'"))
            result = await branch.execute("while True: pass", timeout=0.2)
            assert (result.stopped, result.error.name) == ("timeout", "KeyboardInterrupt")
            assert (await other).value == "'whole'"
            assert await value(branch, "1") == "1"
        finally:
            await branch.close()


def shared_memory(pids):
    """PSS of all of them, in bytes."""
    text = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids]
    lines = [line for one in text for line in one.splitlines() if line.startswith("Pss:")]
    return sum(int(line.split()[1]) for line in lines) * 1024


@pytest.mark.slow
async def test_memory_is_shared_until_it_is_changed():
    async with open_ipython(WALLED) as kernel:
        size = 500_000_000
        await kernel.execute(f"state = bytearray(b'x') * {size}")
        branch = await kernel.branch()
        try:
            pids = [kernel.process.pid, branch.process.pid]
            assert await value(branch, "len(state), state[-1]") == f"({size}, 120)"
            assert shared_memory(pids) < 1.3 * size
        finally:
            await branch.close()
