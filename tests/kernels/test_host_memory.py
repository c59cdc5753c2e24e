"""What hostile cells can make the host hold: bounded, and the kernel goes on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from other_machines import pretended
from scripted_host import FUNCTIONS, ScriptedHost

from replplan.kernel import KernelOptions
from replplan_kernels.ipython import open_ipython

pytestmark = pytest.mark.skipif(
    pretended() == "no-socket", reason="a kernel that runs elsewhere has one connection alone"
)
MIB = 1 << 20

# What a cell needs to say to the host whatever it likes.
TALK = """
import gc, socket, struct
from replplan_kernels.inside.link import Link
path = next(o for o in gc.get_objects() if isinstance(o, Link)).path
def connected():
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    return s
def frame(text): return struct.pack('!I', len(text)) + text
def said(s, data):
    try:
        s.sendall(data)
        return s.recv(100)
    except OSError:
        return b''
"""

HALF = """
open_ones, data = [], struct.pack('!I', 60 << 20) + bytes(60 << 20)
for _ in range(8):
    open_ones.append(connected())
    try:
        open_ones[-1].sendall(data[:-1])
    except OSError:
        print(len(open_ones), end='')
        break
"""

UNREAD = """
s, big = connected(), b'x' * (30 << 20)
call = frame(b'{"call": "act", "repl": 0, "run": "", "kwargs": {}, "args": ["' + big + b'"]}')
try:
    for _ in range(12): s.sendall(call)
except OSError:
    print('hung up on', end='')
"""

MANY_ITEMS = """
call = b'{"call": "act", "repl": 0, "run": "", "kwargs": {}, "args": [%s]}'
print([said(connected(), frame(call % (item * 1_100_000 + b'0')))
       for item in (b'[],', b'{},', b'0,', b'"\\\\\\\\",')], end='')
"""


def peak():
    """The largest memory that this process ever had, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


async def run(code, host=None):
    """What a cell printed, after which the kernel is as good as before."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew  # noqa: ASYNC240
    before = peak()
    options = KernelOptions(calls=host or ScriptedHost(), functions=FUNCTIONS)
    async with open_ipython(options) as kernel:
        result = await asyncio.wait_for(kernel.execute(TALK + code), 60)
        assert result.error is None
        assert (await asyncio.wait_for(kernel.execute("act('on')"), 60)).value == "'on'"
    return result.output, peak() - before


async def test_halves_of_frames_are_held_up_to_a_limit():
    printed, more = await run(HALF)
    assert printed == "5"
    assert more < 400


async def test_replies_that_nobody_reads_are_held_up_to_a_limit():
    printed, more = await run(UNREAD)
    assert printed == "hung up on"
    assert more < 600


async def test_a_frame_of_too_many_items_is_dropped_before_there_are_any():
    host = ScriptedHost()
    printed, _ = await run(MANY_ITEMS, host)
    assert printed == "[b'', b'', b'', b'']"
    assert [call[2] for call in host.calls] == [["on"]]


async def test_separators_within_a_text_do_not_count():
    cell = "text = '[,\\\\\"{' * 800_000\nprint(act(text) == text, end='')"
    assert (await run(cell))[0] == "True"


async def test_more_connections_than_threads_are_refused_in_a_sentence():
    cell = "all_of_them = [connected() for _ in range(300)]\nprint(all_of_them[-1].recv(200)[4:])"
    printed, _ = await run(cell + "\nfor s in all_of_them: s.close()")
    assert "a kernel has 256 connections at most" in printed


async def test_a_giant_message_past_the_link_is_hung_up_on():
    cell = """
from ipykernel.kernelapp import IPKernelApp
sent = IPKernelApp.instance().iopub_thread.socket.send(bytes(400 << 20), copy=False, track=True)
sent.wait(30)
"""
    _, more = await run(cell)
    assert more < 100
