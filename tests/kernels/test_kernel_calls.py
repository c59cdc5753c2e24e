"""Calls from cells to the host, in a real kernel."""

from __future__ import annotations

import ast
import asyncio
import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_host import FUNCTIONS, ScriptedHost

from replplan.kernel import KernelOptions
from replplan_kernels.frames import Frames, MalformedError, encode
from replplan_kernels.inside.frames import printed
from replplan_kernels.ipython import open_ipython

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("act('go')", "'go'"),
        ("await act('go')", "'go'"),
        ("import asyncio; await asyncio.gather(act(1), act(2))", "[1, 2]"),
        ("await act.aio(3)", "3"),
        ("list(map(act, range(3)))", "[0, 1, 2]"),
        ("act(1, x=2)", "[1, {'x': 2}]"),
        ("act((1, {'a': (2,)}))", "[1, {'a': [2]}]"),
        ("act({5})", "[5]"),
        ("act('ü\\n\\x00')", "'ü\\n\\x00'"),
        ("act(10 ** 30)", "1000000000000000000000000000000"),
    ],
)
async def test_what_a_call_gives_back(kernel, host, cell, value):
    result = await kernel.execute(cell, timeout=20)
    assert (result.error, result.value) == (None, value)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("act('ok', object())", "act() takes JSON values; argument 2 is a object"),
        ("act(f=print)", "act() takes JSON values; argument 'f' is a builtin_function_or_method"),
        ("act([object()])", "act() takes JSON values; argument 1 is a list that holds a object"),
        ("act(float('nan'))", "act() takes JSON values; argument 1 is a float"),
        (
            "act([[1]] * 150_000)",
            "act() takes JSON values; argument 1 is a list too large or too deep for JSON",
        ),
        (
            "act('x' * 9_000_000)",
            "act() takes JSON values; argument 1 is a str too large or too deep for JSON",
        ),
        ("act({1: 2})", "act() takes JSON values; argument 1 is a dict that holds a int"),
    ],
)
async def test_arguments_that_are_not_json(kernel, host, cell, message):
    error = (await kernel.execute(cell)).error
    assert error.name == "TypeError"
    assert error.message == message
    assert host.calls == []


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("AskError", "AskError"),
        ("SubtaskFailed", "SubtaskFailed"),
        ("ValueError", "ValueError"),
        ("KeyError", "KeyError"),
        ("UnicodeDecodeError", "RuntimeError"),
        ("SystemExit", "RuntimeError"),
        ("print", "RuntimeError"),
        ("NoSuchError", "RuntimeError"),
    ],
)
async def test_the_host_raises_in_the_cell(kernel, host, kind, name):
    result = await kernel.execute(f"fail({kind!r}, 'no way')")
    assert result.error.name == name
    assert "no way" in result.error.message


async def test_our_errors_are_runtime_errors_and_can_be_caught(kernel, host):
    cell = "try: fail('AskError', 'x')\nexcept AskError as e: print(isinstance(e, RuntimeError))"
    assert (await kernel.execute(cell)).output == "True\n"


@pytest.mark.parametrize(
    "cell",
    [
        "from concurrent.futures import ThreadPoolExecutor as P\n"
        "with P(8) as pool: got = list(pool.map(lambda i: slow(), range(8)))\ngot",
        "import asyncio\nawait asyncio.gather(*[slow() for i in range(8)])",
    ],
)
async def test_eight_at_once(kernel, host, cell):
    running = asyncio.create_task(kernel.execute(cell, timeout=20))
    for _ in range(8):
        await asyncio.wait_for(host.waiting.acquire(), 20)
    host.release.set()
    assert ast.literal_eval((await running).value) == ["released"] * 8


async def test_a_fault_of_the_host_is_seen_by_both(kernel, host):
    with pytest.raises(LookupError, match="a fault of ours"):
        await kernel.execute("try: burst()\nexcept RuntimeError as e: seen = str(e)")
    assert (await kernel.execute("seen")).value == repr(
        "the host failed in burst(): LookupError('a fault of ours')"
    )


async def test_a_cancelled_wait_cancels_the_call(kernel, host):
    async def under_way(call, repl):
        await host.waiting.acquire()
        await repl.execute("answer()")

    host.subtask = under_way
    cell = (
        "import asyncio\nwait = asyncio.ensure_future(slow.aio())\nawait under_way()\n"
        "wait.cancel()\ntry: await wait\nexcept asyncio.CancelledError: print('gave up')"
    )
    try:
        result = await kernel.execute(cell, timeout=60)
    finally:
        del host.subtask
    assert result.output == "gave up\n"
    await asyncio.wait_for(host.cancelled.acquire(), 20)
    assert (await kernel.execute("act('next')")).value == "'next'"


async def test_a_forked_process_can_call(kernel, host):
    result = await kernel.execute(
        "import os\nact('first')\npid = os.fork()\n"
        "if not pid:\n    ok = act('in the fork') == 'in the fork'\n    os._exit(0 if ok else 1)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), act('after'))",
        timeout=20,
    )
    assert result.output.strip().endswith("0 after")


