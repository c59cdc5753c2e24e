"""Recorded runs on the screen, at a small size and a large one; and traces that are none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from watching import LARGE, SMALL, replay

from replplan.cell import CellResult
from replplan.events import CellFinished, CellStarted, PlanStarted, SessionOpened
from replplan_tui.dialogs import HelpDialog, KindsDialog, LineDialog
from replplan_tui.timeline import Timeline

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "docs" / "examples" / "two-things.jsonl"


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_a_recorded_run_at_two_sizes(size):
    async with replay(RUN, size) as w:
        await w.ended()
        await w.until(lambda: "46/46" in w.text() and "solved: the world ended" in w.text())
        text = w.text()
        lines = text.splitlines()
        assert (max(map(len, lines)), len(lines)) == size
        for part in (
            "find_and_take 3",
            "◀ find_and_take: 'spraybottle 2'",
            "act move spraybottle 2 to countertop 1 → You move",
            "solved: the world ended",
            "46/46",
            "space Play",
        ):
            assert part in text
        assert ("Budget" in text) == ("17. move spraybottle 2" in text) == (size == LARGE)


async def test_time_notebooks_search_and_filter(tmp_path):
    trace = shutil.copy(RUN, tmp_path / "trace.jsonl")
    async with replay(trace) as w:
        await w.ended()
        names = [c.title for c in w.app.get_system_commands(w.app.screen)]
        assert names.count("Faster") == names.count("Copy") == 1
        await w.press("1")  # from the end: the first of all
        assert w.pane.player.moment == w.pane.story.stops["error"][0]
        await w.press("9", "exclamation_mark")
        assert w.pane.player.moment == w.pane.story.stops["error"][-1]
        await w.press("1")
        await w.until(
            lambda: "no error after this moment" in [n.message for n in w.app._notifications]
        )
        await w.press("0")
        assert w.pane.player.moment == 0
        await w.press("2")
        assert w.pane.story.world_at(w.pane.player.moment).number == 1
        assert "1." in w.text()
        assert w.pane.page.path == "root/find_and_take"
        await w.press("1")
        assert w.pane.player.moment == w.pane.story.stops["error"][0]
        await w.press("9", "u")
        assert (w.pane.player.moment, w.pane.page.path) == (None, "root")
        await w.press("up", "o")
        assert w.pane.page.path == "root/find_and_take"
        await w.press("slash")
        await w.dialog(LineDialog)
        await w.write("spraybottle -> countertop")
        await w.press("enter")
        await w.until(lambda: w.pane.page.path == "root")
        assert w.pane.notebook.chosen.turn == 1
        await w.press("f")
        await w.dialog(KindsDialog)
        await w.press("down", "space", "escape")
        await w.until(lambda: "code" in w.pane.notebook.sight.hidden)
        assert "import re" not in w.text()
        await w.press("question_mark")
        await w.dialog(HelpDialog)
        await w.press("end")
        await w.until(lambda: "The bar at the left of a cell" in w.text())


async def test_the_mouse_chooses_cells_sessions_and_moments():
    async with replay(RUN) as w:
        await w.ended()
        await w.click("[2]")
        await w.until(lambda: w.pane.notebook.chosen.turn == 2)
        await w.click("find_and_take 3")
        await w.until(lambda: w.pane.page.path == "root/find_and_take")
        line = w.pane.query_one(Timeline).region
        await w.pilot.click(offset=(line.width // 2, line.y))
        await w.until(lambda: w.pane.player.moment is not None)
        assert abs(w.pane.player.moment - w.pane.story.now / 2) <= 1
        await w.pilot.click(offset=(line.width - 1, line.y))
        await w.until(lambda: w.pane.player.moment is None)


async def test_it_plays_again_to_its_end():
    async with replay(RUN) as w:
        await w.ended()
        await w.press("plus", "plus", "plus", "plus", "plus", "space")
        assert w.pane.player.speed == 50
        await w.until(lambda: w.pane.player.moment is None)
        assert not w.pane.player.playing


async def test_a_trace_that_is_still_being_written(tmp_path):
    lines = RUN.read_bytes().splitlines(keepends=True)
    trace = tmp_path / "trace.jsonl"
    trace.write_bytes(b"")
    async with replay(trace) as w:
        await w.until(lambda: "waits for a first event" in w.text())
        with trace.open("ab", buffering=0) as file:
            file.write(b"".join(lines[:20]) + lines[20][:30])
            await w.until(lambda: w.pane.story.now == 19)
            await w.until(lambda: "waits for more of the trace" in w.text())
            file.write(lines[20][30:] + b"".join(lines[21:]))
        await w.ended()
        assert "solved: the world ended" in w.text()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"type":"plan_started","version":99}\n', "a trace of version 99"),
        (RUN.read_bytes()[:3000].rpartition(b"\n")[0] + b"\nnot json\n", "is damaged"),
        (b"\x00\xff\x1b]0;evil\x07\n", "is damaged"),
        (b'{"type":"from_the_future"}\n', "no event that this replplan knows"),
    ],
)
async def test_what_is_no_trace_says_so_in_a_sentence(tmp_path, content, words):
    trace = tmp_path / "trace.jsonl"
    trace.write_bytes(content)
    async with replay(trace, (160, 30)) as w:
        await w.until(lambda: words in w.text())


async def test_a_terminal_that_is_too_small_and_one_that_grows():
    async with replay(RUN, (30, 8)) as w:
        await w.until(lambda: "30x8" in w.text())
        await w.pilot.resize_terminal(*SMALL)
        await w.until(lambda: "space Play" in w.text())


async def test_no_control_character_reaches_the_terminal(tmp_path):
    evil = "\x1b]0;evil\x07\x1b[2J\x9b31m\u202eabc\r\x08"
    events = [
        PlanStarted(domain=evil, task=evil, split="dev", goal=evil, seed=0, model=evil),
        SessionOpened(name="root"),
        SessionOpened(session=f"root/{evil}", name=evil, parent="root", depth=1, call=evil),
        CellStarted(turn=1, code=evil),
        CellFinished(turn=1, result=CellResult(output=evil, value=evil)),
    ]
    trace = tmp_path / "trace.jsonl"
    trace.write_text("".join(e.model_dump_json() + "\n" for e in events))
    async with replay(trace) as w:
        await w.until(lambda: w.pane.story.now == 4)
        await w.until(lambda: "[1]" in w.text())
        shown = w.text().replace("\n", "")
        assert not [c for c in shown if ord(c) < 32 or 127 <= ord(c) < 160 or c == "\u202e"]
