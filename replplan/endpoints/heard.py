"""What an endpoint has said in answer to one request, put together from its pieces."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from typing import Any

from replplan.model import Message, OnText, Tokens, count
from replplan.record import Json

# Thoughts in the reply itself, as reasoning models put them there where their server does not take
# them out. Some servers write the opening mark into the prompt.
_THOUGHTS = re.compile(r"\s*<think>(.*?)</think>\s*|(.*?)^[ \t]*</think>[ \t]*$\s*", re.S | re.M)


@dataclass
class Heard:
    """A completion as it comes in. `usage` and `timings` are the endpoint's own, if it has any.

    `thoughts` are what the endpoint told apart from the reply, `first` and `last` the seconds from
    the request to the first and the last piece of text.
    """

    began: float = field(default_factory=time.perf_counter)
    pieces: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    finish: str | None = None
    usage: dict[str, Json] | None = None
    timings: dict[str, Json] = field(default_factory=dict)
    streamed: bool = True
    first: float | None = None
    last: float = 0.0

    @property
    def text(self) -> str:
        """All that came, thoughts apart."""
        return "".join(self.pieces)

    def told(self) -> tuple[str, str]:
        """The reply without thoughts, and the thoughts, wherever the server put them."""
        text, apart = self.text, "".join(self.thoughts)
        if within := _THOUGHTS.match(text):
            return text[within.end() :], apart + (within[1] or within[2] or "").strip()
        if self.finish == "length" and text.lstrip().startswith("<think>"):
            return "", apart + text
        return text, apart

    @property
    def reports_cached(self) -> bool:
        """Whether the endpoint says how much of the prompt came from its prefix cache."""
        return "cached_tokens" in self._details or "cache_n" in self.timings

    @property
    def _details(self) -> dict[str, Json]:
        return (self.usage or {}).get("prompt_tokens_details") or {}

    def take(self, chunk: Any, on_text: OnText | None) -> None:
        """Enter one chunk of a stream, of whatever shape an endpoint may give it."""
        for choice in (getattr(chunk, "choices", None) or [])[:1]:
            self._take(getattr(choice, "delta", None), on_text)
            self.finish = getattr(choice, "finish_reason", None) or self.finish
        if usage := getattr(chunk, "usage", None):
            self.usage = usage if isinstance(usage, dict) else usage.to_dict(warnings=False)
        self.timings = getattr(chunk, "timings", None) or self.timings

    def take_whole(self, content: bytes, on_text: OnText | None) -> None:
        """Enter the answer of an endpoint that does not stream.

        Raises:
            ValueError: it is no completion.
        """
        self.streamed = False
        try:
            answer = json.loads(content)
            choice = answer["choices"][0]
            message = choice["message"]
        except (ValueError, KeyError, IndexError, TypeError):
            raise ValueError(content[:2000].decode(errors="replace")) from None
        self._take(message, on_text)
        self.finish = choice.get("finish_reason") or "stop"
        self.usage, self.timings = answer.get("usage"), answer.get("timings") or {}

    def _take(self, message: Any, on_text: OnText | None) -> None:
        """Enter a message, or a piece of one."""
        if thought := _field(message, "reasoning_content") or _field(message, "reasoning"):
            self.thoughts.append(str(thought))
        content = _field(message, "content") or _field(message, "refusal")
        for part in content if isinstance(content, list) else [content]:
            self._say(_field(part, "text") if isinstance(part, dict) else part, on_text)

    def _say(self, text: Json, on_text: OnText | None) -> None:
        if not text:
            return
        self.pieces.append(str(text))
        self.last = time.perf_counter() - self.began
        self.first = self.last if self.first is None else self.first
        if on_text:
            on_text(str(text))

    def tokens(self, messages: tuple[Message, ...]) -> Tokens:
        """What it took, by the endpoint's count, else by a rough one. The cost is left unknown."""
        if not self.usage or not isinstance(self.usage.get("prompt_tokens"), int):
            said = self.text + "".join(self.thoughts)
            return count(messages, said).model_copy(update={"cost": None})
        cached = self._details.get("cached_tokens") or self.timings.get("cache_n") or 0
        output = self.usage.get("completion_tokens") or 0
        sent = self.usage["prompt_tokens"]
        return Tokens(input=sent, cached=min(cached, sent), output=output, cost=None)


def _field(of: Any, name: str) -> Any:
    return of.get(name) if isinstance(of, dict) else getattr(of, name, None)
