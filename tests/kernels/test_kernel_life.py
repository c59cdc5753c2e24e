"""A kernel's life: how it starts, what it is given, how it ends, and that nothing is left."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest
from other_machines import pretended
from scripted_host import FUNCTIONS, ScriptedHost

from replplan.errors import ConfigError, KernelDied, KernelError
from replplan.kernel import KernelOptions
from replplan_kernels import ipython, process
from replplan_kernels.enclosure import zygote_for
from replplan_kernels.ipython import open_ipython
from replplan_kernels.zygote import family
from replplan_kernels.zygote.launch import can_fork

pytestmark = pytest.mark.skipif(
    pretended() == "no-socket",
    reason="kernels that run elsewhere have no folder and no number here",
)

STOCK = KernelOptions(start="stock", isolation="none")
BOTH = pytest.mark.parametrize("options", [KernelOptions(), STOCK], ids=["forked", "stock"])


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """A temporary folder of this test's own, short enough for sockets.

    The zygote, which stays for the next kernel, has its own elsewhere.
    """
    if can_fork() is None:
        zygote_for("auto").warm()
    folder = tempfile.mkdtemp(prefix="t-", dir="/tmp")
    monkeypatch.setattr(tempfile, "tempdir", folder)
    yield Path(folder)
    Path(folder).rmdir()


def lives(pid):
    """Whether there is such a process; a zombie is as good as gone."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def running(pids):
    return [pid for pid in pids if lives(pid)]


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_the_environment_is_clean(monkeypatch):
    for name in ("OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "PYTHONPATH", "PYTHONSTARTUP"):
        monkeypatch.setenv(name, "sk-secret")
    async with open_ipython(STOCK) as kernel:
        result = await kernel.execute(
            "import os, json\n"
            "start = open('/proc/self/environ').read()\n"
            "print(json.dumps([dict(os.environ), start]))"
        )
    environment, at_start = json.loads(result.output)
    assert "sk-secret" not in result.output
    assert "OPENAI_API_KEY" not in environment
    assert environment["OPENBLAS_NUM_THREADS"] == "1"
    assert environment["PATH"] == os.environ["PATH"]
    assert "OPENAI" not in at_start


@BOTH
async def test_the_users_ipython_is_not_touched(options, monkeypatch, tmp_path):
    startup = tmp_path / ".ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("from_startup = 1")
    monkeypatch.setenv("HOME", str(tmp_path))
    async with open_ipython(options) as kernel:
        assert (await kernel.execute("from_startup")).error.name == "NameError"
        assert (await kernel.execute("get_ipython().history_manager.enabled")).value == "False"
    assert not list(tmp_path.rglob("*.sqlite"))


async def test_a_folder_of_its_own_goes_with_the_kernel(temporary):
    async with open_ipython(STOCK) as kernel:
        await kernel.execute("open('made.txt', 'w').write('x')")
        (made,) = temporary.rglob("made.txt")
        assert (made.parent.parent.stat().st_mode & 0o777) == 0o700
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (KernelOptions(folder=Path("/no/such/folder")), "there is no folder /no/such/folder"),
        (KernelOptions(files=(Path("/no/such/file"),)), "there is no file /no/such/file"),
    ],
)
async def test_wrong_options_are_named(options, says, temporary):
    with pytest.raises(ConfigError, match=says):
        async with open_ipython(options):
            pass
    assert list(temporary.iterdir()) == []


async def test_a_failed_start_shows_why(monkeypatch, temporary, tmp_path):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no module named kernel' >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(process.sys, "executable", str(broken))
    with pytest.raises(KernelError, match="did not start: no module named kernel"):
        async with open_ipython(STOCK):
            pass
    assert list(temporary.iterdir()) == []


@BOTH
async def test_death_in_a_cell_is_noticed_at_once(options, temporary):
    async with open_ipython(options) as kernel:
        with pytest.raises(KernelDied, match=r"has ended \(exit code 3\)"):
            await asyncio.wait_for(kernel.execute("import os; os._exit(3)"), 10)
        with pytest.raises(KernelDied):
            await kernel.execute("1")
    assert list(temporary.iterdir()) == []


async def test_a_kill_from_outside_is_noticed_at_once():
    host = ScriptedHost({"child": ["slow()"]})
    async with open_ipython(KernelOptions(calls=host, functions=FUNCTIONS)) as kernel:
        running = asyncio.create_task(kernel.execute("child()"))
        await asyncio.wait_for(host.waiting.acquire(), 20)
        os.kill(kernel.process.pid, signal.SIGKILL)
        with pytest.raises(KernelDied, match="signal 9"):
            await asyncio.wait_for(running, 10)
        await asyncio.wait_for(host.cancelled.acquire(), 10)


