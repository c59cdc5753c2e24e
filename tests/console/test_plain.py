"""The plain view: lines for pipes and logs."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable
from typing import Any

import plan_events as p
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replplan.cell import Answer, CellError, CellResult, Display
from replplan.console import PlainView
from replplan.events import (
    Asked,
    CellFinished,
    CellStarted,
    Event,
    FunctionCalled,
    LimitReached,
    ModelReplied,
    PlanStarted,
    SessionClosed,
    TranscriptFolded,
    TurnRejected,
    WorldReset,
)


def shown(events: Iterable[Event], trace: str | None = None) -> str:
    stream = io.StringIO()
    with PlainView(stream, trace=trace) as view:
        for event in events:
            view(event)
    return stream.getvalue()


STORY = """\
put a mug on the desk
alfworld · dev · task-7 · model scripted · seed 3
  limits: 200 turns, 400 model calls, 30 min
  world: You see a desk 1 and a shelf 1.
First I need a mug.
[1] mug = find_and_take('mug', places)
    mug
root/find_and_take |   called: find_and_take('mug', places)
root/find_and_take | # any mug will do
root/find_and_take |   args: 'mug', ['desk 1', 'shelf 1']
root/find_and_take | [1] re.search('mug', obs)
root/find_and_take |   error: Cell 1, line 2
root/find_and_take |              re.search('mug', obs)
root/find_and_take |          NameError: name 're' is not defined
root/find_and_take | [2] answer(look())
root/find_and_take |   act: go to desk 1 -> Nothing happens.
root/find_and_take |   act: the same, 2 times in all
root/find_and_take |   act: go to shelf 1 -> On the shelf 1, you see a mug 1.
root/find_and_take |   answer: 'mug 1'
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
    assert shown(p.story(), "runs/trace.jsonl") == STORY


class Flushed(io.StringIO):
    """Holds what was flushed."""

    held = ""

    def flush(self) -> None:
        self.held = self.getvalue()


def test_every_event_is_flushed() -> None:
    stream = Flushed()
    view = PlainView(stream)
    view(CellStarted(turn=1, code="x"))
    assert stream.held == "[1] x\n"
    view(p.acted("look", "a desk"))
    assert stream.held.endswith("  act: look -> a desk\n")


def ended(**result: Any) -> CellFinished:
    return CellFinished(turn=1, result=CellResult(**result))


LENGTH = " at its greatest length"
HELD_BACK = "the endpoint held the completion, or the rest of it, back"


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Asked(question="Is it\nred?", answer=True, kind="bool"), "  ask: Is it red? -> True"),
        (Asked(question="Is it?", error="no reply fits"), "  ask: Is it? -> error: no reply fits"),
        (
            FunctionCalled(name="f", arguments=(1, "a"), keywords={"k": [2]}, value={"v": None}),
            "  call: f(1, 'a', k=[2]) -> {'v': None}",
        ),
        (FunctionCalled(name="f", error="KeyError: 'x'"), "  call: f() -> error: KeyError: 'x'"),
        (p.acted("", ""), "  act:  -> "),
        (LimitReached(limit="turns", used=1, allowed=1), "  limit: the limit of 1 turn is used up"),
        (
            LimitReached(limit="context", used=2100, allowed=2048),
            "  limit: the limit of 2,048 tokens of the model's window is used up",
        ),
        (LimitReached(limit="depth", used=2, allowed=1),
         "  limit: the limit of 1 level of children is used up"),
        (LimitReached(limit="cost", used=1, allowed=0.1), "  limit: the limit of $0.10 is used up"),
        (
            TranscriptFolded(outputs=1, turns=2, before=9, after=3),
            "  transcript: 1 output folded to a line each, 2 turns left out: it no longer fitted"
            " into the model's window",
        ),
        (SessionClosed(session="root/a", failure="gone"), "root/a |   failed: gone"),
        (SessionClosed(session="root/a"), "root/a |   failed: closed without an answer"),
        (ModelReplied(text="x", finish="length"), "  note: the completion was cut off" + LENGTH),
        (ModelReplied(text="", finish="content_filter"), f"  note: {HELD_BACK}"),
        (ended(stopped="timeout", seconds=60), "  stopped: at its time limit after 60 s"),
        (ended(output="on\n", stopped="ended"), "  out: on"),
        (ended(error=CellError(name="E", message="m", traceback="")), "  error: E: m"),
        (
            ended(displays=(Display(mime="image/png", data="", text="<Figure>"),)),
            "  shown: <Figure> (image/png)",
        ),
        (CellStarted(turn=12, code="\n\n"), "[12] # an empty cell"),
    ],
)  # fmt: skip
def test_what_an_event_says(event: Event, line: str) -> None:
    assert shown([event]) == line + "\n"


def test_the_end_of_the_world() -> None:
    last = p.acted("put mug", "Done.").model_copy(update={"terminated": True, "reward": 1.0})
    assert shown([last]) == "  act: put mug -> Done.\n  world: ended, reward 1\n"
    cut = last.model_copy(update={"terminated": False, "truncated": True, "reward": 0.25})
    assert shown([cut]).endswith("  world: cut off by its own limit, reward 0.25\n")


def test_a_rejected_turn_shows_what_was_said_and_why() -> None:
    text = "I think\nso."
    events = [ModelReplied(text=text), TurnRejected(turn=4, reason="There was no cell in that.")]
    assert shown(events) == "[4] I think\n    so.\n  rejected: There was no cell in that.\n"


