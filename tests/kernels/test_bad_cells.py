"""Cells that break what they run on: typed errors, one sentence each, and a plan that goes on."""

from __future__ import annotations

import asyncio

import psutil
import pytest
from other_machines import pretended
from scripted_host import FUNCTIONS, ScriptedHost

from replplan.errors import KernelDied, KernelError
from replplan.kernel import KernelOptions
from replplan_kernels.ipython import open_ipython
from replplan_kernels.process import LocalProcess
from replplan_kernels.zygote.launch import can_fork

FORKED = pytest.mark.skipif(can_fork() is not None, reason=str(can_fork()))

FATAL = {
    "closes its sockets": ("import os; os.closerange(3, 500)", "exit code 1|signal [69]"),
    "ends its process": ("import os; os._exit(0)", "exit code 0"),
    # Where its start takes long it is ended: a kernel without its connections is none.
    "becomes another program": (
        "import os; os.execv('/bin/true', ['true'])",
        "exit code 0|signal 9",
    ),
    "becomes one that stays": ("import os; os.execv('/bin/sleep', ['sleep', '60'])", "signal 9"),
    "kills its group": ("import os, signal; os.kill(0, signal.SIGTERM)", "signal 15"),
    "aborts": ("import os; os.abort()", "signal 6"),
    "reads where nothing is": ("import ctypes; ctypes.string_at(0)", "signal 11"),
    "writes nonsense to every socket": (
        "import gc, socket\n"
        "for s in gc.get_objects():\n"
        "    if isinstance(s, socket.socket):\n"
        "        try: s.sendall(b'\\x00\\x00\\x00\\x02{]')\n"
        "        except OSError: pass",
        "signal 9",
    ),
}


@pytest.mark.parametrize("title", FATAL)
async def test_a_cell_that_ends_its_kernel_is_told_so_at_once(title):
    if pretended() == "no-socket" and title == "writes nonsense to every socket":
        pytest.skip("a kernel that runs elsewhere has none of our sockets")
    cell, how = FATAL[title]
    async with open_ipython(KernelOptions()) as kernel:
        how = (
            how
            if isinstance(kernel.process, LocalProcess)
            else "nobody listens any more .*|it is let go"
        )
        with pytest.raises(KernelDied, match=rf"process has ended \(({how})\)"):
            await asyncio.wait_for(kernel.execute(cell), 20)
        with pytest.raises(KernelDied):
            await kernel.execute("1")


@FORKED
@pytest.mark.parametrize("title", ["ends its process", "closes its sockets"])
async def test_with_a_checkpoint_the_kernel_goes_on(title):
    async with open_ipython(KernelOptions()) as kernel:
        await kernel.execute("kept = 41")
        await kernel.checkpoint()
        with pytest.raises(KernelDied):
            await asyncio.wait_for(kernel.execute(FATAL[title][0]), 20)
        await kernel.restore()
        assert (await kernel.execute("kept + 1")).value == "42"


IMPOSTOR = """
import os, signal
from replplan_kernels.inside import branching
true = branching.greet
def greet(link):
    if os.fork(): signal.pause()
    return true(link)
branching.greet = greet
"""


@FORKED
async def test_whoever_claims_to_be_a_branch_is_one_or_is_not_taken_up():
    async with open_ipython(KernelOptions()) as kernel:
        await kernel.execute(IMPOSTOR)
        with pytest.raises(KernelError, match="no child of it"):
            await asyncio.wait_for(kernel.branch(), 20)
        await kernel.execute("branching.greet = true")
        branch = await kernel.branch()
        assert (await branch.execute("1 + 1")).value == "2"
        await branch.close()


FORKS = {
    "falls through": (
        "import os, warnings\nwarnings.simplefilter('ignore')  # of 3.12: a kernel has threads\n"
        "if not os.fork(): print('the fork')\nelse: os.wait()"
    ),
    "fails": "import os\nif not os.fork(): 1 / 0\nelse: os.wait()",
    "answers": "import os\nif not os.fork(): answer('the fork')\nelse: os.wait()",
    "calls": "import os\nif not os.fork(): act('the fork')\nelse: os.wait()",
    "awaits": "import asyncio, os\nif not os.fork(): await asyncio.sleep(0)\nelse: os.wait()",
}


@pytest.mark.parametrize("title", FORKS)
@pytest.mark.parametrize("where", ["root", "child"])
async def test_a_process_that_a_cell_forks_ends_with_its_cell(title, where):
    host = ScriptedHost({"child": [FORKS[title], "answer('asked')"]})
    async with open_ipython(KernelOptions(calls=host, functions=FUNCTIONS)) as kernel:
        pid = (await kernel.execute("import os; os.getpid()")).value
        result = await asyncio.wait_for(
            kernel.execute(FORKS[title] if where == "root" else "child()"), 20
        )
        assert result.error is None
        assert result.answer is None
        for i in range(20):
            after = await asyncio.wait_for(kernel.execute(f"print({i}); os.getpid()"), 20)
            assert (after.output, after.value) == (f"{i}\n", pid)
        if isinstance(kernel.process, LocalProcess):  # of no other kernel the host knows the number
            assert psutil.Process(kernel.process.pid).children() == []
    printed = result.output + "".join(host.said)
    assert printed == "the fork\n" if title == "falls through" else True
    assert ("ZeroDivisionError" in printed) is (title == "fails")
    assert [call[2] for call in host.calls] == ([["the fork"]] if title == "calls" else [])