@pytest.mark.parametrize("cell", ["import os; os._exit(1)", "import ctypes; ctypes.string_at(0)"])
async def test_a_child_is_told_of_the_death(cell, monkeypatch):
    monkeypatch.setattr(ipython, "_DEATH_SECONDS", 20)  # for which it is not taken for cancelled
    died = []

    class Host(ScriptedHost):
        async def subtask(self, call, repl):
            for code in (cell, "1"):
                try:
                    await repl.execute(code)
                except KernelDied as error:
                    died.append(error)
            raise died[0]

    async with open_ipython(KernelOptions(calls=Host())) as kernel:
        with pytest.raises(KernelDied):
            await asyncio.wait_for(kernel.execute("child()"), 10)
        await until(lambda: len(died) == 2)


@BOTH
async def test_closing_twice_and_using_afterwards(options):
    async with open_ipython(options) as kernel:
        await kernel.close()
        await kernel.close()
        with pytest.raises(KernelDied, match="closed"):
            await kernel.execute("1")


CLUTTER = """
import subprocess, os
inside = subprocess.Popen(['sleep', '600'])
apart = subprocess.Popen(['sleep', '600'], start_new_session=True)
print(os.getpid(), inside.pid, apart.pid)
"""


@pytest.mark.parametrize("how", ["listed", "searched"])
async def test_closing_ends_all_that_was_started(temporary, how, monkeypatch):
    if how == "searched":  # as where the system does not list the children of a process
        monkeypatch.setattr(family, "Path", lambda path: Path("/no/such/list"))
    async with open_ipython(STOCK) as kernel:
        pids = [int(pid) for pid in (await kernel.execute(CLUTTER)).output.split()]
        assert len(running(pids)) == 3
        assert family.tree(pids[0]) == set(pids)
    await until(lambda: not running(pids))
    assert list(temporary.iterdir()) == []


@BOTH
async def test_closing_ends_a_running_cell(options):
    async with open_ipython(options) as kernel:
        running = asyncio.create_task(kernel.execute("while True: pass"))
        await asyncio.sleep(0)
        await kernel.close()
        with pytest.raises(KernelDied):
            await asyncio.wait_for(running, 10)


@pytest.mark.parametrize("moments", range(0, 60, 6))
async def test_cancelling_the_start_leaves_nothing(temporary, moments):
    async def opened():
        async with open_ipython(KernelOptions()):
            await asyncio.Event().wait()

    before = set(psutil.Process().children())
    opening = asyncio.create_task(opened())
    for _ in range(moments):
        await asyncio.sleep(0.01 if moments > 20 else 0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert set(psutil.Process().children()) - before == set()
    assert list(temporary.iterdir()) == []


HOST = r"""
import asyncio, sys, tempfile
from replplan.kernel import KernelOptions
from replplan_kernels.ipython import open_ipython

async def main():
    tempfile.tempdir = sys.argv[1]
    stock = KernelOptions(start="stock", isolation="none")
    async with open_ipython(stock) as one, open_ipython(stock) as two:
        first = await one.execute("import os; print(os.getpid())")
        second = await two.execute("import os, subprocess, time\n"
            "from replplan_kernels.inside.watching import Watcher\n"
            "tidy = Watcher.host_is_gone\n"  # which may come late to it
            "Watcher.host_is_gone = lambda self: (time.sleep(1.2), tidy(self))\n"
            "p = subprocess.Popen(['sleep', '600'])\n"
            "q = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
            "print(os.getpid(), p.pid, q.pid)")
        asyncio.create_task(two.execute("while True: pass"))
        await asyncio.sleep(0)
        print(first.output.strip(), second.output.strip(), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_killed_host_leaves_nothing(temporary):
    host = subprocess.Popen(  # noqa: ASYNC220 - the start of a process is brief
        [sys.executable, "-c", HOST, str(temporary)], stdout=subprocess.PIPE, text=True
    )
    with host:
        pids = [int(pid) for pid in host.stdout.readline().split()]
        assert len(running(pids)) == 4
        host.kill()
    await until(lambda: not running(pids))
    await until(lambda: not list(temporary.iterdir()))


async def test_many_kernels_at_once():
    async def one(i):
        async with open_ipython(KernelOptions()) as kernel:
            return (await kernel.execute(f"{i} + 1")).value

    assert await asyncio.gather(*[one(i) for i in range(4)]) == ["1", "2", "3", "4"]


async def test_a_long_temporary_folder_is_no_obstacle(monkeypatch, tmp_path):
    deep = tmp_path / ("x" * 60) / ("y" * 60)
    deep.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    async with open_ipython(STOCK) as kernel:
        private = kernel.process.workspace.private
        assert (await kernel.execute("1 + 1")).value == "2"
    assert not private.exists()
    assert list(deep.iterdir()) == []
