"""What is taken out of a plan: demonstrations, files, copies; and what a cell has drawn."""

from __future__ import annotations

import base64
import io
import json
import shutil

import pytest
from PIL import Image
from plans import script
from runs import RUN
from watching import live, replay

from replplan.cell import CellResult, Display
from replplan.events import CellFinished, CellStarted, PlanStarted, SessionOpened
from replplan.limits import Limits
from replplan.pool.places import user_place
from replplan_tui.dialogs import LimitsDialog, TextDialog


@pytest.fixture
def trace(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return shutil.copy(RUN, tmp_path / "trace.jsonl")


async def test_a_plan_is_kept_exported_and_copied_from(trace, tmp_path):
    async with replay(trace) as w:
        await w.ended()
        await w.press("K")
        await w.until(lambda: any("kept 2 demonstrations" in s for s in w.said))
        pool = user_place("alfworld").folder
        assert sorted(p.name for p in pool.iterdir()) == ["find_and_take", "root"]
        mine = pool / "root" / "demo-two.ipynb"
        mine.write_text("my own")
        await w.press("K")
        await w.until(lambda: any("kept 1" in s and "1 stay as they are" in s for s in w.said))
        assert mine.read_text() == "my own"
        await w.press("X")
        files = f"written: {tmp_path / 'trace.html'}, {tmp_path / 'trace.ipynb'}"
        await w.until(lambda: files in w.said)
        written = {p.suffix: p.read_text() for p in tmp_path.glob("trace.*")}
        assert "spraybottle -&gt; countertop 1" in written[".html"]
        assert json.loads(written[".ipynb"])["cells"]
        await w.press("9", "up", "c")
        await w.until(lambda: w.app.clipboard.startswith("for _ in range(2):"))
        await w.press("E")
        await w.until(lambda: any("terminal of its own" in s for s in w.said))


async def test_what_did_not_succeed_is_not_kept_and_says_so(trace):
    lines = RUN.read_bytes().splitlines(keepends=True)
    trace.write_bytes(b"".join(lines[:-1]))
    async with replay(trace) as w:
        await w.until(lambda: w.pane.story.now == len(lines) - 2)
        await w.press("K")
        await w.until(lambda: w.said)
        assert "trace" in w.said[0]


def png(width, height):
    data = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(data, "PNG")
    return base64.b64encode(data.getvalue()).decode()


@pytest.mark.parametrize(
    ("data", "rows"),
    [(png(20, 10), 5), (png(2000, 4000), 20), (png(6000, 4000), 0), ("no picture", 0)],
)
async def test_pictures_of_cells_are_drawn_with_half_blocks(tmp_path, data, rows):
    shown = Display(mime="image/png", data=data, text="<Figure>")
    events = [
        PlanStarted(domain="notebook", task="", split="own", goal="draw", seed=0, model="m"),
        SessionOpened(name="root"),
        CellStarted(turn=1, code="plot()"),
        CellFinished(turn=1, result=CellResult(output="", displays=(shown,))),
    ]
    path = tmp_path / "trace.jsonl"
    path.write_text("".join(e.model_dump_json() + "\n" for e in events))
    async with replay(path, (80, 50)) as w:
        await w.until(lambda: "<Figure> (image/png)" in w.text())
        await w.until(lambda: len([line for line in w.text().splitlines() if "▀" in line]) == rows)
        assert w.text().count("▀" * 10) >= rows
        assert ("#c81e1e" in str(w.app.export_screenshot())) == bool(rows)


async def test_dialogs_say_what_is_wrong_and_are_left_by_escape(trace):
    async with replay(trace) as w:
        await w.ended()
        answers = []
        dialog = LimitsDialog("limits", Limits(turns=5), "turns")
        w.app.push_screen(dialog, answers.append)
        await w.dialog(LimitsDialog)
        await w.press("end", "x", "enter")
        await w.until(lambda: "a limit is a number above 0, or nothing" in w.text())
        await w.press("backspace", "0", "enter")
        await w.until(lambda: answers)
        assert answers.pop().turns == 50
        for keys in (["escape"], ["ctrl+s"]):
            w.app.push_screen(TextDialog("write", "  "), answers.append)
            await w.dialog(TextDialog)
            await w.press("ctrl+e", *keys)
            await w.until(lambda: answers)
            assert answers.pop() is None
        assert any("terminal of its own" in s for s in w.said)


async def test_a_plan_that_breaks_while_it_is_watched_says_so(tmp_path):
    class Broken(type(script())):
        async def complete(self, *args, **options):
            raise RuntimeError("it has no words")

    async with live(Broken({"root": []}), tmp_path) as w:
        await w.ended()
        await w.until(lambda: "it has no words" in w.text())
        assert w.pane.feed.ended
        await w.press("q")
        await w.until(lambda: not w.app.is_running or w.app._exit)
