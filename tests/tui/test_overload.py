"""A screen that is slower than its plan: the plan goes on, and what is shown is whole."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from watching import watched

from replplan.cell import CellResult
from replplan.events import (
    CellFinished,
    CellStarted,
    OutputStreamed,
    PlanFinished,
    PlanStarted,
    SessionOpened,
)
from replplan.trace import TraceWriter, read_trace
from replplan_tui import bounded
from replplan_tui.bounded import BoundedFeed


@pytest.fixture(autouse=True)
def little_room(monkeypatch):
    monkeypatch.setattr(bounded, "WAITING", 50)


def cells(first, last):
    for n in range(first, last):
        yield CellStarted(turn=n, code=f"print({n})")
        yield OutputStreamed(text=f"{n}\n")
        yield CellFinished(turn=n, result=CellResult(output=f"{n}\n"))


class Told:
    """A plan's sinks: its trace, and the feed of a screen."""

    def __init__(self, folder):
        self.path = folder / "trace.jsonl"
        self.feed, self.writer = BoundedFeed(self.path), TraceWriter(self.path)

    def tell(self, *events):
        for event in events:
            self.writer(event)
            self.feed.put(event)

    def take(self, seconds=60.0):
        return [e for e in self.feed.take(seconds) if not e.transient]


@pytest.fixture
def told(tmp_path):
    told = Told(tmp_path)
    yield told
    told.writer.close()


def test_what_there_is_no_room_for_is_read_out_of_the_trace(told):
    told.tell(*cells(1, 400))
    assert told.feed.pending > 700
    assert len(told.feed._events) == 50  # however many are told
    assert told.take() == list(read_trace(told.path))
    assert told.feed.pending == 0


def test_pieces_of_output_are_shown_again_once_the_screen_has_caught_up(told):
    told.tell(*cells(1, 400))
    told.take()
    told.tell(*cells(400, 405))
    shown = list(told.feed.take(60))
    assert [e.text for e in shown if e.transient] == [f"{n}\n" for n in range(400, 405)]
    told.tell(*cells(405, 800))
    assert told.take() == list(read_trace(told.path))[-790:]


def test_nothing_is_lost_or_told_twice_while_both_work(told):
    """The plan tells as fast as it can, on a thread of its own; the screen takes a little now and
    then."""
    plan = threading.Thread(target=lambda: told.tell(*cells(1, 3000)))
    plan.start()
    shown = []
    while plan.is_alive() or told.feed.pending:
        shown += told.take(0.001)
        assert len(told.feed._events) <= 50
    plan.join()
    assert shown == list(read_trace(told.path))


def test_a_trace_that_is_gone_is_said_and_the_plan_is_shown_on(told):
    told.tell(*cells(1, 400))
    told.path.unlink()
    assert len(told.take()) < 50
    assert "some of the plan is not shown" in told.feed.problem
    told.tell(*(last := list(cells(400, 402))))
    assert told.take() == [e for e in last if not e.transient]


async def test_the_screen_shows_the_end_of_a_plan_that_outran_it(told):
    start = PlanStarted(domain="notebook", task="", split="own", goal="g", seed=0, model="m")
    async with watched(told.feed) as w:
        told.tell(start, SessionOpened(name="root"), *cells(1, 1001))
        told.tell(PlanFinished(stop_reason="stuck"))
        await w.until(lambda: w.pane.story.finished and "the plan was stuck" in w.text())
        await w.until(lambda: "[1000] print(1000)" in w.text())
        assert w.pane.page.spent.at(None, None).turns == 1000
        assert len(w.pane.page.entries) == 1002
        assert w.pane.feed.path == Path(told.path)
