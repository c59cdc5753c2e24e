"""Whether an endpoint answers, and what it can do: `replplan model check`."""

from __future__ import annotations

import json
from typing import Protocol

from replplan.endpoints.heard import Heard
from replplan.model import Message, OnText, Request
from replplan.record import Json, Record

SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {"ready": {"type": "boolean"}},
    "required": ["ready"],
    "additionalProperties": False,
}


class EndpointCheck(Record):
    """What was found out about a model and its endpoint.

    Attributes:
        served: the names that the endpoint serves; None where it does not say.
        first_token_seconds: from the request to the first piece of the reply; None: none came.
        tokens_per_second: of the reply, after its first piece; None where too few came to tell.
        streaming: replies come piece by piece.
        json_schema: replies can be held to a JSON schema.
        cached_tokens: the endpoint tells what it took from its prefix cache.
        reply: what the model said.
    """

    url: str
    model: str
    served: tuple[str, ...] | None
    first_token_seconds: float | None
    tokens_per_second: float | None
    streaming: bool
    json_schema: bool
    cached_tokens: bool
    reply: str


class Checkable(Protocol):
    """A model behind an endpoint: `OpenAIModel`, or what is made of it."""

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    @property
    def url(self) -> str:
        """The endpoint's address, without secrets."""
        ...

    async def served(self) -> list[str] | None:
        """The names that the endpoint says it serves."""
        ...

    async def hear(self, request: Request, on_text: OnText | None = None) -> Heard:
        """One completion with all that the endpoint told about it."""
        ...


async def check_endpoint(model: Checkable) -> EndpointCheck:
    """Ask for the list of models and for two short completions, one of them held to a schema.

    Raises:
        ModelError: the endpoint gives no completion; the message says why.
    """
    heard = await model.hear(_request("Count from 1 to 20.", max_tokens=48))
    held = await model.hear(_request("Are you ready? Reply in JSON.", max_tokens=48, schema=SCHEMA))
    served = await model.served()
    return EndpointCheck(
        url=model.url,
        model=model.name,
        served=None if served is None else tuple(served),
        first_token_seconds=None if heard.first is None else round(heard.first, 3),
        tokens_per_second=_speed(heard),
        streaming=heard.streamed and len(heard.pieces) > 1,
        json_schema=_fits(held.told()[0]),
        cached_tokens=heard.reports_cached,
        reply=heard.told()[0],
    )


def _request(text: str, max_tokens: int, schema: dict[str, Json] | None = None) -> Request:
    system = Message(role="system", content="You answer in few words.")
    messages = (system, Message(role="user", content=text))
    return Request(messages=messages, max_tokens=max_tokens, schema_=schema)


def _speed(heard: Heard) -> float | None:
    said = (heard.usage or {}).get("completion_tokens") or len(heard.pieces)
    seconds = heard.last - (heard.first or 0.0)
    return round((said - 1) / seconds, 1) if said > 1 and seconds > 0 else None


def _fits(text: str) -> bool:
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return isinstance(value, dict) and isinstance(value.get("ready"), bool)
