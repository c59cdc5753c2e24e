"""Cells that hang are ended, and the kernel keeps its variables."""

from __future__ import annotations

import asyncio

import pytest
from other_machines import pretended
from time_limits import BUSY, LIMIT, SOON, STUCK, begins, falls, leave, stuck

from replplan.errors import CellTimeout, KernelDied
from replplan.kernel import KernelOptions
from replplan_kernels import ipython
from replplan_kernels.inside.runs import CellRun, Runs
from replplan_kernels.ipython import open_ipython

pytestmark = pytest.mark.asyncio(loop_scope="module")

HANGS = {
    "busy loop": BUSY,
    "sleep": "import time; time.sleep(1000)",
    "top-level await": "import asyncio; await asyncio.sleep(1000)",
    "busy loop in a cell that awaits": "import asyncio; await asyncio.sleep(0)\nwhile True: pass",
    "busy loop in a task": "import asyncio\nasync def f():\n    while True: pass\n"
                           "await asyncio.gather(f(), asyncio.sleep(1000))",
    "blocking socket": "import socket; a, b = socket.socketpair(); a.recv(1)",
    "subprocess": "import subprocess; subprocess.run(['sleep', '1000'])",
    "shell": "!sleep 1000",
    "deadlock": "import threading; l = threading.Lock(); l.acquire(); l.acquire()",
    "thread join": "import threading, time\nt = threading.Thread(target=time.sleep, args=(60,),"
                   " daemon=True); t.start(); t.join()",
    "thread join, deaf to signals": "import signal, threading, time\n"
                                    "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
                                    "t = threading.Thread(target=time.sleep, args=(60,),"
                                    " daemon=True); t.start(); t.join()",
    "threads that compute": "from concurrent.futures import ThreadPoolExecutor as P\n"
                            "def spin(i):\n    while True: pass\n"
                            "with P(2) as pool: list(pool.map(spin, range(2)))",
    "pool of sleepers": "from concurrent.futures import ThreadPoolExecutor as P\nimport time\n"
                        "with P(2) as pool: list(pool.map(time.sleep, (30, 30)))",
    "except Exception": "while True:\n    try: len('a')\n    except Exception: pass",
    "a repr that hangs": "class R:\n    def __repr__(self):\n        while True: pass\nR()",
    "magic": "%time [x for x in iter(int, 1)]",
    "numpy": "import numpy; a = numpy.ones((300, 300))\nwhile True: a @ a",
    "regular expression": "import re; re.match('(a+)+$', 'a' * 60 + 'b')",
    "big power": "x = 7 ** (10 ** 9)",
    "generator": "def g():\n    while True: yield\nfor _ in g(): pass",
}  # fmt: skip

STUBBORN = {
    "except KeyboardInterrupt": "import time\nwhile True:\n    try: time.sleep(1)\n"
                                "    except KeyboardInterrupt: pass",
    "SIGINT ignored": "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
                      "while True: x = len('a')",
}  # fmt: skip


SIGINT_IS = "import signal, time\nsignal.signal(signal.SIGINT, {})\n"
DEAF = {
    "stops its own process": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)\n"
    "while True: pass",
    "SIGINT ignored, asleep": SIGINT_IS.format("signal.SIG_IGN") + "time.sleep(1000)",
    "SIGINT blocked, asleep": "import signal, time\n"
    "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})\n"
    "time.sleep(1000)",
    "a handler that hangs": SIGINT_IS.format("lambda *_: [0 for _ in iter(int, 1)]")
    + "while True: pass",
    "a bare except around a sleep": "import time\nwhile True:\n    try: time.sleep(1)\n"
    "    except: pass",
    "a finally that loops": "import time\ntry: time.sleep(1000)\nfinally:\n    while True: pass",
    "at the limit of recursion": "def g(n):\n    try: g(n + 1)\n    except RecursionError: pass\n"
    "    g(n)\nwhile True:\n    try: g(0)\n"
    "    except RecursionError: pass",
    "a process that sleeps": "import multiprocessing, time\n"
    "p = multiprocessing.get_context('fork').Process(target=time.sleep, args=(1000,))\n"
    "p.start(); p.join()",
    "a child deaf to SIGINT": "import subprocess\nsubprocess.run(['sh', '-c', "
    "'trap \"\" INT; while :; do sleep 1; done'])",
    "a pipe that nobody writes to": "import os\nos.path.exists('pipe') or os.mkfifo('pipe')\n"
    "open('pipe')",
    "a finalizer that loops": "class D:\n    def __del__(self):\n        while True: pass\n"
    "d = D(); del d",
    "nothing to select": "import select; select.select([], [], [])",
}


async def check_stopped(kernel, cell, rung, *others, length=800):
    await kernel.execute("kept = 41")
    result = await asyncio.wait_for(kernel.execute(cell, timeout=LIMIT), 60)
    assert result.stopped == "timeout"
    assert result.error.name == "KeyboardInterrupt"
    assert result.error.message == "stopped after 0.3 s, its time limit"
    assert result.rung in (rung, *others)
    assert result.lost == ""
    assert len(result.error.traceback) < length
    assert result.error.traceback.endswith("its time limit")
    after = await kernel.execute(
        "import time\nfor _ in range(3): time.sleep(0.01)\nprint('fine')\nkept + 1", timeout=20
    )
    assert (after.error, after.value) == (None, "42")
    assert after.output.endswith("fine\n")  # after what a process says as it is interrupted


UNREAD = ("regular expression", "big power", "stops its own process")


def reached(title):
    """Skips a cell that no message can stop: its C code holds the lock, or its process sleeps."""
    if pretended() == "no-socket" and title in UNREAD:
        pytest.skip("the interrupt is a message, which nobody reads there")


