"""All that a cell prints arrives: in order, from processes that it forks, and in a file."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest
import pytest_asyncio
from other_machines import pretended
from time_limits import falls

from replplan.errors import KernelDied
from replplan.kernel import KernelOptions
from replplan_kernels.inside import outbox
from replplan_kernels.ipython import open_ipython
from replplan_kernels.spool import LARGEST, Spool

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kernel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outputs")
    async with open_ipython(KernelOptions(output_limit=2000, output_folder=folder)) as opened:
        yield opened


def whole(kernel, result):
    with (kernel.options.output_folder.parent / result.full_output).open(
        encoding="utf-8", newline=""
    ) as file:
        return file.read()


async def test_long_output_is_kept_in_a_file(kernel):
    result = await kernel.execute("for i in range(20_000): print(i, '\\x1b[1mé\\r')")
    assert whole(kernel, result) == "".join(f"{i} \x1b[1mé\r\n" for i in range(20_000))
    assert "characters left out" in result.output


async def test_short_output_makes_no_file(kernel):
    before = set(kernel.options.output_folder.iterdir())
    assert (await kernel.execute("print('x' * 1900)")).full_output is None
    assert set(kernel.options.output_folder.iterdir()) == before


async def test_a_stopped_cell_leaves_its_file(kernel):
    cell = "print('x' * 99, flush=True)\nwhile True: print('x' * 99)"
    result = await kernel.execute(cell, timeout=60, on_output=falls(kernel))
    assert result.stopped == "timeout"
    assert whole(kernel, result).startswith("x" * 99 + "\n")
    assert (await kernel.execute("1 + 1")).value == "2"


async def test_interrupted_printing_breaks_no_frame(kernel):
    for _ in range(5):
        result = await kernel.execute("while True: print('y' * 300_000)", timeout=0.05)
        assert result.stopped == "timeout"
        assert (await kernel.execute("print('next')")).output == "next\n"


async def test_streams_and_displays_come_in_order(kernel):
    code = """import sys
from IPython.display import display
for i in range(3):
    print("out", i); print("err", i, file=sys.stderr); display(i)"""
    lines = [f"out {i}\nerr {i}\n{i}\n" for i in range(3)]
    assert (await kernel.execute(code)).output == "".join(lines)


async def test_threads_print_whole_lines(kernel):
    code = """import threading
def work(k):
    for i in range(500): print(f"<{k}.{i}>\\n", end="")
threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
[t.start() for t in threads]; [t.join() for t in threads];"""
    printed = whole(kernel, await kernel.execute(code)).split()
    assert sorted(printed) == sorted(f"<{k}.{i}>" for k in range(4) for i in range(500))


async def test_a_forked_process_prints_too(kernel):
    code = """import os, warnings
warnings.simplefilter("ignore")  # of 3.12 and later: a kernel has threads
if not (pid := os.fork()):
    print("from the fork", flush=True)
    os._exit(0)
os.waitpid(pid, 0)
print("all")"""
    for _ in range(5):
        assert sorted((await kernel.execute(code)).output.split("\n")) == [
            "",
            "all",
            "from the fork",
        ]


@pytest.mark.skipif(
    pretended() == "no-socket", reason="a kernel that runs elsewhere dies with what it has not sent"
)
async def test_what_was_flushed_before_the_end_arrives():
    seen = []
    async with open_ipython(KernelOptions()) as kernel:
        with pytest.raises(KernelDied):
            await kernel.execute(
                "import os; print('last words', flush=True); os._exit(3)", on_output=seen.append
            )
    assert "".join(seen) == "last words\n"


async def test_a_kernel_that_closes_its_connections_is_dead():
    async with open_ipython(KernelOptions(isolation="none")) as kernel:
        with pytest.raises(KernelDied):
            await kernel.execute("import os; os.closerange(3, 500)")


async def test_who_flushes_when_the_host_has_gone_waits_for_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(outbox, "_PATIENCE", 600)
    path = str(tmp_path / "link")
    with socket.socket(socket.AF_UNIX) as host:
        host.bind(path)
        host.listen()
        box = outbox.Outbox(path)
        box.confirmed = False
        box.connect()

    def print_and_flush():
        for _ in range(3):
            box.write("nobody reads it")
            box.flush()

    printing = threading.Thread(target=print_and_flush, daemon=True)
    printing.start()
    await asyncio.to_thread(printing.join, 20)
    assert not printing.is_alive()
    box.connection.close()


async def test_the_file_is_bounded(tmp_path):
    spool = Spool(tmp_path / "all.txt", 10)
    for _ in range(12):
        spool.write("x" * (LARGEST // 10))
    size = spool.close().stat().st_size
    assert LARGEST < size < LARGEST + 100
