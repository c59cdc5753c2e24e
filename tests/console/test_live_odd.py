"""The live view of hostile and odd events."""

from __future__ import annotations

import io

import plan_events as p
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from live_screens import scrolled
from rich.console import Console

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


@settings(max_examples=150)
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
