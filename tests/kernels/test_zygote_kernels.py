"""What a forked kernel is like: fresh, alone, clean, and watched."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from zygote_kernels import (
    PATIENCE,
    Cells,
    begun_with,
    descriptors,
    memory_holds,
    started,
    streams,
    wait_for_end,
)

from replplan.errors import KernelError
from replplan_kernels.zygote import Going, Launch, Zygote, can_fork

pytestmark = pytest.mark.skipif(can_fork() is not None, reason=str(can_fork()))


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote(("numpy",), spare=False) as zygote:
        yield zygote


@pytest.fixture(scope="module")
def hooked() -> Iterator[Zygote]:
    """A zygote that finds the modules of the tests."""
    here = Path(__file__).parent
    with Zygote((), spare=False, prefix=lambda _: ["env", f"PYTHONPATH={here}"]) as zygote:
        yield zygote


async def test_it_answers_and_counts_from_one(zygote: Zygote) -> None:
    async with started(zygote) as (_, cells):
        assert (await cells.reply("1 + 1"))["execution_count"] == 1
        assert await cells.value("x", "x = 6 * 7") == 42


async def test_siblings_share_nothing(zygote: Zygote) -> None:
    async with started(zygote) as (one, first), started(zygote) as (two, second):
        await first.reply("import os, json; x = 1; json.mark = 1; os.environ['MARK'] = '1'")
        marks = "'x' in globals(), hasattr(json, 'mark'), 'MARK' in os.environ"
        assert await second.value(f"({marks})", "import os, json") == (False, False, False)
        assert one.pid != two.pid
        assert one.connection["key"] != two.connection["key"]


async def test_siblings_draw_other_numbers_and_have_other_identities(zygote: Zygote) -> None:
    drawn = "import random; from IPython import get_ipython as shell"
    if can_import_numpy():
        drawn += "; import numpy; n = numpy.random.random()"
    else:
        drawn += "; n = random.random()"
    told = "(random.random(), n, shell().kernel.ident, shell().kernel.session.session)"
    seen = []
    for _ in range(2):
        async with started(zygote) as (_, cells):
            seen.append(await cells.value(told, drawn))
    assert not set(seen[0]) & set(seen[1])


def can_import_numpy() -> bool:
    try:
        import numpy  # noqa: F401
    except ImportError:
        return False
    return True


async def test_its_names_are_those_of_a_stock_kernel(zygote: Zygote, tmp_path: Path) -> None:
    from jupyter_client.manager import AsyncKernelManager

    told = "(sorted(globals()), len(In), Out, '' in sys.path, sys.argv[1:])"
    manager = AsyncKernelManager(transport="ipc", ip=str(tmp_path / "k"))
    await manager.start_kernel(stderr=subprocess.DEVNULL)
    stock = Cells(manager.get_connection_info())
    try:
        expected = await stock.value(told, "import sys")
    finally:
        stock.close()
        await manager.shutdown_kernel(now=True)
    async with started(zygote) as (_, cells):
        names, *rest = await cells.value(told, "import sys")
    assert names == expected[0]
    assert rest[:-1] == list(expected[1:-1])
    assert rest[-1] == []


async def test_what_was_hidden_from_the_zygote_can_be_imported(zygote: Zygote) -> None:
    async with started(zygote) as (_, cells):
        reply = await cells.reply("import debugpy")
        assert reply["status"] == "ok" or reply["ename"] == "ModuleNotFoundError"
        assert await cells.value("sys.modules.get('debugpy', 0) is None", "import sys") is False


async def test_it_is_told_where_to_be_and_what_to_set_up(hooked: Zygote, tmp_path: Path) -> None:
    going = Going(tmp_path, {"OWN": "yes"}, ("zygote_hooks:greet",), {"greeting": "good day"})
    async with started(hooked, going=going) as (_, cells):
        assert await cells.value("greeting") == "good day"
        assert await cells.value("os.getcwd()", "import os") == str(tmp_path)
        assert await cells.value("(os.environ['OWN'], 'PATH' in os.environ)") == ("yes", False)


async def test_it_has_no_stream_of_the_hosts(zygote: Zygote) -> None:
    async with started(zygote) as (kernel, _):
        own, ours = (streams(pid) for pid in (kernel.pid, os.getpid()))
        assert own[0] == os.devnull
        assert all(stream.startswith("pipe:") for stream in own[1:])  # into its own output thread
        assert not {*own[1:]} & {*ours, *streams(zygote.warm().popen.pid)}


async def test_many_at_once(zygote: Zygote) -> None:
    await start_and_ask(zygote, 16)


@pytest.mark.slow
async def test_sixty_four_at_once(zygote: Zygote) -> None:
    await start_and_ask(zygote, 64)


async def start_and_ask(zygote: Zygote, count: int) -> None:
    async def one(number: int) -> int:
        async with started(zygote) as (_, cells):
            return int(await cells.value(f"{number} * 2"))

    answers = await asyncio.gather(*(one(number) for number in range(count)))
    assert answers == [2 * number for number in range(count)]


def test_from_several_event_loops(zygote: Zygote) -> None:
    answers = list[int]()

    async def one(number: int) -> None:
        async with started(zygote) as (_, cells):
            answers.append(int(await cells.value(f"{number}")))

    threads = [threading.Thread(target=lambda n=n: asyncio.run(one(n))) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(answers) == [0, 1, 2]


@pytest.mark.parametrize(
    ("code", "expected", "how"),
    [
        ("import os; os._exit(7)", 7, "exit code 7"),
        ("import os; os.kill(os.getpid(), 15)", -signal.SIGTERM, "SIGTERM"),
        ("import ctypes; ctypes.string_at(0)", -signal.SIGSEGV, "SIGSEGV"),
    ],
)
async def test_its_death_is_noticed_and_named(
    zygote: Zygote, code: str, expected: int, how: str
) -> None:
    async with started(zygote) as (kernel, cells):
        assert kernel.poll() is None
        waiting = [asyncio.ensure_future(kernel.ended()) for _ in range(2)]
        cells.send(code)
        async with asyncio.timeout(PATIENCE):
            assert await asyncio.gather(*waiting) == [expected, expected]
        assert kernel.returncode == expected
        assert how in kernel.how()


async def test_what_a_dead_kernel_leaves_behind_is_ended(zygote: Zygote) -> None:
    code = "import subprocess; out = subprocess.Popen(['setsid', '-f', 'sh', '-c', "
    code += "'echo $$; exec sleep 600'], stdout=subprocess.PIPE).stdout.readline()"
    async with started(zygote) as (_, other):
        async with started(zygote) as (_, cells):
            daemon = int(await cells.value("out", code))
            os.kill(daemon, 0)
        wait_for_end(daemon)
        assert await other.value("1") == 1


async def test_the_environment_is_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "sk-" + os.urandom(12).hex()
    monkeypatch.setenv("SOME_API_KEY", secret)
    with Zygote((), spare=False) as zygote:
        going = Going(env={"GIVEN_ON_PURPOSE": secret})
        async with started(zygote) as (kernel, cells), started(zygote, going=going) as (told, _):
            for pid in (kernel.pid, zygote.warm().popen.pid):
                assert secret.encode() not in begun_with(pid)
                assert not memory_holds(pid, secret.encode())
            assert memory_holds(told.pid, secret.encode())  # where it is, it would be found
            assert await cells.value("'SOME_API_KEY' in os.environ", "import os") is False


async def test_no_descriptor_is_lost(zygote: Zygote) -> None:
    async def five() -> tuple[int, int]:
        kernels = await asyncio.gather(*(zygote.start() for _ in range(5)))
        for kernel in kernels:
            kernel.kill()
            await asyncio.wait_for(kernel.ended(), PATIENCE)
            kernel.release()
        return descriptors(os.getpid()), descriptors(zygote.warm().popen.pid)

    before = await five()
    for _ in range(10):
        after = await five()
    async with asyncio.timeout(PATIENCE):
        while any(now > then for now, then in zip(after, before, strict=True)):
            after = await five()  # the zygote tells of an end a little before it lets go of it
    assert list(zygote.warm().folder.glob("[0-9]*")) == []


async def test_a_kernel_that_becomes_another_process(hooked: Zygote) -> None:
    launch = Launch(early="zygote_hooks:become_another", options={"word": "early"})
    async with started(hooked, launch) as (kernel, cells):
        assert await cells.value("os.getpid()", "import os") == kernel.pid
        assert await cells.value("os.environ['SET_EARLY']") == "early"
        assert await cells.value("os.getcwd()") == str(kernel.folder)
        async with started(hooked, launch) as (_, other):
            other.send("import os; os._exit(3)")
        assert await cells.value("1") == 1
        cells.send("import os; os._exit(5)")
        assert await asyncio.wait_for(kernel.ended(), PATIENCE) == 5


async def test_a_kernel_behind_walls() -> None:
    ladder = pytest.importorskip("replplan_kernels.isolation.ladder")
    from replplan_kernels.isolation.walls import Walls

    if ladder.strongest() is None:
        pytest.skip("no walls on this machine")

    def walls(folder: Path) -> dict[str, object]:
        (folder / "work").mkdir()
        own = Walls(folder=str(folder / "work"), writable=(str(folder),))
        return dict(ladder.prepare(own))

    launch = Launch(early="replplan_kernels.isolation.enter:enter", prepare=walls)
    with Zygote((), spare=False) as zygote:
        async with started(zygote, launch) as (kernel, cells):
            os.kill(kernel.pid, 0)
            assert await cells.value("os.getcwd()", "import os") == str(kernel.folder / "work")
            cells.send("import os; os._exit(5)")
            assert await asyncio.wait_for(kernel.ended(), PATIENCE) == 5


@pytest.mark.parametrize(
    ("launch", "going", "said"),
    [
        (Launch(early="zygote_hooks:refuse"), Going(), "this wall is too high"),
        (Launch(), Going(setup=("zygote_hooks:greet",)), "greeting"),
        (Launch(), Going(Path("/no/such/folder")), "/no/such/folder"),
        (Launch(ip="192.0.2.1", transport="tcp"), Going(), "ZMQError"),
    ],
)
async def test_why_it_did_not_start_is_said(
    hooked: Zygote, launch: Launch, going: Going, said: str
) -> None:
    with pytest.raises(KernelError, match=said):
        await hooked.start(launch, going)
    async with started(hooked) as (_, cells):
        assert await cells.value("1") == 1
