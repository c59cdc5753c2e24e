"""Kernels that run already, and kernels behind a real Kernel Gateway."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys

import psutil
import pytest
import pytest_asyncio
from elsewhere import gateway, running_kernel
from scripted_host import FUNCTIONS, ScriptedHost
from time_limits import falls, stuck

from replplan.errors import CellTimeout, ConfigError, KernelDied, KernelError
from replplan.kernel import KernelOptions
from replplan.mount import Mount
from replplan_kernels.ipython import open_ipython
from replplan_kernels.processes import make_process
from replplan_kernels.zygote.launch import can_fork

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def theirs(tmp_path_factory):
    async with running_kernel(tmp_path_factory.mktemp("k")) as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with gateway(tmp_path_factory.mktemp("gateway")) as started:
        yield started


def options_for(kernel, **more):
    return KernelOptions(kernel=kernel, isolation="none", **more)


def read(path):
    return path.read_text("utf-8")


async def check_all(kernel, host):
    """What every kernel can do."""
    host.said.clear()
    host.scripts = {"double": ["print('a child')\nanswer(2 * get_args()[0])"]}
    assert (await kernel.execute("act('go')")).value == "'go'"
    assert (await kernel.execute("await act('went')")).value == "'went'"
    assert (await kernel.execute("double(21)")).value == "42"
    assert "".join(host.said) == "a child\n"
    busy = "x = 1\nprint(x)\nwhile True: pass"
    stopped = await kernel.execute(busy, timeout=60, on_output=falls(kernel))
    assert stopped.stopped == "timeout"
    waiting = "import asyncio; await asyncio.sleep(1000)"
    assert (await kernel.execute(waiting, timeout=0.3)).stopped == "timeout"
    assert (await kernel.execute("x")).value == "1"
    assert (await kernel.execute("1 / 0")).error.name == "ZeroDivisionError"
    shown = await kernel.execute("from IPython.display import HTML; HTML('<b>1</b>')")
    assert shown.displays[0].data == "<b>1</b>"


async def test_a_kernel_that_runs_is_used_and_given_back_as_it_was(theirs):
    before = "import os, sys, time; a = 40; act = 'mine'; print(os.getcwd(), time.sleep)"
    told, host = await theirs.run(before), ScriptedHost()
    missing = "try: import replplan_kernels\nexcept ImportError: print('not there')"
    assert await theirs.run(missing) == "not there\n"
    options = options_for(theirs.file, calls=host, functions=FUNCTIONS)
    for _ in range(2):
        async with open_ipython(options) as kernel:
            assert (await kernel.execute("b = a + 2; print('seen')")).output == "seen\n"
            await check_all(kernel, host)
    await theirs.given_back()
    assert await theirs.run("print(os.getcwd(), time.sleep)") == told
    assert await theirs.run("print(b, act, 'subtask' in globals())") == "42 mine False\n"
    assert (
        await theirs.run("try: nothing_of_that_name()\nexcept NameError: print('none')") == "none\n"
    )


async def test_one_that_listens_on_sockets_with_a_path(tmp_path):
    host = ScriptedHost()
    async with running_kernel(tmp_path, "ipc") as theirs:
        options = options_for(theirs.file, calls=host, functions=FUNCTIONS)
        async with open_ipython(options) as kernel:
            await check_all(kernel, host)


async def test_files_come_along_and_go(theirs, tmp_path):
    (tmp_path / "sales.csv").write_text("1,2")
    (tmp_path / "tree" / "deep").mkdir(parents=True)
    (tmp_path / "tree" / "deep" / "leaf").write_bytes(b"\x00" * 3_000_000)
    options = options_for(theirs.file, files=(tmp_path / "sales.csv", tmp_path / "tree"))
    async with open_ipython(options) as kernel:
        code = "import os; open('sales.csv').read(), len(open('tree/deep/leaf').read())"
        assert (await kernel.execute(code)).value == "('1,2', 3000000)"
        (folder,) = (await kernel.execute("print(os.getcwd(), end='')")).output.split()
    await theirs.given_back()
    assert await theirs.run(f"print(os.path.exists({folder!r}))") == "False\n"


async def test_what_it_has_not_got_is_said(theirs, tmp_path):
    async with open_ipython(options_for(theirs.file)) as kernel:
        for wish in (kernel.branch, kernel.checkpoint):
            with pytest.raises(KernelError, match="only a forked kernel can be branched"):
                await wish()
        with pytest.raises(KernelError, match="variables are kept of kernels on this machine"):
            await kernel.checkpoint(tmp_path / "state")
        assert (await kernel.execute("1 + 1")).value == "2"


async def test_much_output_is_lossless(theirs, tmp_path):
    async with open_ipython(options_for(theirs.file, output_folder=tmp_path)) as kernel:
        result = await kernel.execute("for i in range(50_000): print(i, 'ü')")
    assert read(tmp_path.parent / result.full_output) == "".join(f"{i} ü\n" for i in range(50_000))


async def test_a_cell_that_nothing_stops_is_left_to_its_owner(tmp_path):
    async with running_kernel(tmp_path) as theirs:
        async with open_ipython(options_for(theirs.file)) as kernel:
            with pytest.raises(CellTimeout, match="left as it is, restart it where you started it"):
                await stuck(kernel, tmp_path)
        assert await theirs.manager.is_alive()


async def test_its_death_is_noticed_at_once_and_its_file_is_then_stale(tmp_path):
    async with running_kernel(tmp_path) as theirs:
        content = (tmp_path / "theirs.json").read_text()
        async with open_ipython(options_for(theirs.file)) as kernel:
            pid = int((await kernel.execute("import os; os.getpid()")).value)
            running = asyncio.create_task(kernel.execute("while True: pass"))
            await asyncio.sleep(0)
            os.kill(pid, signal.SIGKILL)
            with pytest.raises(KernelDied, match="nobody listens any more"):
                await asyncio.wait_for(running, 60)
    (tmp_path / "theirs.json").write_text(content)
    with pytest.raises(KernelError, match=r"no kernel listens .*it has ended; start it again"):
        async with open_ipython(options_for(theirs.file)):
            pass


HOST = """
import asyncio, sys
from replplan.kernel import KernelOptions
from replplan_kernels.channels import SocketContext, ZmqChannels
from replplan_kernels.ipython import open_ipython

