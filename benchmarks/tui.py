"""How fast the app takes events in, opens a long trace, scrolls: benchmarks/tui.py --json"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import gc
import json
import os
import pty
import re
import select
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

import psutil

from replplan.cell import CellResult
from replplan.events import (
    Acted,
    CellFinished,
    CellStarted,
    ModelCalled,
    ModelReplied,
    PlanFinished,
    PlanStarted,
    SessionOpened,
)
from replplan.limits import Usage
from replplan.model import Message
from replplan_tui.app import WatchApp
from replplan_tui.entry import spare_collector
from replplan_tui.feed import Feed, TraceFeed
from replplan_tui.plan_screen import PlanScreen

CODE = "for place in places:\n    seen = act('go to ' + place)\n    print({n}, place)"


def plan_events(cells):
    """A plan of so many cells, some five events each."""
    yield PlanStarted(domain="alfworld", task="t", split="dev", goal="find it", seed=0, model="m")
    yield SessionOpened(name="root")
    for n in range(1, cells + 1):
        code = CODE.format(n=n)
        yield ModelCalled(first=n, messages=(Message(role="user", content="x" * 500),))
        yield ModelReplied(text=f"On.\n```python\n{code}\n```", usage=Usage(turns=n))
        yield CellStarted(turn=n, code=code)
        yield Acted(action_count=n, action=f"go to shelf {n}", observation="The shelf is empty.")
        yield CellFinished(turn=n, result=CellResult(output="shelf\n" * 3))


def memory():
    gc.collect()
    return psutil.Process().memory_info().rss / 1e6


class Frames:
    """Counts how often a notebook is drawn."""

    def __init__(self, book):
        self.count, self._draw = 0, book.render_line
        book.render_line = self.render_line

    def render_line(self, y):
        self.count += y == 0
        return self._draw(y)


async def measure_open(path, cells):
    """Seconds until the last of a trace is on the screen; frames a second while it scrolls by
    whole pages. `cpu`: of this process, which another one's load changes little. The pilot waits
    until nothing has been done for 20 ms, 40 ms a frame at least: how many frames a terminal gets
    is said by `measure_terminal`."""
    screen = PlanScreen(TraceFeed(path))
    began, cpu = time.perf_counter(), time.process_time()
    async with WatchApp(screen).run_test(size=(120, 40)) as pilot:
        while screen.pane.story.finished is None:
            await pilot.pause(0.02)
        await pilot.pause()
        found = {"cells": cells, **spent("open", began, cpu)}
        screen.pane.notebook.following = False
        return found | await measure_scrolling(pilot, screen.pane.notebook)


def spent(name, began, cpu):
    return {
        f"{name}_seconds": round(time.perf_counter() - began, 3),
        f"{name}_cpu": round(time.process_time() - cpu, 3),
    }


async def measure_scrolling(pilot, book, seconds=3):
    frames, moved = Frames(book), 0
    began, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() - began < seconds:
        moved += book.size.height
        book.scroll_to(y=moved % book.max_scroll_y, animate=False, immediate=True)
        await pilot.pause()
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {
        "frames_a_second": round(frames.count / wall),
        "frames_a_cpu_second": round(frames.count / cpu),
    }


class Terminal:
    """A terminal on a pseudo-terminal that runs the app and reads all it draws. It says that it
    knows synchronized updates, so that each frame begins with a mark."""

    FRAME, ASKS, KNOWS = b"\x1b[?2026h", b"\x1b[?2026$p", b"\x1b[?2026;2$y"

    def __init__(self, command):
        self.drawn = b""
        pid, self.fd = pty.fork()
        if pid == 0:
            os.execvp(command[0], command)
        self.pid = pid
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

    def read(self, seconds):
        """Take what is drawn within so long; whether there was anything."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        part = os.read(self.fd, 1 << 16)
        self.drawn += part
        if self.ASKS in part:
            self.write(self.KNOWS)
        return True

    def write(self, keys):
        os.write(self.fd, keys)

    def shows(self, text):
        return text.encode() in re.sub(rb"\x1b\[[\d;?<>=]*[a-zA-Z]", b"", self.drawn)

    @property
    def cpu(self):
        """Seconds that the app has worked."""
        return sum(psutil.Process(self.pid).cpu_times()[:2])

    def close(self):
        self.write(b"q")
        while True:
            try:
                self.read(10)
            except OSError:  # its other end is closed
                break
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def measure_terminal(path, cells, seconds=3):
    """The command in a terminal: seconds until the last cell and the tree stand there, and frames
    a second while PageDown is held."""
    began = time.perf_counter()
    terminal = Terminal([sys.executable, "-m", "replplan", "watch", str(path)])
    while not (terminal.shows(f"[{cells}]") and terminal.shows(f"root {cells}")):
        terminal.read(0.01)
    opened, cpu = time.perf_counter() - began, terminal.cpu
    while terminal.read(0.5):
        pass
    terminal.write(b"g")
    while terminal.read(0.5):
        pass
    terminal.drawn, began, before, pressed = b"", time.perf_counter(), terminal.cpu, 0
    while (wall := time.perf_counter() - began) < seconds:
        if wall * 60 > pressed:
            terminal.write(b"\x1b[6~")
            pressed += 1
        terminal.read(0.002)
    frames, spent = terminal.drawn.count(Terminal.FRAME), terminal.cpu - before
    terminal.close()
    return {
        "terminal_open_seconds": round(opened, 3),
        "terminal_open_cpu": round(cpu, 3),
        "terminal_frames_a_second": round(frames / wall),
        "terminal_frames_a_cpu_second": round(frames / spent),
    }


async def measure_stream(rate, seconds):
    """How far the screen falls behind a plan that tells so many events a second."""
    feed = Feed(Path("none"))
    screen, worst, told = PlanScreen(feed), 0.0, 0
    events = plan_events(10**9)
    async with WatchApp(screen).run_test(size=(120, 40)) as pilot:
        before, began = memory(), time.perf_counter()
        while (spent := time.perf_counter() - began) < seconds:
            while told < spent * rate:
                feed.put(next(events))
                told += 1
            await pilot.pause(0.02)
            worst = max(worst, feed.pending / rate)
        grown = memory() - before
    return {
        "events_a_second": round(told / spent),
        "behind_seconds": round(worst, 3),
        "cells_taken": round(told / 5),
        "grown_mb": round(grown, 1),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cells", type=int, default=5000)
    parser.add_argument("--rate", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=10)
    given = parser.parse_args()
    spare_collector()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for n, event in enumerate([*plan_events(given.cells), PlanFinished(stop_reason="x")]):
                timed = event.model_copy(update={"time": 1000 + n / 10})
                file.write(timed.model_dump_json() + "\n")
        found = asyncio.run(measure_open(path, given.cells))
        found |= measure_terminal(path, given.cells)
    found |= asyncio.run(measure_stream(given.rate, given.seconds))
    if given.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:20}{value}")


if __name__ == "__main__":
    main()
