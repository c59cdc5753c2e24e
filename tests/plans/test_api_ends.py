"""However a plan is left, all of it ends: the request, the cell, its children, the tools, the kernel."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import psutil
import pytest
from endpoint import Hang
from plans import cell, script, until

from replplan import Planner, plan, stream

PATIENCE = 30.0
"""Seconds after which a test is given up; a plan that is left ends within two."""


class Watch:
    """Notes the events of a plan, and when it has come to a point."""

    def __init__(self, until):
        self.until, self.reached, self.told = until, asyncio.Event(), []

    def __call__(self, event):
        self.told.append(event)
        if event.type == self.until:
            self.reached.set()

    @property
    def stop_reason(self):
        return self.told[-1].stop_reason


def waiting(kind, endpoint, running, held):
    """Options of a plan that hangs in this way, and the event by which that is known."""

    def block() -> None:
        running.set()
        held.wait()

    endless = "print('on', flush=True)\nwhile True:\n    pass"
    if kind == "model":
        endpoint.script(Hang("thinking"))
        named = {"model": endpoint.model, "base_url": endpoint.url, "api_key": endpoint.key}
        return named, "text_streamed"
    if kind == "ask":
        endpoint.script(cell("print('on', flush=True)\nask('well?')"), Hang())
        named = {"model": endpoint.model, "base_url": endpoint.url, "api_key": endpoint.key}
        return named, "output_streamed"
    if kind == "tool":
        return {
            "model": script(root=["print('on', flush=True)\nblock()"]),
            "tools": [block],
        }, "output_streamed"
    if kind == "child":
        return {"model": script(root=["child()"], child=[endless])}, "output_streamed"
    stubborn = "print('on', flush=True)\nwhile True:\n    try:\n        while True: len('')\n    except BaseException:\n        pass"
    return {"model": script(root=[endless if kind == "cell" else stubborn])}, "output_streamed"


@pytest.mark.parametrize("kind", ["model", "ask", "tool", "cell", "stubborn", "child"])
async def test_a_cancelled_plan_leaves_nothing_behind(kind, endpoint):
    running, held = threading.Event(), threading.Event()
    options, point = waiting(kind, endpoint, running, held)
    watch = Watch(point)
    task = asyncio.create_task(plan("for ever", on_event=watch, **options))
    await until(watch.reached, task)
    async with asyncio.timeout(PATIENCE):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    held.set()
    assert watch.stop_reason == "cancelled"


async def test_a_timeout_around_a_plan_ends_it():
    watch = Watch("output_streamed")
    model = script(root=["import os\nprint(os.getpid(), flush=True)\nwhile True: pass"])

    async def in_time():
        async with asyncio.timeout(None) as clock:
            task = asyncio.create_task(plan("for ever", model=model, on_event=watch))
            await until(watch.reached, task)
            clock.reschedule(0)
            await task

    with pytest.raises(TimeoutError):
        await in_time()
    assert watch.stop_reason == "cancelled"


NAMED = """
import ctypes
ctypes.CDLL(None).prctl(15, b"endless-cell")  # PR_SET_NAME
print("on", flush=True)
while True: pass
"""


async def test_leaving_a_planner_or_a_stream_ends_its_kernel():
    planner = Planner(model=script(root=[NAMED]))
    async with planner, contextlib.aclosing(planner.stream("g")) as events:
        await _until_output(events)
        (kernel,) = _kernels()
    assert await _ends(kernel)
    async with contextlib.aclosing(stream("g", model=script(root=[NAMED]))) as events:
        await _until_output(events)
        (kernel,) = _kernels()
    assert await _ends(kernel)


async def _until_output(events):
    async for event in events:
        if event.type == "output_streamed":
            return


def _kernels():
    """The processes below this one that have given themselves that name."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            found += [process] if process.name() == "endless-cell" else []
    return found


async def _ends(process):
    """Whether it ends, and is waited for by its parent."""
    return (await asyncio.to_thread(psutil.wait_procs, [process], PATIENCE))[1] == []