@pytest.mark.parametrize("title", HANGS)
async def test_at_its_time_limit_a_cell_is_stopped(kernel, host, long_rungs, long_note, title):
    reached(title)
    await check_stopped(kernel, HANGS[title], "signal")


@pytest.mark.parametrize("title", STUBBORN)
async def test_a_stubborn_cell_is_stopped_as_well(kernel, host, long_note, title):
    await check_stopped(kernel, STUBBORN[title], "exception")


@pytest.mark.parametrize("title", DEAF)
async def test_a_cell_that_does_not_hear_is_stopped_as_well(kernel, host, long_note, title):
    reached(title)
    await check_stopped(kernel, DEAF[title], "signal", "message", "exception", length=4000)


async def test_sleep_is_pickled_as_ever(kernel, host):
    result = await kernel.execute(
        "import pickle, time; pickle.loads(pickle.dumps(time.sleep)) is time.sleep"
    )
    assert result.value == "True"


async def test_an_error_whose_message_hangs_is_stopped_as_well(kernel, host):
    cell = "class E(Exception):\n    def __str__(self):\n        print(1)\n        while True: pass\nraise E"
    result = await kernel.execute(cell, timeout=60, on_output=falls(kernel))
    assert (result.stopped, result.error.name) == ("timeout", "E")


async def test_what_was_printed_before_is_kept(kernel, host):
    cell = f"print('got so far')\n{BUSY}"
    result = await kernel.execute(cell, timeout=60, on_output=falls(kernel))
    assert result.output == "got so far\n"
    assert f"line 2\n    {BUSY}" in result.error.traceback


async def test_time_in_calls_does_not_count(kernel, host):
    async def answer_late(repl, name, args, kwargs):
        leave(kernel.root.run, SOON)
        await asyncio.sleep(2 * SOON)
        leave(kernel.root.run, args[0])
        return "late"

    host.call = answer_late
    try:
        for cell in ("act(60)", "await act.aio(60)"):
            result = await kernel.execute(cell, timeout=60)
            assert (result.value, result.stopped) == ("'late'", None)
        result = await kernel.execute(f"act({SOON})\n{BUSY}", timeout=60)
        assert result.stopped == "timeout"
    finally:
        del host.call


@pytest.mark.skipif(
    pretended() == "no-socket", reason="a kernel that runs elsewhere is given no folder"
)
async def test_a_cell_that_cannot_be_stopped_says_so_and_its_kernel_is_gone(tmp_path):
    async with open_ipython(KernelOptions(folder=tmp_path)) as kernel:
        with pytest.raises(CellTimeout, match="could not be stopped"):
            await stuck(kernel, tmp_path)
        with pytest.raises(KernelDied):
            await kernel.execute("1")


CANCELLED = {
    "busy loop": (BUSY, {}),
    "sleep": ("import time; time.sleep(1000)", {}),
    "top-level await": ("import asyncio; await asyncio.sleep(1000)", {}),
    "a call under way": ("slow()", {}),
    "an awaited call": ("await slow()", {}),
    "calls in threads": ("from concurrent.futures import ThreadPoolExecutor as P\n"
                         "with P(3) as pool: list(pool.map(lambda i: slow(), range(3)))", {}),
    "a child that waits": ("child()", {"child": ["slow()"]}),
    "a child that computes": ("child()", {"child": [BUSY]}),
    "an awaited child that computes": ("await child()", {"child": [BUSY]}),
    "children in threads": ("from concurrent.futures import ThreadPoolExecutor as P\n"
                            "with P(3) as pool: list(pool.map(lambda i: child(), range(3)))",
                            {"child": [BUSY]}),
}  # fmt: skip


@pytest.mark.parametrize("title", CANCELLED)
async def test_cancelling_ends_the_cell_and_keeps_the_kernel(kernel, host, title):
    cell, host.scripts = CANCELLED[title]
    await kernel.execute("kept = 41")
    heard = asyncio.Event()
    running = asyncio.create_task(
        kernel.execute(f"print('begun', flush=True)\n{cell}", on_output=lambda _: heard.set())
    )
    await asyncio.wait_for(heard.wait(), 20)
    if "slow()" in f"{cell}{host.scripts}":
        await asyncio.wait_for(host.waiting.acquire(), 20)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 20)
    if "slow()" in f"{cell}{host.scripts}":
        await asyncio.wait_for(host.cancelled.acquire(), 20)
    after = await asyncio.wait_for(kernel.execute("print(kept)\nact('on')"), 20)
    assert (after.output, after.value, after.error) == ("41\n", "'on'", None)


@pytest.mark.skipif(
    pretended() == "no-socket", reason="a kernel that runs elsewhere is given no folder"
)
async def test_cancelling_what_cannot_be_stopped_kills_the_kernel(tmp_path, monkeypatch):
    monkeypatch.setattr(ipython, "_GRACE_SECONDS", 1)
    async with open_ipython(KernelOptions(folder=tmp_path)) as kernel:
        running = asyncio.create_task(kernel.execute(STUCK.format(str(tmp_path / "begun"))))
        await begins(running, tmp_path)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(running, 20)
        with pytest.raises(KernelDied):
            await asyncio.wait_for(kernel.execute("1"), 20)


class Struck:
    """A lock on whose way a cell's end is struck, so often."""

    def __init__(self, times):
        self.times = times

    def __enter__(self):
        if self.times:
            self.times -= 1
            raise KeyboardInterrupt

    def __exit__(self, *_):
        pass


@pytest.mark.parametrize("times", [0, 1, 2])
async def test_a_cell_that_is_struck_as_it_ends_is_over(times):
    """Else the next signal, meant for it, would end the kernel's event loop."""
    runs = Runs()
    with runs.active(CellRun("cell", None)):
        runs.lock = Struck(times)
    assert runs.by_id == {}
