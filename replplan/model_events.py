"""Events between a plan and its model."""

from __future__ import annotations

from typing import ClassVar, Literal

from replplan.base_event import BaseEvent
from replplan.limits import Usage
from replplan.model import Finish, Message, Tokens


class ModelCalled(BaseEvent):
    """A request goes out. `messages` are those from number `first` on; the ones before them are
    as in the session's request before this one. `digest` names the whole prompt."""

    type: Literal["model_called"] = "model_called"
    purpose: Literal["turn", "ask"] = "turn"
    first: int = 0
    messages: tuple[Message, ...] = ()
    digest: str = ""


class TranscriptFolded(BaseEvent):
    """A session's transcript no longer fitted into the model's window, and was folded.

    `outputs` is how many were folded to a line each, `turns` how many were left out, `before` and
    `after` its characters, `window` the model's tokens, where they are known by now.
    """

    type: Literal["transcript_folded"] = "transcript_folded"
    outputs: int
    turns: int
    before: int
    after: int
    window: int | None = None


class TextStreamed(BaseEvent):
    """A piece of a completion as it comes."""

    transient: ClassVar[bool] = True
    type: Literal["text_streamed"] = "text_streamed"
    text: str


class ModelReplied(BaseEvent):
    """A completion is here; `digest` is that of its request, `usage` the whole plan's so far."""

    type: Literal["model_replied"] = "model_replied"
    purpose: Literal["turn", "ask"] = "turn"
    digest: str = ""
    text: str
    thoughts: str = ""
    tokens: Tokens = Tokens()
    finish: Finish = "stop"
    seconds: float = 0.0
    usage: Usage = Usage()
