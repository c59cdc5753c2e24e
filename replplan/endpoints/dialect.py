"""Endpoints speak dialects of one protocol: which parameters one is known not to take."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

from replplan.model import Message, Request
from replplan.record import Json

Parameters = dict[str, Json]

LIMITS = ("max_tokens", "max_completion_tokens")
NOT_TAKEN = re.compile(
    r"support|unrecogni[sz]ed|unknown|unexpected|extra|additional propert|"
    r"not (permitted|allowed|available|implemented)",
    re.IGNORECASE,
)
BAD_SCHEMA = re.compile(r"invalid schema|json schema error|schema is invalid", re.IGNORECASE)


@dataclass(frozen=True)
class Refusal:
    """An answer with an error status: what the endpoint said of it."""

    status: int
    message: str = ""
    code: str | None = None
    param: str | None = None
    retry_after: float | None = None

    def names(self, parameter: str) -> bool:
        """Whether it says that this parameter, and not merely its value, is the trouble."""
        if self.param and re.split(r"[.\[]", self.param)[0] == parameter:
            pass
        elif not re.search(rf"\b{parameter}\b", self.message):
            return False
        return bool(NOT_TAKEN.search(f"{self.code or ''} {self.message}"))


@dataclass
class Dialect:
    """The optional parameters that an endpoint has refused; it is asked without them from then on.

    `limit` is the parameter for `max_tokens` to be tried first.
    """

    limit: str = LIMITS[0]
    refused: set[str] = field(default_factory=set)

    def parameters(
        self, wanted: Parameters, request: Request, max_tokens: int | None
    ) -> Parameters:
        """Those of `wanted`, of the token limit and of the schema that this endpoint takes."""
        limits = sorted(LIMITS, key=lambda name: name != self.limit)
        limit = next((name for name in limits if name not in self.refused), None)
        every = dict(wanted)
        if limit:
            every[limit] = max_tokens
        if request.schema_ is not None and schema_key(request.schema_) not in self.refused:
            every["response_format"] = response_format(request.schema_)
        return {k: v for k, v in every.items() if v is not None and k not in self.refused}

    def blamed(self, refusal: Refusal, sent: Parameters) -> str | None:
        """What to leave out the next time; None where nothing that could be is to blame."""
        schema = sent.get("response_format")
        if schema and BAD_SCHEMA.search(refusal.message):
            return schema_key(schema["json_schema"]["schema"])
        return next((name for name in sent if refusal.names(name)), None)


def as_sent(message: Message) -> Parameters:
    """A message in the protocol's form: plain text, or its images and then its text."""
    text = message.content.encode("utf-8", "replace").decode()  # UTF-8 holds no lone surrogates
    if not message.images:
        return {"role": message.role, "content": text}
    urls = [f"data:{image.mime};base64,{image.data}" for image in message.images]
    parts: list[Parameters] = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    parts.append({"type": "text", "text": text})
    return {"role": message.role, "content": parts}


def schema_key(schema: Parameters) -> str:
    """Names one schema among the refused parameters."""
    return f"response_format:{json.dumps(schema, sort_keys=True)}"


def response_format(schema: Parameters) -> Parameters:
    """The parameter that holds a reply to a JSON schema, strictly where the schema allows that."""
    named = {"name": "reply", "schema": schema, "strict": is_strict(schema)}
    return {"type": "json_schema", "json_schema": named}


def is_strict(schema: Json) -> bool:
    """Whether a schema keeps to what strict mode asks for: an object at the root, and in every
    object all properties required and no others allowed.

    Source: https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
    """
    return isinstance(schema, dict) and schema.get("type") == "object" and _closed(schema)


def _closed(schema: Json) -> bool:
    if isinstance(schema, list):
        return all(_closed(part) for part in schema)
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "object":
        required, properties = schema.get("required", []), schema.get("properties", {})
        if set(required) != set(properties) or schema.get("additionalProperties") is not False:
            return False
    return all(_closed(part) for part in schema.values())


def seconds_of(retry_after: str | None) -> float | None:
    """A `Retry-After` header, which holds seconds or a date."""
    if retry_after is None:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(retry_after)
        return max(0.0, (until - datetime.now(until.tzinfo)).total_seconds())
    except ValueError:
        return None
