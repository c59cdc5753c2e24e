"""Halves of characters (lone surrogates), which endpoints, tools and callers may send: UTF-8 holds
none, and so no trace and no request."""

from __future__ import annotations

import pytest
from plans import cell

from replplan import ScriptedModel, plan
from replplan.replay import ReplayModel
from replplan.trace import read_trace

HALF = "\ud83d"


def say(word: str) -> str:
    """Say it, and its better half."""
    return word + HALF


@pytest.mark.parametrize(
    ("text", "told"), [(HALF, "\ufffd"), (HALF + "\ude00", "😀"), ("ü€", "ü€")]
)
async def test_those_of_a_reply_are_joined_or_replaced(tmp_path, text, told):
    model = ScriptedModel([text, text + "\n" + cell("answer(1)")])
    result = await plan("a goal", model=model, trace=tmp_path / "a.jsonl")
    assert (result.answer, result.error) == (1, None)
    shown = [m.content for m in model.requests[1].messages if m.role == "assistant"]
    assert shown[-1] == told
    again = await plan("a goal", model=ReplayModel(tmp_path / "a.jsonl"))
    assert (again.answer, again.error) == (1, None)


@pytest.mark.parametrize("goal", ["a goal", f"a {HALF} goal"])
async def test_what_else_has_them_is_told_with_a_question_mark(goal, endpoint, tmp_path):
    endpoint.script(cell("print(say('up'), say)"), cell("answer(say('down'))"))
    path = tmp_path / "a.jsonl"
    served = {"model": endpoint.model, "base_url": endpoint.url, "api_key": endpoint.key}
    result = await plan(goal, instructions=f"be {HALF}", tools=[say], trace=path, **served)
    assert (result.answer, result.error) == ("down?", None)
    started, *_ = events = list(read_trace(path))
    assert started.goal == goal.replace(HALF, "?")
    assert [e.value for e in events if e.type == "function_called"] == ["up?", "down?"]
