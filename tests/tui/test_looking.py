"""Recorded runs on the screen, at a small size and a large one; and traces that are none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from watching import LARGE, SMALL, replay, watched

from replplan.cell import CellResult
from replplan.events import CellFinished, CellStarted, PlanStarted, SessionOpened
from replplan.trace import read_trace
from replplan_tui.dialogs import HelpDialog, KindsDialog, LineDialog, TextDialog
from replplan_tui.feed import Feed
from replplan_tui.timeline import Timeline

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "docs" / "examples" / "two-things.jsonl"


def written(folder, result):
    """A trace of one cell."""
    events = [
        PlanStarted(domain="notebook", task="t", split="own", goal="g", seed=0, model="m"),
        SessionOpened(name="root"),
        CellStarted(turn=1, code="work()"),
        CellFinished(turn=1, result=result),
    ]
    trace = folder / "trace.jsonl"
    trace.write_text("".join(e.model_dump_json() + "\n" for e in events))
    return trace


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_a_recorded_run_at_two_sizes(size):
    async with replay(RUN, size) as w:
        await w.ended()
        parts = (
            "find_and_take 3",
            "◀ find_and_take: 'spraybottle 2'",
            "act move spraybottle 2 to countertop 1 → You move",
            "solved: the world ended",
            "46/46",
            "space Play",
        )
        await w.until(lambda: all(part in w.text() for part in parts))
        beside = ("Budget", "17. move spraybottle 2")
        await w.until(lambda: [p in w.text() for p in beside] == [size == LARGE] * 2)
        lines = w.text().splitlines()
        assert (max(map(len, lines)), len(lines)) == size


async def test_time(tmp_path):
    async with replay(shutil.copy(RUN, tmp_path / "trace.jsonl")) as w:
        await w.ended()
        pane, errors = w.pane, w.pane.story.stops["error"]

        async def press(*keys, to):
            await w.press(*keys)
            await w.until(lambda: pane.player.moment == to)

        await press("1", to=errors[0])  # from the end: the first of all
        await press("9", to=None)
        await press("exclamation_mark", to=errors[-1])
        await w.press("1")
        await w.until(lambda: "no error after this moment" in w.said)
        await press("0", to=0)
        await press("2", to=pane.story.stops["action"][0])
        await w.until(lambda: "act go to cabinet 2" in w.text())
        assert pane.story.world_at(pane.player.moment).number == 1
        assert pane.page.path == "root/find_and_take"
        await press("1", to=errors[0])


async def test_notebooks_search_and_filter(tmp_path):
    async with replay(shutil.copy(RUN, tmp_path / "trace.jsonl")) as w:
        await w.ended()
        names = [c.title for c in w.app.get_system_commands(w.app.screen)]
        assert names.count("Faster") == names.count("Copy") == 1
        await w.press("up", "o")
        await w.until(lambda: w.pane.page.path == "root/find_and_take")
        await w.press("u")
        await w.until(lambda: w.pane.page.path == "root")
        await w.press("up", "o")
        await w.until(lambda: w.pane.page.path == "root/find_and_take")
        await w.press("slash")
        await w.dialog(LineDialog)
        await w.write("spraybottle -> countertop")
        await w.press("enter")
        await w.until(lambda: w.pane.page.path == "root" and w.pane.notebook.chosen.turn == 1)
        await w.until(lambda: "import re" in w.text())
        await w.press("f")
        await w.dialog(KindsDialog)
        await w.press("down", "space", "escape")
        await w.until(lambda: "code" in w.pane.notebook.sight.hidden)
        await w.until(lambda: "import re" not in w.text())
        await w.press("question_mark")
        await w.dialog(HelpDialog)
        await w.press("end")
        await w.until(lambda: "The bar at the left of a cell" in w.text())


async def test_what_is_found_in_folded_lines_is_unfolded_and_in_sight(tmp_path):
    rows = "\n".join(f"row {n}" for n in range(100))
    trace = written(tmp_path, CellResult(output=rows))
    async with replay(trace, SMALL) as w:
        await w.until(lambda: "row 99" in w.text())
        assert "row 50" not in w.text()
        await w.press("slash")
        await w.dialog(LineDialog)
        await w.write("ROW 50")
        await w.press("enter")
        await w.until(lambda: "row 50" in w.text())
        await w.press("escape")
        await w.until(lambda: not w.pane.notebook.sight.find)


async def test_ctrl_c_leaves_a_dialog_then_the_app():
    async with replay(RUN) as w:
        await w.ended()
        await w.press("question_mark")
        await w.dialog(HelpDialog)
        await w.press("ctrl+c")
        await w.until(lambda: w.app.screen is w.screen)
        w.app.push_screen(TextDialog("write", "some words"))
        await w.dialog(TextDialog)
        await w.press("shift+home", "ctrl+c")  # what is marked is copied, and nothing is lost
        await w.until(lambda: w.app.clipboard == "some words")
        await w.press("end", "ctrl+c")
        await w.until(lambda: w.app.screen is w.screen)
        await w.press("ctrl+c")
        await w.until(lambda: w.app._exit)


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
        await w.press("plus", "plus", "plus", "plus", "plus")
        await w.until(lambda: w.pane.player.speed == 50)
        player = w.pane.player
        await w.press("space")
        await w.until(lambda: player._due and player.moment is None and not player.playing)


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
        await w.until(lambda: "solved: the world ended" in w.text())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda trace: trace.unlink(), "was removed: this is what there was"),
        (lambda trace: trace.write_bytes(b""), "was written anew"),
        (lambda trace: shutil.copy(RUN, trace.with_suffix(".new")).replace(trace), "written anew"),
    ],
    ids=["removed", "emptied", "replaced"],
)
async def test_a_trace_that_is_taken_away_while_it_is_watched(tmp_path, change, words):
    lines = RUN.read_bytes().splitlines(keepends=True)
    trace = tmp_path / "trace.jsonl"
    trace.write_bytes(b"".join(lines[:20]))
    async with replay(trace, (160, 30)) as w:
        await w.until(lambda: "waits for more of the trace" in w.text())
        change(trace)
        await w.until(lambda: words in w.text() and "20/20" in w.text())


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


async def test_the_end_of_a_plan_is_shown_whoever_worked_last():
    """However much of it comes at once."""
    told = list(read_trace(RUN))
    within = max(n for n, e in enumerate(told) if e.type == "cell_started") + 1
    coming = Feed(RUN)
    async with watched(coming) as w:
        for event in told[:within]:
            coming.put(event)
        await w.until(lambda: w.pane.page.path == "root/find_and_take")
        for event in told[within:]:
            coming.put(event)
        await w.until(lambda: w.pane.story.finished)
        await w.until(lambda: w.pane.page.path == "root" and "solved: the world" in w.text())


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