async def main():
    async with open_ipython(KernelOptions(kernel=sys.argv[1], isolation="none")) as kernel:
        await kernel.execute("left = 7")
        print("there", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_after_a_host_was_killed_the_next_one_finds_it_well(theirs):
    command = [sys.executable, "-c", HOST, theirs.file]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as host:  # noqa: ASYNC220
        assert host.stdout.readline() == "there\n"
        host.kill()
    calls = ScriptedHost()
    options = options_for(theirs.file, calls=calls, functions=FUNCTIONS)
    async with open_ipython(options) as kernel:
        assert (await kernel.execute("left")).value == "7"
        await check_all(kernel, calls)
    await theirs.given_back()


@pytest.mark.slow
async def test_a_kernel_of_a_gateway_does_all_that_ours_does(server, tmp_path):
    (tmp_path / "data").write_text("here")
    host = ScriptedHost()
    options = options_for(
        server.address, calls=host, functions=FUNCTIONS, files=(tmp_path / "data",)
    )
    async with open_ipython(options) as kernel:
        await check_all(kernel, host)
        assert (await kernel.execute("open('data').read()")).value == "'here'"
        result = await kernel.execute("for i in range(50_000): print(i)")
        assert result.output.endswith("\n49999\n")
        (listed,) = server.get("/api/kernels")
        pid = int((await kernel.execute("import os; os.getpid()")).value)
        assert listed["name"] == "python3"
    assert server.get("/api/kernels") == []
    async with asyncio.timeout(20):
        while psutil.pid_exists(pid):
            await asyncio.sleep(0.01)


@pytest.mark.slow
async def test_a_gateway_forks_kernels_from_our_zygote(server):
    if reason := can_fork():
        pytest.skip(reason)
    host = ScriptedHost()
    options = options_for(server.address + "#warm", calls=host, functions=FUNCTIONS)
    async with open_ipython(options) as kernel:
        kind = "get_ipython().kernel.__class__.__name__"
        assert (await kernel.execute(kind)).value == "'WarmKernel'"
        await check_all(kernel, host)


@pytest.mark.slow
async def test_its_death_there_is_told(server):
    async with open_ipython(options_for(server.address + "#python3")) as kernel:
        with pytest.raises(KernelDied, match="the server says that it died"):
            await asyncio.wait_for(kernel.execute("import os; os._exit(3)"), 30)
    assert server.get("/api/kernels") == []


@pytest.mark.slow
async def test_a_gateway_that_dies_is_told(tmp_path):
    with gateway(tmp_path) as mortal:
        async with open_ipython(options_for(mortal.address)) as kernel:
            pid = int((await kernel.execute("import os; os.getpid()")).value)
            running = asyncio.create_task(kernel.execute("while True: pass"))
            await asyncio.sleep(0)
            mortal.process.kill()
            with pytest.raises(KernelDied, match="the server has closed the connection"):
                await asyncio.wait_for(running, 60)
        with pytest.raises(KernelError, match="no Jupyter server answers at http://127"):
            async with open_ipython(options_for(mortal.address)):
                pass
        with contextlib.suppress(ProcessLookupError):  # it looks for its parent now and then
            os.kill(pid, signal.SIGKILL)


@pytest.mark.slow
async def test_what_a_server_refuses_is_told(server):
    with pytest.raises(ConfigError, match=r"lets us do nothing \(40.\): give its token") as caught:
        async with open_ipython(options_for(f"{server.url}/?token=wrong")):
            pass
    assert "wrong" not in str(caught.value)
    with pytest.raises(KernelError, match=r"cannot start the kernel no-such-kernel: "):
        async with open_ipython(options_for(f"{server.address}#no-such-kernel")):
            pass


@pytest.mark.parametrize("kernel", ["/no/such/kernel-1.json", "nothing-of-that-name.json"])
async def test_a_connection_file_that_is_not_there_is_named(kernel):
    with pytest.raises(ConfigError, match=f"there is no connection file {kernel}"):
        async with open_ipython(options_for(kernel)):
            pass


@pytest.mark.parametrize("content", ["{", "[]", json.dumps({"ip": "127.0.0.1"})])
async def test_a_damaged_connection_file_is_named(tmp_path, content):
    (tmp_path / "k.json").write_text(content)
    with pytest.raises(ConfigError, match="is no connection file of a kernel"):
        async with open_ipython(options_for(str(tmp_path / "k.json"))):
            pass


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"isolation": "auto"}, "cannot be walled in from here: say --isolation none"),
        ({"start": "zygote"}, "has a process of its own"),
        ({"mounts": (Mount("/tmp"),)}, "no folder to work in and no mounts"),
    ],
)
async def test_what_it_cannot_have_is_refused(more, says):
    options = KernelOptions(**(vars(options_for("http://127.0.0.1:1")) | more))
    with pytest.raises((KernelError, ConfigError), match=says):
        await make_process(options).start()
