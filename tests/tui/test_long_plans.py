"""Plans of more events than are kept: what the screen shows of them, and what it lets go of."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from watching import replay, watched

from replplan.cell import CellResult
from replplan.console.items import block, line
from replplan.events import (
    Acted,
    AskAnswered,
    CellFinished,
    CellReviewed,
    CellStarted,
    LimitsRaised,
    ModelCalled,
    ModelReplied,
    Paused,
    PlanFinished,
    PlanStarted,
    SessionClosed,
    SessionOpened,
    TextStreamed,
)
from replplan.limits import Limits, Usage
from replplan_tui import feed, story_state
from replplan_tui.page import Entry, Mark, Spent
from replplan_tui.palette import make_palette
from replplan_tui.rows import GUTTER, Sight, height_of, lines_of
from replplan_tui.story import Story
from replplan_tui.strips import Frame, strips_of

TURNS = 600
PALETTE = make_palette({})


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
        words = ("is in the trace alone", f"[{TURNS}] act({TURNS})", "the plan was stuck")
        words += ("alfworld · dev · t", f"root {TURNS}")
        await w.until(lambda: all(word in w.text() for word in words))
        await w.press("0")
        first = w.pane.story.first
        await w.until(lambda: w.pane.player.moment == first > 1900)
        await w.press("2")
        await w.until(lambda: w.pane.player.moment == w.pane.story.stops["action"][0])
        number = w.pane.story.world_at(w.pane.player.moment).number
        await w.until(lambda: f"act go {number} → Place {number}." in w.text())
        await w.press("9", "g")
        book = w.pane.notebook
        await w.until(lambda: book.chosen is w.pane.page.entries[0] and not book.following)


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
        await w.until(lambda: w.pane.notebook.cursor == len(w.pane.page.entries) - 4)
        chosen, text = w.pane.notebook.chosen, body(w)
        for event in events[490:600]:
            quiet.put(event)
        await w.until(lambda: w.pane.story.now == 599 and w.pane.story.first > 100)
        await w.until(lambda: "is in the trace alone" in w.text())
        await w.until(lambda: w.pane.notebook.chosen is chosen and body(w)[:20] == text[:20])


async def test_a_completion_is_shown_with_highlighting_as_it_comes():
    coming = feed.Feed(Path("no-trace"))
    async with watched(coming) as w:
        for event in [*timed()[:2], ModelCalled(), TextStreamed(text="I look.\n```python\nimpor")]:
            coming.put(event)
        await w.until(lambda: "impor" in w.text())
        coming.put(TextStreamed(text="t re  # first\nplaces ="))
        await w.until(lambda: "import re  # first" in w.text() and "places =" in w.text())
        rows = {row.text.strip(): row for row in map(w.pane.notebook.render_line, range(20))}
        assert "… I look." in rows
        assert not [text for text in rows if "```" in text]
        styles = {s.text: s.style for s in rows["import re  # first"]}
        assert styles["import"] != styles["# first"]
        coming.put(ModelReplied(text="I look.\n```python\n1\n```"))
        coming.put(CellStarted(turn=1, code="1"))
        await w.until(lambda: "[1] 1" in w.text() and "places =" not in w.text())


def test_an_action_without_a_cell_stands_below_the_thought_that_led_to_it():
    """As the method `react` tells it."""
    story = Story()
    for event in [
        *timed()[:2],
        ModelReplied(text="Thought: there.\nAction: go 1", usage=Usage(turns=1)),
        Acted(action_count=1, action="go 1", observation="Place 1."),
        ModelReplied(text="Thought: on.\nAction: go 2", usage=Usage(turns=2)),
        Acted(action_count=2, action="go 2", observation="Place 2."),
    ]:
        story.take(event)
    turns = story.pages["root"].entries[1:]
    assert [(e.kind, e.turn, [m.item.text for m in e.marks]) for e in turns] == [
        ("turn", 1, ["Thought: there.\nAction: go 1", "go 1"]),
        ("turn", 2, ["Thought: on.\nAction: go 2", "go 2"]),
    ]


def test_the_clock_of_the_budget_stands_still_while_a_person_is_waited_for():
    """As the plan's own does: what it said last is known from the model's last reply."""
    story = Story()
    told = [
        (0, PlanStarted(domain="d", task="t", split="dev", goal="a goal", seed=0, model="m")),
        (1, Paused()),
        (11, Paused(paused=False)),
        (13, ModelReplied(text="1", usage=Usage(turns=1, seconds=3))),
        (23, CellReviewed(turn=1, proposed="1", verdict="run")),
        (24, CellStarted(turn=1, code="1")),
        (34, AskAnswered(question="which?", answer="this")),
        (35, CellFinished(turn=1, result=CellResult(output=""))),
        (45, LimitsRaised(limit="turns", limits=Limits())),
        (47, PlanFinished(stop_reason="stuck", usage=Usage(turns=1, seconds=7.5))),
    ]
    for time, event in told:
        story.take(event.model_copy(update={"time": 1000.0 + time}))
    assert [story.spent(m).seconds for m in range(10)] == [0, 1, 1, 3, 3, 4, 4, 5, 5, 7.5]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["code", "call", "output", "prose", "error", "world", "failed"]),
            st.lists(st.text("ab 漢\t→", max_size=30), min_size=1, max_size=18).map("\n".join),
            st.text("ab 漢", max_size=30),
            st.integers(1, 12),
        ),
        max_size=6,
    ),
    st.integers(12, 60),
)
def test_the_rows_of_an_entry_are_as_many_as_are_drawn(parts, width):
    """They are counted without being made, and each row is as wide as the notebook."""
    marks = [
        Mark(
            0, block(kind, text) if kind != "call" else line(kind, text, "act", reply), count=count
        )
        for kind, text, reply, count in parts
    ]
    entry, sight = Entry("turn", 0, 0, marks), Sight(width)
    strips = strips_of(lines_of(entry, sight), sight, PALETTE, Frame())
    assert height_of(entry, sight) == len(strips)
    assert {strip.cell_length for strip in strips} <= {max(width, GUTTER + 8)}
