"""A plan's events as those of inspect: spans of REPLs, model calls, cells, and what they called."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from inspect_ai.event import Event as InspectEvent
from inspect_ai.event import InfoEvent, ModelEvent, SpanBeginEvent, SpanEndEvent, ToolEvent
from inspect_ai.model import (
    Content,
    ContentReasoning,
    ContentText,
    GenerateConfig,
    ModelOutput,
    ModelUsage,
)
from inspect_ai.tool import ToolCallError

from replplan.events import (
    CellFinished,
    CellStarted,
    Event,
    ModelCalled,
    ModelReplied,
    PlanStarted,
    SessionClosed,
    SessionOpened,
)
from replplan.export.conversations import Conversations
from replplan.for_inspect.model import chat_message
from replplan.limits import Usage
from replplan.model import Tokens

SOURCE = "replplan"


class Story:
    """Tells a plan once, from its first event to its last."""

    def __init__(self, started: PlanStarted) -> None:
        self._started, self._said = started, Conversations(started)
        self._spans: dict[str, list[str]] = {}
        self._asked: dict[str, list[ModelCalled]] = {}
        self._cells: dict[str, CellStarted] = {}
        self._prompts: dict[str, list[Any]] = {}
        self._told: list[InspectEvent] = []

    def tell(self, events: Iterable[Event]) -> list[InspectEvent]:
        """Inspect's events of the plan."""
        for event in events:
            if isinstance(event, ModelCalled | ModelReplied):
                self._said.take(event)
            self._tell(event)
        return self._told

    def _tell(self, event: Event) -> None:
        match event:
            case SessionOpened():
                self._open(event)
            case SessionClosed():
                self._info(event)
                span = self._spans[event.session][-1]
                self._told.append(SpanEndEvent(id=span, span_id=span, **self._when(event)))
            case ModelCalled():
                self._asked.setdefault(event.digest, []).append(event)
                self._prompts[event.digest] = [chat_message(m) for m in self._messages(event)]
            case ModelReplied():
                self._replied(event)
            case CellStarted():
                self._cells[event.session] = event
            case CellFinished():
                self._ran(event)
            case _ if not event.transient:
                self._info(event)

    def _messages(self, event: ModelCalled) -> tuple[Any, ...]:
        if event.purpose == "ask":
            return event.messages
        return self._said.sessions[event.session].messages

    def _open(self, event: SessionOpened) -> None:
        span = f"{event.session}.{event.entry}"
        parents = self._spans.get(event.parent or "", [None])
        self._spans.setdefault(event.session, []).append(span)
        name = event.session.rpartition("/")[2]
        self._told.append(
            SpanBeginEvent(
                id=span, parent_id=parents[-1], name=name, type="agent", span_id=span,
                **self._when(event),
            )
        )  # fmt: skip
        self._info(event)

    def _replied(self, event: ModelReplied) -> None:
        asked = self._asked.get(event.digest)
        if not asked:
            return
        called = asked.pop(0)
        stop = "max_tokens" if event.finish == "length" else event.finish
        output = ModelOutput.from_content(self._started.model, _content(event), stop)
        output.usage, output.time = usage_of(event.tokens), event.seconds
        self._told.append(
            ModelEvent(
                model=self._started.model,
                input=self._prompts[event.digest],
                tools=[],
                tool_choice="none",
                config=GenerateConfig(seed=self._started.seed),
                output=output,
                completed=_time(event.time),
                working_time=event.seconds,
                **self._within(called),
            )
        )

    def _ran(self, event: CellFinished) -> None:
        """A cell, as a call of Python."""
        started = self._cells.pop(event.session, None)
        error = event.result.error
        self._told.append(
            ToolEvent(
                id=f"{event.session}-{event.turn}",
                function="python",
                arguments={"code": started.code if started else ""},
                result=event.shown,
                error=ToolCallError("unknown", f"{error.name}: {error.message}") if error else None,
                completed=_time(event.time),
                working_time=event.result.seconds,
                **self._within(started or event),
            )
        )

    def _info(self, event: Event) -> None:
        self._told.append(InfoEvent(source=SOURCE, data=told(event), **self._within(event)))

    def _within(self, event: Event) -> dict[str, Any]:
        spans = self._spans.get(event.session)
        return self._when(event) | {"span_id": spans[-1] if spans else None}

    def _when(self, event: Event) -> dict[str, Any]:
        return {"timestamp": _time(event.time), "working_start": event.time - self._started.time}


def told(event: Event) -> dict[str, Any]:
    """An event as it stands in inspect's log."""
    said = event.model_dump(mode="json", exclude={"time"}, exclude_defaults=True)
    return {"type": event.type} | said


def _content(event: ModelReplied) -> str | list[Content]:
    if not event.thoughts:
        return event.text
    return [ContentReasoning(reasoning=event.thoughts), ContentText(text=event.text)]


def usage_of(spent: Usage | Tokens) -> ModelUsage:
    """What was spent, as inspect counts it: cached input apart."""
    if isinstance(spent, Usage):
        spent = Tokens(
            input=spent.input_tokens, cached=spent.cached_tokens, output=spent.output_tokens,
            cost=spent.cost,
        )  # fmt: skip
    return ModelUsage(
        input_tokens=spent.input - spent.cached,
        output_tokens=spent.output,
        total_tokens=spent.input + spent.output,
        input_tokens_cache_read=spent.cached,
        total_cost=spent.cost,
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
