"""Everything that happens in a plan, as typed records: the only way out of the core.

A sink is a plain callable that takes an event. Live and replay are one path: a trace read back
gives the same events in the same order, apart from the transient ones, which are not written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar, Literal

from pydantic import Field, TypeAdapter

from replplan.base_event import BaseEvent, Fault
from replplan.cell import Answer, CellResult
from replplan.domain import Score
from replplan.limits import Limits, Usage
from replplan.model_events import ModelCalled, ModelReplied, TextStreamed, TranscriptFolded
from replplan.record import Json
from replplan.steering_events import (
    AskAnswered,
    Branched,
    CellReviewed,
    Interrupted,
    LimitsRaised,
    Noted,
    OwnCellFinished,
    OwnCellStarted,
    Paused,
    Resumed,
    SteeringEvent,
    VariablesSeen,
)

TRACE_VERSION = 1


class PlanStarted(BaseEvent):
    """The first line of a trace: what is to be done, by whom, within which limits.

    `context`: tokens of the model's window; `sees`: it takes images; `taught`: it is shown
    no demonstrations; `kind` and `data`: the task's."""

    type: Literal["plan_started"] = "plan_started"
    version: int = TRACE_VERSION
    replplan: str = ""
    domain: str
    task: str
    split: str
    goal: str
    seed: int
    model: str
    context: int | None = None
    sees: bool = True
    taught: bool = False
    method: str = "repl-plan"
    prompt: str = ""
    limits: Limits = Limits()
    kind: str = ""
    data: dict[str, Json] = {}


class SessionOpened(BaseEvent):
    """A REPL begins, or a child is entered again (`entry` counts from 1).

    `limits` are those that its parent gave it for this entry, if any.
    """

    type: Literal["session_opened"] = "session_opened"
    name: str
    parent: str | None = None
    depth: int = 0
    entry: int = 1
    call: str = ""
    comment: str = ""
    args: tuple[str, ...] = ()
    limits: Limits | None = None


class SessionClosed(BaseEvent):
    """A REPL's turn is over: it answered, or the world ended, or `failure` says why not."""

    type: Literal["session_closed"] = "session_closed"
    answer: Answer | None = None
    failure: str | None = None


class CellStarted(BaseEvent):
    """A cell is sent to its REPL. `turn` counts from 1 in each session."""

    type: Literal["cell_started"] = "cell_started"
    turn: int
    code: str


class OutputStreamed(BaseEvent):
    """A piece of what a running cell prints."""

    transient: ClassVar[bool] = True
    type: Literal["output_streamed"] = "output_streamed"
    text: str


class CellFinished(BaseEvent):
    """A cell has ended. `shown` is what the model is told of it."""

    type: Literal["cell_finished"] = "cell_finished"
    turn: int
    result: CellResult
    shown: str = ""


class TurnRejected(BaseEvent):
    """A completion held no cell that could be run; `reason` is what the model is told."""

    type: Literal["turn_rejected"] = "turn_rejected"
    turn: int
    reason: str


class AnswerRefused(BaseEvent):
    """The root answered, and not in the form that was asked for; `reason` is what the model is
    told. The plan goes on."""

    type: Literal["answer_refused"] = "answer_refused"
    answer: Answer
    reason: str


class WorldReset(BaseEvent):
    """The world begins."""

    type: Literal["world_reset"] = "world_reset"
    observation: str


class Acted(BaseEvent):
    """An action was done in the world. `action_count` counts from 1."""

    type: Literal["acted"] = "acted"
    action_count: int
    action: str
    observation: str
    reward: float = 0.0
    terminated: bool = False
    truncated: bool = False
    info: dict[str, Json] = {}


class Asked(BaseEvent):
    """A fuzzy question was answered, or `error` says why not.

    `cached`: an equal one had been answered in this plan, and its answer was given again without a
    model call.
    """

    type: Literal["asked"] = "asked"
    question: str
    context: tuple[str, ...] = ()
    kind: str = "str"
    answer: Json = None
    error: str | None = None
    cached: bool = False


class FunctionCalled(BaseEvent):
    """A cell called a function of the domain or of the user. `kind` names the type of an object
    that was handed over as it is; `value` then says no more than JSON can."""

    type: Literal["function_called"] = "function_called"
    name: str
    arguments: tuple[Json, ...] = ()
    keywords: dict[str, Json] = {}
    value: Json = None
    kind: str = ""
    error: str | None = None
    seconds: float = 0.0


class LimitReached(BaseEvent):
    """A limit fell."""

    type: Literal["limit_reached"] = "limit_reached"
    limit: str
    used: float
    allowed: float


class PlanFinished(BaseEvent):
    """The last line of a trace. `stop_reason` is one of answered, world_ended, limit:<which>,
    stuck, cancelled, failed; `error` is the sentence that goes with failed, `fault` where the
    trouble lies."""

    type: Literal["plan_finished"] = "plan_finished"
    stop_reason: str
    score: Score = Score()
    answer: Answer | None = None
    usage: Usage = Usage()
    error: str | None = None
    fault: Fault | None = None


Event = Annotated[
    PlanStarted
    | SessionOpened
    | SessionClosed
    | ModelCalled
    | TranscriptFolded
    | TextStreamed
    | ModelReplied
    | CellStarted
    | OutputStreamed
    | CellFinished
    | TurnRejected
    | AnswerRefused
    | WorldReset
    | Acted
    | Asked
    | FunctionCalled
    | LimitReached
    | SteeringEvent
    | PlanFinished,
    Field(discriminator="type"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
"""Validates a parsed JSON line into the event that it is."""

Sink = Callable[[Event], None]

__all__ = [
    "EVENT",
    "TRACE_VERSION",
    "Acted",
    "AskAnswered",
    "Asked",
    "BaseEvent",
    "Branched",
    "CellFinished",
    "CellReviewed",
    "CellStarted",
    "Event",
    "FunctionCalled",
    "Interrupted",
    "LimitReached",
    "LimitsRaised",
    "ModelCalled",
    "ModelReplied",
    "Noted",
    "OutputStreamed",
    "OwnCellFinished",
    "OwnCellStarted",
    "Paused",
    "PlanFinished",
    "PlanStarted",
    "Resumed",
    "SessionClosed",
    "SessionOpened",
    "Sink",
    "TextStreamed",
    "TranscriptFolded",
    "TurnRejected",
    "VariablesSeen",
    "WorldReset",
]
