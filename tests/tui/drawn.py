"""The screens as they are drawn, kept as text to compare with: python tests/tui/drawn.py writes
them anew, and with a folder also as SVG, to be looked at."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from array import array
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from runs import make_run
from textual.widgets import TextArea
from watching import LARGE, SMALL, Watched, launch

from replplan.config import new_trace_path
from replplan.helm import Pause, Review
from replplan.limits import Limits
from replplan.model import ScriptedModel
from replplan_domains.alfworld import ALFWorld
from replplan_tui.app import WatchApp
from replplan_tui.dialogs import LimitsDialog, TextDialog
from replplan_tui.entry import first_screen
from replplan_tui.feed import TraceFeed
from replplan_tui.live import PlanFeed
from replplan_tui.plan_screen import PlanScreen
from replplan_tui.side import Side

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "docs" / "examples" / "two-things.jsonl"
KEPT = Path(__file__).parent / "screens"
SIZES = (SMALL, LARGE)
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Walk:
    """Goes from screen to screen and draws each."""

    def __init__(self, app, pilot, path=RUN):
        self.w = Watched(app, pilot, path)
        self.found, self.pictures = {}, {}

    async def draw(self, name, *keys, until=lambda: True):
        await self.w.press(*keys)
        await self.w.until(until)
        await self.w.pilot.pause()
        for field in self.w.app.screen.query("Input, TextArea"):
            field.cursor_blink = False
            field._cursor_visible = True
            if isinstance(field, TextArea):  # a line of a moment without its cursor may be kept
                field._line_cache.clear()
            field.refresh()
        self.found[name] = ""
        while (now := drawn(self.w.app)) != self.found[name]:  # until it has come to rest
            self.found[name] = now
            await self.w.pilot.pause(0.1)
        self.pictures[name] = self.w.app.export_screenshot(title=name)

    async def still(self, name, holds):
        """Draw a live plan as if each of its events had taken a second, and no spinner moved."""
        panes = self.w.screen.panes
        await self.w.until(lambda: holds() and not any(pane.feed.pending for pane in panes))
        for pane in panes:
            for timer in pane._timers:
                timer.pause()
            story = pane.story
            story.times[:] = array("d", range(len(story.times)))
            story._began, pane._frame = 0.0, 0
            story.usage[:] = [(n, s._replace(seconds=n, tokens=n)) for n, s in story.usage]
            for entry in (e for page in story.pages.values() for e in page.entries):
                for mark in entry.marks:
                    if mark.item.label == "spent":
                        mark.item = replace(mark.item, text="so much")
                        entry.version += 1
            pane.refresh_all()
        await self.draw(name)

    async def dialog(self, name, dialog):
        self.w.app.push_screen(dialog)
        await self.w.dialog(type(dialog))
        await self.draw(name)
        await self.back()

    async def back(self):
        await self.w.press("escape")
        await self.w.until(lambda: self.w.app.screen is self.w.screen)


async def walk_plan(size):
    """The plan screen, its moments and dialogs."""
    app = WatchApp(PlanScreen(TraceFeed(RUN)))
    async with app.run_test(size=size) as pilot:
        walk = Walk(app, pilot)
        await walk.w.ended()
        await walk.w.until(lambda: "solved: the world ended" in walk.w.text())
        await walk.draw("plan")
        app.theme = "textual-light"
        await walk.draw("light")
        app.theme = "textual-dark"
        pane, stops = walk.w.pane, walk.w.pane.story.stops
        first = stops["error"][0]
        await walk.draw("error", "1", until=lambda: pane.player.moment == first)
        after = next(m for m in stops["action"] if m > first)
        await walk.draw("moment", "2", until=lambda: pane.player.moment == after)
        beside = pane.query_one(Side).display
        await walk.draw("beside", "z", until=lambda: pane.query_one(Side).display != beside)
        await walk.w.press("z", "9")
        await walk.w.until(lambda: pane.player.moment is None)
        await walk.draw("help", "question_mark", until=lambda: "LOOKING" in walk.w.text())
        await walk.back()
        await walk.draw("filter", "f", until=lambda: "What is shown" in walk.w.text())
        await walk.back()
        await walk.dialog("text", TextDialog("Say to root", "look\n\tthere", "What it is about."))
        await walk.dialog("limits", LimitsDialog("the limit of 5 turns", Limits(), "tokens"))
        await pilot.resize_terminal(40, 10)
        await walk.w.until(lambda: "40x10" in walk.w.text())
        await walk.draw("small")
    return walk


FIRST = """# the nearest place first
places = ["fridge 1", "cabinet 2"]
seen = act("go to " + places[0])
print(len(seen), "characters")"""
SECOND = """for place in places[1:]:
    seen = act("go to " + place)
    if "egg" in seen:
        answer(place)"""
LEAVES = """print("nothing in", places)
answer(places[-1])"""


async def walk_proposal(size, trace):
    """A live plan of which the first cell was let run, and the second waits for a verdict."""
    async with begun(size, trace, approving=True) as walk:
        await walk.w.decision(Review)
        await walk.w.press("y")
        await walk.w.until(lambda: getattr(walk.w.pane.decision, "code", "") == SECOND)
        await walk.still("proposal", lambda: "egg" in walk.w.text())
    return walk


async def walk_branch(size, trace):
    """A live plan that stands still, and a branch of it that has ended."""
    async with begun(size, trace, paused=True) as walk:
        w = walk.w
        await w.decision(Pause)
        await w.press("s")
        await w.until(lambda: len(w.pane.story.stops["cell"]) == 1)
        await w.decision(Pause)
        await w.press("b")
        await w.until(lambda: len(w.screen.panes) == 2)
        await w.until(lambda: w.screen.panes[1].feed.ended and w.screen.panes[1].story.finished)
        await walk.still("branch", lambda: w.pane is w.screen.panes[1])
    return walk


@asynccontextmanager
async def begun(size, trace, **helm):
    replies = [f"I look.\n```python\n{code}\n```" for code in (FIRST, SECOND, LEAVES)]
    feed = PlanFeed(launch(ScriptedModel({"root": replies}), trace, ALFWorld()))
    for name, value in helm.items():
        setattr(feed.helm, name, value)
    app = WatchApp(PlanScreen(feed))
    try:
        async with app.run_test(size=size) as pilot:
            yield Walk(app, pilot, trace)
    finally:
        feed.stop()
        feed.join()


async def walk_run(size, folder):
    """The table of a run."""
    app = WatchApp(first_screen(folder))
    async with app.run_test(size=size) as pilot:
        walk = Walk(app, pilot)
        await walk.w.until(lambda: "1 of 3 done" in walk.w.text())
        app.screen.timers_off = [timer.pause() for timer in app.screen._timers]
        app.screen._frame = 0
        app.screen._spin()
        await walk.draw("run")
    return walk


async def walk_start(size):
    """The start screen, with one plan in its list."""
    folder = new_trace_path("", "").parent
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    when = time.mktime((2026, 3, 14, 15, 9, 0, 0, 0, -1))
    os.utime(shutil.copy(RUN, folder / "a-plan.jsonl"), (when, when))
    app = WatchApp(first_screen(None))
    async with app.run_test(size=size) as pilot:
        walk = Walk(app, pilot)
        await walk.w.until(lambda: "demo-two" in walk.w.text())
        await walk.draw("start")
    return walk


LIVE = ((walk_proposal, "proposal.jsonl"), (walk_branch, "branch.jsonl"))


def drawn(app):
    """What stands on the terminal: rows of text, then their styles as runs of letters."""
    update = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    styles = {}
    rows, looks = [], []
    for strips in update.strips:
        row = [segment for strip in strips for segment in strip]
        rows.append("".join(s.text for s in row).rstrip())
        cells = [styles.setdefault(_look(s.style), len(styles)) for s in row for _ in s.text]
        runs = [(key, len(list(run))) for key, run in groupby(cells)]
        looks.append("".join(f"{_name(key)}{size}" for key, size in runs))
    legend = [f"{_name(n)} {look}" for look, n in styles.items()]
    return "\n".join([*rows, "-" * 20, *looks, "-" * 20, *legend, ""])


def _name(number):
    first, second = divmod(number, len(_LETTERS))
    return (_LETTERS[first - 1] if first else "") + _LETTERS[second]


def _look(style):
    if style is None:
        return "plain"
    flags = [n for n in ("bold", "dim", "italic", "underline", "reverse") if getattr(style, n)]
    colours = [c.get_truecolor().hex if c else "-" for c in (style.color, style.bgcolor)]
    return " ".join([*colours, *flags])


def path_of(name, size):
    return KEPT / f"{size[0]}x{size[1]}" / f"{name}.txt"


async def write_anew(pictures):
    import tempfile

    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["XDG_DATA_HOME"] = os.environ["XDG_STATE_HOME"] = folder
            walks = [await walk_plan(size), await walk_start(size)]
            os.chdir(folder)
            walks.append(await walk_run(size, make_run(Path("run"))[0]))
            walks += [await walk(size, Path(name)) for walk, name in LIVE]
            os.chdir(ROOT)
        for walk in walks:
            for name, text in walk.found.items():
                path_of(name, size).parent.mkdir(parents=True, exist_ok=True)
                path_of(name, size).write_text(text, encoding="utf-8")
                if pictures is not None:
                    picture = pictures / f"{name}-{size[0]}.svg"
                    picture.write_text(walk.pictures[name], encoding="utf-8")
    print(KEPT)


if __name__ == "__main__":
    asyncio.run(write_anew(Path(sys.argv[1]) if sys.argv[1:] else None))
