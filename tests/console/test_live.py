"""The live view: what scrolls up, what is under way, what reaches the terminal."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterable

import plan_events as p
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from terminal import Terminal

from replplan.cell import CellResult
from replplan.console import LiveView
from replplan.events import (
    Asked,
    CellFinished,
    CellStarted,
    Event,
    FunctionCalled,
    LimitReached,
    ModelCalled,
    ModelReplied,
    OutputStreamed,
    SessionClosed,
    TextStreamed,
    TurnRejected,
    WorldReset,
)
from replplan.limits import Usage


def console(width: int = 80, height: int = 24, **more: object) -> Console:
    return Console(
        file=io.StringIO(), force_terminal=True, width=width, height=height, _environ={}, **more
    )  # type: ignore[arg-type]


def written(screen: Console) -> str:
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def scrolled(
    events: Iterable[Event], width: int = 80, trace: str | None = None, each: bool = True
) -> str:
    """What a terminal holds when all is over; drawn anew after `each` event."""
    screen = console(width)
    with LiveView(screen, trace=trace) as view:
        for event in events:
            view(event)
            if each:
                view.refresh()
    return Terminal(width).feed(written(screen)).text


def below(events: Iterable[Event], width: int = 80, height: int = 24) -> list[str]:
    """The lines at the bottom of the screen while a plan is at work."""
    screen = console(width, height)
    view = LiveView(screen)
    for event in events:
        view(event)
    view.refresh()
    with screen.capture() as captured:
        screen.print(view)
    return Terminal(width).feed(captured.get()).text.rstrip("\n").split("\n")


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


# ---------------------------------------------------------------- under way


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
    view = LiveView(screen)
    for event in (p.started(**limits), ModelCalled(), REPLIED):
        view(event)
    view.refresh()
    with screen.capture() as captured:
        screen.print(view)
    bar = captured.get()
    for code in ("31", "33"):
        assert (f"\x1b[{code}m" in bar or f"\x1b[1;{code}m" in bar) == (code == colour)


# ---------------------------------------------------------------- sessions at once


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


# ---------------------------------------------------------------- cut and folded


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


# ---------------------------------------------------------------- hostile and odd


EVIL = st.sampled_from(
    ["\x1b]0;evil\x07", "\x1b[2J", "\x1b", "[red]", "[/]", "\r", "\n", "\t", "\x00", "\x85",
     "\x9b2J", "\ud800", "\u202e", "\u2028", "```", "\n```python\n", "'''", "x = 1", "漢", "a" * 90,
     "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}"]
)  # fmt: skip
TEXT = st.lists(EVIL, max_size=4).map("".join)
SESSION = st.sampled_from(["root", "root/a", "root/a/b", "root/a#2", "", "/", "root/\x1b[2J[red]"])
EVENTS = st.lists(
    st.one_of(
        st.builds(lambda s, t: p.opened(s, name=t, call=t, comment=t, args=(t,)), SESSION, TEXT),
        st.builds(p.closed, SESSION, TEXT),
        st.builds(lambda s, t: SessionClosed(session=s, failure=t), SESSION, TEXT),
        st.builds(lambda s: ModelCalled(session=s), SESSION),
        st.builds(lambda s, t: TextStreamed(session=s, text=t), SESSION, TEXT),
        st.builds(lambda s, t: ModelReplied(session=s, text=t), SESSION, TEXT),
        st.builds(lambda s, t: CellStarted(session=s, turn=1, code=t), SESSION, TEXT),
        st.builds(lambda s, t: OutputStreamed(session=s, text=t), SESSION, TEXT),
        st.builds(
            lambda s, t: CellFinished(session=s, turn=1, result=CellResult(output=t, value=t)),
            SESSION,
            TEXT,
        ),
        st.builds(lambda s, t: TurnRejected(session=s, turn=1, reason=t), SESSION, TEXT),
        st.builds(lambda t: WorldReset(observation=t), TEXT),
        st.builds(lambda s, t: p.acted(t, t, 1, s), SESSION, TEXT),
        st.builds(lambda s, t: Asked(session=s, question=t, answer=t), SESSION, TEXT),
        st.builds(lambda s, t: FunctionCalled(session=s, name=t, arguments=(t,)), SESSION, TEXT),
        st.builds(lambda t: LimitReached(limit=t, used=1, allowed=0), TEXT),
        st.builds(lambda t: p.started(goal=t), TEXT),
        st.builds(lambda t: p.finished(stop_reason=t, error=t), TEXT),
    ),
    max_size=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(EVENTS, st.sampled_from([20, 60, 80]))
def test_no_order_and_no_text_breaks_it_or_the_terminal(events: list[Event], width: int) -> None:
    scrolled(events, width)  # the terminal refuses what it does not know, and rows too long


def test_markup_is_shown_as_it_is() -> None:
    text = scrolled(
        [p.acted("[red]go[/red]", ":smile: [link=x]y[/link]"), p.closed("root", 1), p.finished()]
    )
    assert "  act: [red]go[/red] -> :smile: [link=x]y[/link]\n" in text


def test_a_terminal_that_is_gone_ends_the_view_and_not_the_plan(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError("the terminal has gone")

    with LiveView(Console(file=io.StringIO(), force_terminal=True, _environ={})) as view:
        view.console.file = Gone()
        for event in p.story():
            view(event)
    assert "the terminal has gone" in caplog.text


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