def test_a_session_entered_again_says_so() -> None:
    again = p.opened("root/look#2", call="look(1)", args=("1",), entry=3)
    assert shown([again]) == "root/look#2 |   called: look(1) (look#2, entry 3)\n"


def test_arguments_that_the_call_does_not_show() -> None:
    events = [p.opened("root/f", call="f(x)", args=("[1, 2]", "k=3")), p.opened("root/g")]
    assert shown(events) == (
        "root/f |   called: f(x)\nroot/f |   args: [1, 2], k=3\nroot/g |   called: g()\n"
    )


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"solved": True, "stop_reason": "world_ended"}, "solved: the world ended"),
        (
            {"solved": False, "stop_reason": "limit:model_calls", "error": "it is used up"},
            "not solved: the limit on model calls fell",
        ),
        ({"solved": None}, "answered"),
        ({"solved": None, "stop_reason": "stuck"}, "stopped: the plan was stuck"),
        (
            {"solved": None, "stop_reason": "failed", "error": "No route."},
            "stopped: the plan failed: No route.",
        ),
        ({"solved": None, "stop_reason": "cancelled"}, "stopped: the plan was cancelled"),
        ({"solved": None, "stop_reason": "of_another_version"}, "stopped: of_another_version"),
    ],
)  # fmt: skip
def test_how_a_plan_ended(more: dict[str, object], line: str) -> None:
    assert shown([p.finished(**more)]).split("\n")[0] == line  # type: ignore[arg-type]


def test_how_a_plan_failed_is_told_once() -> None:
    end = p.finished(None, stop_reason="failed", error="the model is gone")
    text = shown([p.started(), SessionClosed(failure="it did not answer"), end])
    assert "it did not answer" not in text
    assert text.count("failed") == text.count("the model is gone") == 1


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (Answer(value="two\nlines"), "  answer: two\n          lines\n"),
        (Answer(value={"a": [None, True]}), "  answer: {'a': [None, True]}\n"),
        (Answer(value="<Region 3>", exact=False), "  answer: <Region 3>\n"),
    ],
)
def test_the_answer_in_the_summary(answer: Answer, text: str) -> None:
    assert text in shown([p.finished(answer=answer)])


def test_a_price_that_is_not_known() -> None:
    usage = p.finished().usage.model_copy(update={"cost": None})
    assert "(75% cached) · cost not known · 75 s\n" in shown([p.finished(usage=usage)])


def test_the_trace_may_be_set_later() -> None:
    stream = io.StringIO()
    with PlainView(stream) as view:
        view(p.finished())
        view.trace = "later.jsonl"
    assert stream.getvalue().endswith("\n  trace: later.jsonl\n")
    assert shown([p.finished()], "now.jsonl").count("trace:") == 1


def test_long_output_is_cut() -> None:
    output = "\n".join(f"row {n}" for n in range(54))
    text = shown([CellFinished(turn=1, result=CellResult(output=output))])
    assert "       … 34 more lines in the trace\n       row 49\n" in text
    assert len(text.splitlines()) == 21


def test_long_observations_are_one_line() -> None:
    text = shown([p.acted("go", "far\n" * 50_000)])
    assert text.count("\n") == 1
    assert len(text) < 300


def test_repeats_are_counted_for_each_session_alone() -> None:
    events = [p.acted("look", "x", n, s) for n in range(3) for s in ("root", "root/a")]
    assert shown(events) == (
        "  act: look -> x\nroot/a |   act: look -> x\n"
        "  act: the same, 3 times in all\nroot/a |   act: the same, 3 times in all\n"
    )


TEXT = st.text(st.characters(), max_size=20) | st.sampled_from(
    ["\x1b]0;evil\x07", "\x1b[2J", "[red]", "\r\n", "\ud800", "\u202e", "\x9b31m", "\x00"]
)


@given(TEXT, TEXT, TEXT)
def test_nothing_harms_a_terminal(a: str, b: str, c: str) -> None:
    session = "root/" + a
    text = shown(
        [
            p.started(goal=a),
            PlanStarted(domain=a, task=b, split=c, goal="", seed=0, model=a, method=b),
            WorldReset(observation=b),
            p.opened(session, name=a, call=b, comment=c, args=(a, b)),
            ModelReplied(session=session, text=f"{a}\n```\n{b}\n```"),
            CellStarted(session=session, turn=1, code=b),
            p.acted(b, c, session=session),
            Asked(question=a, answer=b),
            Asked(question=a, error=b),
            FunctionCalled(name=a, arguments=(b,), keywords={c: a}, value=b, error=c),
            CellFinished(
                turn=1,
                result=CellResult(
                    output=c, value=a, error=CellError(name=a, message=b, traceback=c),
                    displays=(Display(mime=a, data=b, text=c),),
                ),
            ),
            ModelReplied(text=c),
            TurnRejected(turn=1, reason=a),
            LimitReached(limit=a, used=1, allowed=1),
            SessionClosed(session=session, answer=Answer(value=b)),
            SessionClosed(session=session, failure=c),
            p.finished(stop_reason=a, error=b, answer=Answer(value=c, exact=False)),
        ],
        trace=c,
    )  # fmt: skip
    unfit = {ch for ch in text if unicodedata.category(ch) in ("Cc", "Cs", "Zl", "Zp")}
    assert unfit <= {"\n"}
    assert "\u202e" not in text


def test_ten_thousand_events_are_no_burden() -> None:
    events = [e for n in range(2000) for e in p.turn("root", n, "act('go')", [p.acted("go", "x")])]
    text = shown(events)
    assert text.count("[") == 2000
