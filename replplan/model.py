"""What the core needs of a language model, and a scripted one for tests and demonstrations."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic import field_validator

from replplan.errors import ModelError
from replplan.record import Json, Record

OnText = Callable[[str], None]

_IMAGE_CHARACTERS = 4000  # a picture is some 1,000 tokens, of four characters each


class Image(Record):
    """A picture in a message: its MIME type, and its bytes in base64."""

    mime: Literal["image/png", "image/jpeg", "image/gif", "image/webp"]
    data: str


class Message(Record):
    """One message of a prompt. Its images come before its text; not every model takes them."""

    role: Literal["system", "user", "assistant"]
    content: str
    images: tuple[Image, ...] = ()

    @property
    def length(self) -> int:
        """Its length in characters; a picture counts as much as it costs about."""
        return len(self.content) + _IMAGE_CHARACTERS * len(self.images)


class Digest:
    """Names a growing list of messages, in time that depends on what was added alone."""

    def __init__(self, messages: Iterable[Message] = ()) -> None:
        self._hash = hashlib.sha256()
        for message in messages:
            self.add(message)

    def add(self, message: Message) -> None:
        """Enter the next message."""
        parts = [message.role, message.content, *(image.data for image in message.images)]
        self._hash.update(json.dumps(parts).encode())

    def name(self, schema: dict[str, Json] | None = None) -> str:
        """The name of the messages so far, asked to fit this schema."""
        whole = self._hash.copy()
        whole.update(json.dumps(schema, sort_keys=True).encode())
        return whole.hexdigest()[:16]


_YES_NO = {"answer": {"type": "boolean"}}


class Request(Record):
    """One request to a model.

    `schema_` is a JSON schema that the reply must fit; a model that cannot be held to it is asked
    in words alone. `digest` names the prompt: equal for equal messages and schemas. `session` and
    `purpose` say who asks, for records and for models that were taught a purpose apart. `vary`:
    turns came to the same again and again, so a model that would say the same to the same is to
    draw its words.
    """

    messages: tuple[Message, ...]
    max_tokens: int | None = None
    seed: int | None = None
    schema_: dict[str, Json] | None = None
    digest: str = ""
    session: str = "root"
    purpose: Literal["turn", "ask"] = "turn"
    vary: bool = False

    @property
    def asks_yes_no(self) -> bool:
        """Whether it is a fuzzy question that is answered with true or false."""
        return self.purpose == "ask" and (self.schema_ or {}).get("properties") == _YES_NO


class Tokens(Record):
    """What one completion took; `cached` is part of `input`. `cost` in US dollars, if known."""

    input: int = 0
    cached: int = 0
    output: int = 0
    cost: float | None = 0.0


Finish = Literal["stop", "length", "content_filter"]
"""How a reply ended: the model ended it; it was cut off at `max_tokens`; the endpoint held it, or
the rest of it, back."""


class Completion(Record):
    """What a model replied, and how that ended.
    `thoughts`: what a reasoning model told of its thinking, which enters no prompt."""

    text: str
    thoughts: str = ""
    tokens: Tokens = Tokens()
    finish: Finish = "stop"
    seconds: float = 0.0

    @field_validator("text", "thoughts")
    @classmethod
    def _whole(cls, text: str) -> str:
        """Halves of characters, as some endpoints send them, are joined, or replaced if alone."""
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class Model(Protocol):
    """A language model behind whatever it takes to reach it."""

    @property
    def name(self) -> str:
        """The name that goes into traces and tables."""
        ...

    @property
    def context(self) -> int | None:
        """Tokens that a prompt and its reply may have together, where that is known."""
        ...

    @property
    def sees(self) -> bool:
        """Whether messages may hold images; an endpoint may still refuse them."""
        ...

    @property
    def taught(self) -> bool:
        """Whether it was trained on plans in this very domain, and needs no demonstrations."""
        ...

    async def complete(self, request: Request, on_text: OnText | None = None) -> Completion:
        """One completion; `on_text` is given the text as it comes.

        Raises:
            ModelError: none came, in spite of the client's own retries.
        """
        ...

    async def close(self) -> None:
        """Let go of connections and processes. May be called twice."""
        ...


class ModelAround:
    """A model in front of another one, and like it in all but what a subclass does otherwise."""

    def __init__(self, model: Model) -> None:
        self._model = model

    @property
    def name(self) -> str:
        """The name of the model behind it."""
        return self._model.name

    @property
    def context(self) -> int | None:
        """Its window."""
        return self._model.context

    @property
    def sees(self) -> bool:
        """Whether it takes images."""
        return self._model.sees

    @property
    def taught(self) -> bool:
        """Whether it is shown no demonstrations."""
        return self._model.taught

    async def close(self) -> None:
        """Close the model behind it."""
        await self._model.close()


ScriptedReply = str | Exception | Callable[[Request], str]


@dataclass
class ScriptedModel:
    """A model that says what it was told to: a test double, and part of the public surface.

    Either one list of replies, given out in order, or a mapping from the name of a REPL (the last
    part of the session's id; "ask" for questions) to its own list. A reply may be text, an
    exception to be raised, or a function of the request. The requests are kept in `requests`.
    """

    replies: Iterable[ScriptedReply] | Mapping[str, Iterable[ScriptedReply]]
    name: str = "scripted"
    context: int | None = None
    sees: bool = False
    taught: bool = False
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        by_name = self.replies if isinstance(self.replies, Mapping) else {"": self.replies}
        self._left = {name: iter(list(replies)) for name, replies in by_name.items()}

    async def complete(self, request: Request, on_text: OnText | None = None) -> Completion:
        """The next reply for the session that asks.

        Raises:
            ModelError: the script has come to its end.
        """
        self.requests.append(request)
        repl = request.session.rsplit("/", 1)[-1].split("#")[0]
        key = "ask" if request.purpose == "ask" else repl
        left = self._left.get("", self._left.get(key, iter(())))
        reply = next(left, ModelError(f"the script has no reply left for {key!r}"))
        if isinstance(reply, Exception):
            raise reply
        text = reply if isinstance(reply, str) else reply(request)
        if on_text:
            on_text(text)
        return Completion(text=text, tokens=count(request.messages, text))

    async def close(self) -> None:
        """Nothing to let go of."""


def count(messages: Iterable[Message], text: str) -> Tokens:
    """A rough count where no endpoint counts: four characters to a token."""
    sent = sum(m.length for m in messages)
    return Tokens(input=-(-sent // 4), output=-(-len(text) // 4))
