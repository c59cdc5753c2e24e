"""The live view of sessions at once, and its status bar."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import plan_events as p
import pytest
from live_screens import below, console, scrolled, standing, written
from terminal import Terminal

from replplan.cell import CellResult
from replplan.console import LiveView
from replplan.events import (
    CellFinished,
    CellStarted,
    Event,
    ModelCalled,
    ModelReplied,
    SessionClosed,
)
from replplan.limits import Usage


def status(events: Iterable[Event], width: int = 120) -> str:
    return below(events, width)[-1]


REPLIED = ModelReplied(
    text="",
    usage=Usage(
        turns=9, model_calls=12, input_tokens=30_000, cached_tokens=15_000, output_tokens=4567,
        cost=0.0123, seconds=42,
    ),
)  # fmt: skip


def test_the_status_bar() -> None:
    events = [p.started(actions=30), p.opened("root/f"), ModelCalled(session="root/f")]
    line = status([*events, REPLIED, p.acted("go", "x", 7)])
    assert line.endswith(
        " root/f · turn 1 · 12 calls · 34.6k tokens (50% cached) · $0.0123 · 42 s · 7/30 actions"
    )


def test_the_status_bar_is_one_line_and_keeps_what_matters() -> None:
    deep = "root/" + "/".join(["find_the_thing"] * 6)
    limits = p.started(actions=30, turns=10)
    events = [limits, p.opened(deep), ModelCalled(session=deep), REPLIED, p.acted("go", "x", 7)]
    for width in (30, 60, 80, 200):
        assert "9/10 turns" in status(events, width)
    assert "find_the_thing · turn 1 · 9/10 turns · 42 s" in status(events, 60)


@pytest.mark.parametrize(
    ("limits", "colour"),
    [({"turns": 30}, None), ({"turns": 10}, "33"), ({"turns": 9}, "31"), ({"tokens": 35_000}, "31"),
     ({"cost": 0.0125}, "31"), ({"seconds": 50}, "33"), ({"model_calls": 15}, "33")],
)  # fmt: skip
def test_limits_that_are_near_are_coloured(limits: dict[str, float], colour: str | None) -> None:
    screen = console(120, color_system="standard")
    view = standing(screen)
    for event in (p.started(**limits), ModelCalled(), REPLIED):
        view(event)
    view.refresh()
    with screen.capture() as captured:
        screen.print(view)
    bar = captured.get()
    for code in ("31", "33"):
        assert (f"\x1b[{code}m" in bar or f"\x1b[1;{code}m" in bar) == (code == colour)


def at_once() -> list[Event]:
    one, two = "root/look", "root/look#2"
    return [
        CellStarted(turn=1, code="run_both()"),
        p.opened(one, call="look(1)"),
        p.opened(two, call="look(2)"),
        CellStarted(session=one, turn=1, code="a = 1"),
        CellStarted(session=two, turn=1, code="b = 1"),
        p.acted("go to 2", "two", 1, two),
        p.acted("go to 1", "one", 2, one),
        CellFinished(session=two, turn=1, result=CellResult(output="from two")),
        CellFinished(session=one, turn=1, result=CellResult(output="from one")),
        CellStarted(session=two, turn=2, code="b = 2"),
        CellFinished(session=two, turn=2, result=p.ANSWERED),
        p.closed(one, 1),
        p.closed(two, 2),
        CellFinished(turn=1, result=CellResult(value="[1, 2]")),
    ]


def test_sessions_at_once_are_blocks_that_say_whose_they_are() -> None:
    assert scrolled(at_once()) == (
        "\n"
        "[1] run_both()\n"
        "  ┌ look(2) (look#2)\n"
        "  │ [1] b = 1\n"
        "  │   act: go to 2 -> two\n"
        "  │   out: from two\n"
        "  ┌ look(1)\n"
        "  │ [1] a = 1\n"
        "  │   act: go to 1 -> one\n"
        "  │   out: from one\n"
        "  ├ root/look#2 goes on\n"
        "  │ [2] b = 2\n"
        "  └ look -> 1\n"
        "  └ look#2 -> 2\n"
        "  value: [1, 2]\n"
    )


def test_a_grandchild_elsewhere_names_its_parent() -> None:
    events = [
        p.opened("root/a", call="a()"),
        CellStarted(session="root/a", turn=1, code="c()"),
        p.opened("root/b", call="b()"),
        CellStarted(session="root/b", turn=1, code="pass"),
        CellFinished(session="root/b", turn=1, result=CellResult()),
        p.opened("root/a/c", call="c()"),
        CellFinished(session="root/b", turn=2, result=CellResult(output="late")),
        p.opened("root/a/c/d", call="d()"),
        SessionClosed(session="root/a/c/d", failure="no"),
    ]
    assert scrolled(events) == (
        "  ┌ b()\n  │ [1] pass\n  ├ root goes on\n"
        if False
        else "  ┌ b()\n"
        "  │ [1] pass\n"
        "  ┌ a()\n"
        "  │ [1] c()\n"
        "  ├ root/b goes on\n"
        "  │   out: late\n"
        "  ├ root/a goes on\n"
        "  │   ┌ c()\n"
        "  │   │   ┌ d()\n"
        "  │   │   └ d failed: no\n"
    )


def test_sessions_from_many_threads_stay_whole() -> None:
    def tell(name: str) -> None:
        for number in range(1, 21):
            for event in p.turn(name, number, f"step_{number}()", [p.acted("go", name, 1, name)]):
                view(event)
        view(p.closed(name, "done"))

    screen = console()
    names = [f"root/worker_{letter}" for letter in "abcd"]
    with LiveView(screen) as view:
        threads = [threading.Thread(target=tell, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    lines = Terminal(80).feed(written(screen)).text.split("\n")
    cells = [place for place, line in enumerate(lines) if "step_" in line]
    assert len(cells) == 80
    assert all("act: go -> root/worker_" in lines[place + 1] for place in cells)
    assert sum("-> 'done'" in line for line in lines) == 4
