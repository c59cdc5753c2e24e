"""Replies as endpoints give them: with thoughts, in parts, refused, of no content at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asking import Make, ask
from endpoint import Endpoint, Page, Said

from replplan import Limits, plan_sync
from replplan.openai_model import OpenAIModel

CELL = "```python\nanswer(1)\n```"
THOUGHT = "Maybe so:\n```python\nwrong()\n```\nOr not."


def whole(**message: Any) -> Page:
    """The answer of an endpoint that does not stream."""
    choice = {"message": {"role": "assistant", **message}, "finish_reason": "stop"}
    return Page(json.dumps({"choices": [choice]}), kind="application/json")


@pytest.mark.parametrize(
    ("reply", "text", "thoughts"),
    [
        (Said(CELL, thoughts=THOUGHT), CELL, THOUGHT),
        (Said(CELL, thoughts="half \ud800"), CELL, "half \ufffd"),
        (Said(f"<think>\n{THOUGHT}\n</think>\n\n{CELL}"), CELL, THOUGHT),
        (Said(f"{THOUGHT}\n</think>\n\n{CELL}"), CELL, THOUGHT),
        (Said(f"<think></think>{CELL}"), CELL, ""),
        (Said(f"<think>\n{THOUGHT}\n</think>"), "", THOUGHT),
        (Said(f"<think>\n{THOUGHT}", finish="length"), "", f"<think>\n{THOUGHT}"),
        (Said(f"<think>\n{CELL}"), f"<think>\n{CELL}", ""),
        (Said("x = '</think>'"), "x = '</think>'", ""),
        (whole(content=CELL, reasoning="Hm."), CELL, "Hm."),
        (whole(content=[{"type": "thinking"}, {"type": "text", "text": CELL}]), CELL, ""),
        (whole(content=None, refusal="I had better not."), "I had better not.", ""),
        (whole(tool_calls=[]), "", ""),
    ],
)
async def test_thoughts_and_text_are_told_apart(
    endpoint: Endpoint, make: Make, reply: Said | Page, text: str, thoughts: str
) -> None:
    endpoint.script(reply)
    completion = await make().complete(ask())
    assert (completion.text, completion.thoughts) == (text, thoughts)


async def test_thoughts_that_nobody_counted_are_counted_too(endpoint: Endpoint, make: Make) -> None:
    endpoint.counts = False
    endpoint.script(Said("1234", thoughts="12345678"))
    assert (await make().complete(ask())).tokens.output == 3


def test_what_a_model_thought_is_told_and_in_no_prompt(endpoint: Endpoint) -> None:
    events: list[Any] = []
    endpoint.script(f"<think>{THOUGHT}</think>{CELL.replace('answer', 'print')}", CELL)
    model = OpenAIModel(endpoint.model, base_url=endpoint.url, api_key=endpoint.key)
    result = plan_sync("One?", model=model, limits=Limits(turns=2), on_event=events.append)
    assert (result.answer, result.usage.turns) == (1, 2)
    assert "wrong" not in json.dumps(endpoint.bodies)
    replied = [e for e in events if e.type == "model_replied"]
    assert replied[0].thoughts == THOUGHT


async def test_what_stands_for_a_key_is_not_taken_out_of_words(endpoint: Endpoint) -> None:
    endpoint.key = "k"
    endpoint.models = ["a-token"]
    model = OpenAIModel("b-token", base_url=endpoint.url, api_key="k")
    with pytest.raises(Exception, match="'b-token': it serves a-token"):
        await model.complete(ask())
    await model.close()
