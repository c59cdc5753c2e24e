"""Plans of more events than are kept: what the screen shows of them, and what it lets go of."""

from __future__ import annotations

from pathlib import Path

import pytest
from watching import replay, watched

from replplan.cell import CellResult
from replplan.events import (
    Acted,
    CellFinished,
    CellStarted,
    ModelReplied,
    PlanFinished,
    PlanStarted,
    SessionClosed,
    SessionOpened,
)
from replplan.limits import Usage
from replplan_tui import feed, story_state
from replplan_tui.page import Spent
from replplan_tui.story import Story

TURNS = 600


def long_plan():
    """Turns of four events each; a sub-REPL, long closed, at the beginning."""
    yield PlanStarted(domain="alfworld", task="t", split="dev", goal="a goal", seed=0, model="m")
    yield SessionOpened(name="root")
    yield SessionOpened(session="root/early", name="early", parent="root", depth=1)
    yield SessionClosed(session="root/early", failure="it gave up")
    for n in range(1, TURNS + 1):
        yield ModelReplied(text=f"```python\nact({n})\n```", usage=Usage(turns=n))
        yield CellStarted(turn=n, code=f"act({n})")
        yield Acted(action_count=n, action=f"go {n}", observation=f"Place {n}.")
        yield CellFinished(turn=n, result=CellResult(output=f"was at {n}"))
    yield PlanFinished(stop_reason="stuck")


@pytest.fixture
def kept(monkeypatch):
    """As if far fewer events were many."""
    for name, value in (("KEPT", 400), ("SPARE", 100)):
        monkeypatch.setattr(story_state, name, value)
    monkeypatch.setattr(feed, "KEPT", 400)


def timed():
    return [e.model_copy(update={"time": 1000.0 + n}) for n, e in enumerate(long_plan())]


def test_the_oldest_events_are_let_go_of(kept):
    story, events = Story(), timed()
    for event in events:
        story.take(event)
        assert len(story.times) <= 500
    assert story.now == len(events) - 1
    assert story.first >= story.now - 500
    assert story.took(None) == story.now
    assert story.took(story.first) == story.first
    assert list(story.pages) == ["root"]
    page = story.pages["root"]
    assert page.entries[-2].turn == TURNS
    assert page.forgotten + len(page.entries) == TURNS + 4  # beginning, call, failure, end
    assert len(page.entries) < 150
    assert min(story.stops["action"]) >= story.first
    assert not story.stops["error"]
    for moment in range(story.first, story.now, 7):
        turns = story.usage.at(moment, Spent()).turns
        assert story.world_at(moment).number in (turns, turns - 1)


@pytest.mark.parametrize("long", [0, 1 << 40])
async def test_a_long_trace_is_shown_from_where_it_is_kept(kept, tmp_path, monkeypatch, long):
    """Counted first and passed over, or read from its beginning: what is seen is the same."""
    monkeypatch.setattr(feed, "LONG", long)
    monkeypatch.setattr(feed, "_BLOCK", 1000)
    path = tmp_path / "trace.jsonl"
    path.write_text("".join(e.model_dump_json() + "\n" for e in timed()))
    async with replay(path) as w:
        await w.ended()
        await w.until(lambda: "is in the trace alone" in w.text())
        shown = w.text()
        assert f"[{TURNS}] act({TURNS})" in shown
        assert "alfworld · dev · t" in shown
        assert f"root {TURNS}" in shown
        await w.press("0")
        assert w.pane.player.moment == w.pane.story.first > 1900
        await w.press("2")
        number = w.pane.story.world_at(w.pane.player.moment).number
        assert f"act go {number} → Place {number}." in w.text()
        await w.press("9", "g")
        book = w.pane.notebook
        first = w.pane.page.entries[0]
        assert book.chosen is first
        assert not book.following


def body(w):
    """The rows of the notebook."""
    book = w.pane.notebook
    return [book.render_line(y).text for y in range(book.size.height)]


async def test_what_is_looked_at_stays_where_it_is_while_old_events_go(kept):
    """Scrolled up in a plan that goes on: the rows in sight are the same ones afterwards."""
    quiet = feed.Feed(Path("no-trace"))
    events = timed()
    async with watched(quiet) as w:
        for event in events[:490]:
            quiet.put(event)
        await w.until(lambda: w.pane.story.now == 489 and "[121]" in w.text())
        await w.press("up", "up", "up")
        chosen, text = w.pane.notebook.chosen, body(w)
        for event in events[490:600]:
            quiet.put(event)
        await w.until(lambda: w.pane.story.now == 599 and w.pane.story.first > 100)
        await w.until(lambda: "is in the trace alone" in w.text())
        assert w.pane.notebook.chosen is chosen
        assert body(w)[:20] == text[:20]
