"""What the tests of endpoints ask, and what every error of theirs keeps to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from replplan.errors import ModelError
from replplan.model import Message, Model, Request
from replplan.openai_model import OpenAIModel

SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}

Make = Callable[..., OpenAIModel]


def ask(text: str = "Say something.", **fields: Any) -> Request:
    return Request(messages=(Message(role="user", content=text),), **fields)


async def fail(model: Model, request: Request | None = None) -> ModelError:
    """The error of a request; every one of them keeps the house's rules for messages."""
    with pytest.raises(ModelError) as caught:
        await model.complete(request or ask())
    message = str(caught.value)
    assert "\n" not in message
    assert "sk-" not in message
    assert len(message) < 600
    return caught.value
