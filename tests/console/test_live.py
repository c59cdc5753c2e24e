"""The live view: what scrolls up, what is under way, what reaches the terminal."""

from __future__ import annotations

import io

import plan_events as p
import pytest
from live_screens import below, console, scrolled, written
from rich.console import Console
from terminal import Terminal

from replplan.cell import CellResult
from replplan.console import LiveView
from replplan.events import (
    Asked,
    CellFinished,
    CellStarted,
    ModelCalled,
    ModelReplied,
    OutputStreamed,
    TextStreamed,
)

STORY = """\
put a mug on the desk
alfworld · dev · task-7 · model scripted · seed 3
  limits: 200 turns, 400 model calls, 30 min
  world: You see a desk 1 and a shelf 1.

First I need a mug.
[1] mug = find_and_take('mug', places)
    mug
  ┌ find_and_take('mug', places)
  │ # any mug will do
  │   args: 'mug', ['desk 1', 'shelf 1']
  │ [1] re.search('mug', obs)
  │   error: Cell 1, line 2
  │              re.search('mug', obs)
  │          NameError: name 're' is not defined
  │
  │ [2] answer(look())
  │   act: go to desk 1 -> Nothing happens.  ×2
  │   act: go to shelf 1 -> On the shelf 1, you see a mug 1.
  └ find_and_take -> 'mug 1'
  out: 2 places
  value: 'mug 1'

[2] act('put mug 1')
  act: put mug 1 -> Done.

solved: the plan answered
  score: 1
  usage: 3 turns · 5 model calls (2 asks) · 4 actions · 2 sessions
  spent: 8,234 tokens (75% cached) · $0.0123 · 75 s
  trace: runs/trace.jsonl
"""


def test_a_whole_plan() -> None:
    assert scrolled(p.story(), trace="runs/trace.jsonl") == STORY


def test_events_that_come_at_once_give_the_same() -> None:
    screen = console()
    with LiveView(screen) as view:
        for event in p.story():
            view(event)
        view.trace = "runs/trace.jsonl"
    assert Terminal(80).feed(written(screen)).text == STORY


def test_a_replay_without_the_transient_events_gives_the_same() -> None:
    events = (event for event in p.story() if not event.transient)
    assert scrolled(events, trace="runs/trace.jsonl") == STORY


@pytest.mark.parametrize("width", [20, 40, 60, 71, 72, 200])
def test_it_fits_any_width(width: int) -> None:
    text = scrolled(p.story(), width)
    assert "[2] answer(look())" in text or width < 40
    assert "solved: the plan" in text


def test_colours_are_there_and_no_color_takes_them_away() -> None:
    counts = []
    for more in ({"color_system": "standard"}, {"no_color": True}):
        screen = console(**more)
        with LiveView(screen) as view:
            for event in p.story():
                view(event)
        counts.append(Terminal(80).feed(written(screen)).colours)
    assert counts[0] > 10
    assert counts[1] == 0


def test_a_file_gets_no_escape_code() -> None:
    file = io.StringIO()
    with LiveView(Console(file=file, width=80)) as view:
        for event in p.story():
            view(event)
            view.refresh()
    assert file.getvalue() == STORY.removesuffix("  trace: runs/trace.jsonl\n")


def test_a_cell_as_it_streams_shows_code_and_never_a_fence() -> None:
    events = list(p.streamed("root", p.fenced("x = 1\nprint(x)", "Let me see."), 1))
    seen = [below(events[:end]) for end in range(1, len(events) + 1)]
    assert all("`" not in line for lines in seen for line in lines)
    assert seen[0][:-1] == ["", "  …"]
    assert seen[-1][:-1] == ["", "Let me see.", "[1] x = 1", "    print(x)"]
    assert ["", "Let me see.", "[1] x = 1", "    pri"] in [lines[:-1] for lines in seen]


def test_a_running_cell_shows_its_calls_and_the_end_of_its_output() -> None:
    lines = below(
        [
            CellStarted(turn=4, code="look()"),
            p.acted("look", "a desk"),
            *(OutputStreamed(text=f"row\x1b[3{n % 8}m {n}\n") for n in range(50)),
        ]
    )
    assert lines[:4] == ["", "[4] look()", "  act: look -> a desk", "  out: row 42"]
    assert lines[-2] == "       row 49"
    assert "root · turn 4" in lines[-1]


def test_the_completion_of_a_question_is_not_taken_for_a_cell() -> None:
    events = [CellStarted(turn=1, code="ask('red?')"), ModelCalled(purpose="ask")]
    lines = below([*events, TextStreamed(text="```python\nno\n```")])
    assert lines[:-1] == ["", "[1] ask('red?')"]
    done = [*events, ModelReplied(purpose="ask", text="yes"), Asked(question="red?", answer=True)]
    assert below(done)[-2] == "  ask: red? -> True"


def test_a_parent_that_waits_is_not_shown_again() -> None:
    events = [
        *p.streamed("root", "x"),
        CellStarted(turn=1, code="f()"),
        p.opened("root/f", call="f()"),
    ]
    lines = below([*events, *p.streamed("root/f", p.fenced("y"))])
    assert lines[:-1] == ["  ┌ f()", "  │ [1] y"]
    assert "root/f · turn 1" in lines[-1]


@pytest.mark.parametrize("height", [5, 10, 24])
def test_what_is_under_way_never_fills_the_screen(height: int) -> None:
    sessions = [f"root/f#{n}" for n in range(20)]
    code = "\n".join(f"x{n} = {n}" for n in range(60))
    events = [e for s in sessions for e in (p.opened(s), *p.streamed(s, p.fenced(code), 500))]
    lines = below(events, height=height)
    assert len(lines) < height
    assert any("more at work" in line for line in lines)
    assert any("x59 = 59" in line for line in lines)


def test_nothing_is_left_under_way_when_it_is_over() -> None:
    assert below(p.story()) == [""]


def test_calls_are_cut_so_that_both_sides_can_be_read() -> None:
    text = scrolled(
        [
            p.acted("go to " + "a" * 90, "You see " + "b" * 90),
            CellFinished(turn=1, result=CellResult()),
        ],
        60,
    )
    (line,) = text.strip("\n").split("\n")
    assert len(line) == 60
    assert "aaa… -> You see bbb" in line
    assert line.endswith("…")


def test_many_calls_in_a_cell_are_cut_in_the_middle() -> None:
    calls = [p.acted(f"go to {n}", "x", n) for n in range(1000)]
    lines = scrolled(p.turn("root", 1, "walk()", calls), each=False).split("\n")
    assert "  … 951 more calls in the trace" in lines
    assert "  act: go to 0 -> x" in lines
    assert lines[-2] == "  act: go to 999 -> x"
    assert len(lines) < 60


def test_long_code_is_wrapped_and_nothing_of_it_lost() -> None:
    code = "x = [" + ", ".join(map(str, range(100))) + "]"
    text = scrolled([CellStarted(turn=1, code=code), CellFinished(turn=1, result=CellResult())], 60)
    assert "".join(text.split()) == "[1]" + code.replace(" ", "")


def test_wide_characters_fit() -> None:
    events = [
        p.acted("見る" * 20, "茶碗と🍵" * 30),
        CellFinished(turn=1, result=CellResult(output="漢字" * 100)),
    ]
    assert "漢字" in scrolled(events, 60)


def test_what_a_cell_printed_is_kept_where_its_end_is_never_told() -> None:
    events = [CellStarted(turn=1, code="f()"), OutputStreamed(text="half of it\n")]
    assert "  out: half of it\n" in scrolled(events)
    assert "  out: half of it\n" in scrolled([*events, p.finished()])