async def test_one_call_is_not_bounded_by_small_buffers(kernel, host):
    assert (await kernel.execute("len(act('x' * 5_000_000))", timeout=60)).value == "5000000"


async def test_a_call_too_large_is_refused_in_the_cell(kernel, host):
    result = await kernel.execute("act(['x' * 7_000_000] * 10)", timeout=60)
    assert result.error.name in ("TypeError", "ValueError")
    assert (await kernel.execute("act(1)")).value == "1"


FORGED = """
import gc, json, os, socket, struct, threading
LINK = next(o.path for o in gc.get_objects() if type(o).__name__ == 'Outbox')
CALL = b'{"call": "act", "repl": 0, "run": "", "args": [%b], "kwargs": {}}'
def forge(data):
    s = socket.socket(socket.AF_UNIX); s.connect(LINK); s.settimeout(10)
    if not isinstance(data, bytes):
        data = json.dumps(data).encode()
    s.sendall(struct.pack('!I', len(data)) + data)
    try:
        return s.recv(10000)[4:]
    except OSError:
        return b''
"""


@pytest.mark.parametrize(
    "frame",
    [
        "b'no json'",
        "b'[1]'",
        "CALL % b'NaN'",
        "CALL % b'1e999'",
        "CALL % b'\"\\\\ud800\"'",
        "b'[' * 100_000",
        "dict(call='__class__', repl=0, run='', args=[], kwargs={})",
        "dict(call='subtask', repl=0, run='', args=[], kwargs={})",
        "dict(call='act', repl=77, run='', args=[], kwargs={})",
        "dict(call='act', repl=0, run='', args={}, kwargs=[])",
        "dict(subtask=dict(repl=0, parent=0, name='root', call='', args=[]), run='')",
        "dict(subtask=dict(repl=5, parent=99, name='foo', call='', args=[]), run='')",
        "dict(subtask=dict(repl='x'), run='')",
        "dict(ran=dict(error=None))",
        "dict(watch=1)",
        "dict(stopping='x')",
    ],
)  # fmt: skip
async def test_a_forged_frame_closes_its_connection_and_no_more(kernel, host, frame):
    await kernel.execute(FORGED)
    assert (await kernel.execute(f"forge({frame})", timeout=20)).value == "b''"
    assert host.calls == []
    assert host.subtasks == []
    assert (await kernel.execute("act('honest')", timeout=20)).value == "'honest'"


async def test_a_frame_that_claims_to_be_huge_is_refused(kernel, host):
    await kernel.execute(FORGED)
    cell = "s = socket.socket(socket.AF_UNIX); s.connect(LINK); s.sendall(b'\\xff' * 4); s.recv(1)"
    result = await kernel.execute(cell, timeout=20)
    assert result.value == "b''" or result.error.name == "ConnectionResetError"


async def test_the_end_of_the_plan_unwinds_everything():
    host = ScriptedHost({"deep": ["deeper()"], "deeper": ["try: end()\nexcept Exception: pass"]})
    async with open_ipython(KernelOptions(calls=host, functions=FUNCTIONS)) as kernel:
        result = await kernel.execute("try: deep()\nexcept Exception: pass\nprint('on')")
        assert (result.stopped, result.error, result.output) == ("ended", None, "")
        assert [r.stopped for r in host.results] == ["ended", "ended"]
        calls = len(host.calls)
        assert (await kernel.execute("act(1)")).stopped == "ended"
        assert (await kernel.execute("foo(1)")).stopped == "ended"
        assert len(host.calls) == calls
        assert (await kernel.execute("1 + 1")).value == "2"


async def test_the_end_of_the_plan_reaches_all_threads():
    host = ScriptedHost()
    async with open_ipython(KernelOptions(calls=host, functions=FUNCTIONS)) as kernel:
        result = await kernel.execute(
            "from concurrent.futures import ThreadPoolExecutor as P\n"
            "def go(i):\n"
            "    while True:\n"
            "        try: end() if i == 3 else act(i)\n"
            "        except Exception: pass\n"
            "with P(8) as pool: list(pool.map(go, range(8)))",
            timeout=30,
        )
        assert (result.stopped, result.error) == ("ended", None)


@given(
    st.lists(
        st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.booleans()))
        | st.builds(lambda text: {"printed": text, "run": "1f"}, st.text())
    ),
    st.data(),
)
async def test_frames_come_whole_however_they_are_cut(sent, data):
    raw = b"".join(
        printed(f["printed"], "1f") if f.keys() == {"printed", "run"} else encode(f) for f in sent
    )
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)))))
    pieces = [raw[a:b] for a, b in itertools.pairwise([0, *cuts, len(raw)])]
    frames = Frames()
    assert [frame for piece in pieces for frame in frames.feed(piece)] == sent


@given(st.binary(max_size=60))
async def test_noise_is_refused_or_waited_for(raw):
    try:
        for frame in Frames().feed(raw):
            json.dumps(frame, allow_nan=False).encode()
            assert isinstance(frame, dict)
    except MalformedError:
        pass
