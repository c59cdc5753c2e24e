"""The plain view on streams that take not all that it writes."""

from __future__ import annotations

import io

import plan_events as p
import pytest

from replplan.console import PlainView
from replplan.events import CellStarted


def test_a_closed_pipe_ends_the_view_and_not_the_plan(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(io.StringIO):
        writes = 0

        def write(self, text: str) -> int:
            self.writes += 1
            raise BrokenPipeError("the reader has gone")

    stream = Broken()
    with PlainView(stream) as view:
        for event in p.story():
            view(event)
    assert stream.writes == 1
    assert "the reader has gone" in caplog.text


def test_a_stream_that_cannot_write_it_all_gets_escapes() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", newline="\n")
    with PlainView(stream) as view:
        view(CellStarted(turn=1, code="x = 'é'"))
    assert raw.getvalue() == b"[1] x = '\\xe9'\n"
