"""Spans of OpenTelemetry (the extra `otel`), by its semantic conventions for generative AI.

    plan  >  session  >  turn  >  model call, cell  >  what the cell called, child session, ...

A plan is an `invoke_agent` span, and so is each stay in a REPL; a model call is `chat`, a cell
`execute_tool python`, an action `execute_tool act`. What was said is left out unless `content` is
asked for, as the conventions have it. Nothing of this is on unless somebody asks for it.

Source: https://opentelemetry.io/docs/specs/semconv/gen-ai/
"""

from __future__ import annotations

import json
from functools import singledispatchmethod
from typing import TYPE_CHECKING, Any

from replplan.events import (
    Acted,
    Asked,
    CellFinished,
    CellStarted,
    Event,
    FunctionCalled,
    ModelCalled,
    ModelReplied,
    PlanFinished,
    PlanStarted,
    SessionClosed,
    SessionOpened,
    TurnRejected,
)
from replplan.model import Message

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer


class Telemetry:
    """A sink that tells one plan as spans.

    Args:
        tracer: where they go; one of your own provider, or see `replplan.telemetry.tracer_to`.
        content: tell what was said as well: prompts, replies, code, outputs.
    """

    def __init__(self, tracer: Tracer, *, content: bool = False) -> None:
        self._tracer, self._content = tracer, content
        self._model = ""
        self._plan: Span | None = None
        self._open: dict[tuple[str, str], Span] = {}

    def __call__(self, event: Event) -> None:
        """Take an event of the plan."""
        self._take(event)

    @singledispatchmethod
    def _take(self, event: Event) -> None:
        """Most kinds of event are no span, and end none."""

    # ------------------------------------------------------------------ plan and sessions
    @_take.register
    def _(self, event: PlanStarted) -> None:
        self._model = event.model
        told = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": event.method,
            "gen_ai.agent.version": event.replplan,
            "gen_ai.request.model": event.model,
            "replplan.domain": event.domain,
            "replplan.split": event.split,
            "replplan.task": event.task,
            "replplan.seed": event.seed,
            **self._said("replplan.goal", event.goal),
        }
        self._plan = self._start(event, f"invoke_agent {event.method}", None, told)

    @_take.register
    def _(self, event: PlanFinished) -> None:
        for place, kind in list(self._open):
            self._end(event, kind, place=place)
        if self._plan is None:
            return
        usage, score = event.usage, event.score
        told = {
            "replplan.stop_reason": event.stop_reason,
            "replplan.score": score.value,
            "replplan.solved": score.solved,
            "replplan.cost": usage.cost,
            "replplan.turns": usage.turns,
            "replplan.actions": usage.actions,
            "gen_ai.usage.input_tokens": usage.input_tokens,
            "gen_ai.usage.output_tokens": usage.output_tokens,
            "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens,
        }
        _tell(self._plan, told)
        good = event.stop_reason in ("answered", "world_ended")
        _close(self._plan, event, None if good else event.stop_reason, event.error)
        self._plan = None

    @_take.register
    def _(self, event: SessionOpened) -> None:
        name = event.session.rpartition("/")[2]
        told = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": event.name,
            "gen_ai.conversation.id": event.session,
            "replplan.depth": event.depth,
            "replplan.entry": event.entry,
            **self._said("replplan.call", event.call),
        }
        parent = self._inner(event.parent) if event.parent else self._plan
        span = self._start(event, f"invoke_agent {name}", parent, told)
        self._open[event.session, "session"] = span

    @_take.register
    def _(self, event: SessionClosed) -> None:
        for kind in ("chat", "cell", "turn"):
            self._end(event, kind)
        answer = self._said("replplan.answer", str(event.answer.value)) if event.answer else {}
        error = "failed" if event.failure is not None else None
        self._end(event, "session", answer, error=error, why=event.failure)

    # ------------------------------------------------------------------ turns
    @_take.register
    def _(self, event: ModelCalled) -> None:
        if event.purpose == "turn":
            self._end(event, "turn")
            parent = self._open.get((event.session, "session"))
            told = {"gen_ai.conversation.id": event.session}
            self._open[event.session, "turn"] = self._start(event, "turn", parent, told)
        told = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": _provider(self._model),
            "gen_ai.request.model": self._model,
            "gen_ai.conversation.id": event.session,
            "gen_ai.output.type": "text",
            **self._messages("gen_ai.input.messages", event.messages),
        }
        span = self._start(event, f"chat {self._model}", self._inner(event.session), told, out=True)
        self._open[event.digest + event.session, "chat"] = span

    @_take.register
    def _(self, event: ModelReplied) -> None:
        tokens = event.tokens
        said = (Message(role="assistant", content=event.text),)
        told = {
            "gen_ai.response.model": self._model,
            "gen_ai.response.finish_reasons": [event.finish],
            "gen_ai.usage.input_tokens": tokens.input,
            "gen_ai.usage.output_tokens": tokens.output,
            "gen_ai.usage.cache_read.input_tokens": tokens.cached,
            "replplan.cost": tokens.cost,
            **self._messages("gen_ai.output.messages", said),
        }
        self._end(event, "chat", told, place=event.digest + event.session)

    @_take.register
    def _(self, event: CellStarted) -> None:
        turn = self._open.get((event.session, "turn"))
        if turn is not None:
            turn.update_name(f"turn {event.turn}")
        told = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "python",
            "gen_ai.tool.type": "function",
            "gen_ai.tool.call.id": f"{event.session}:{event.turn}",
            **self._said("gen_ai.tool.call.arguments", json.dumps({"code": event.code})),
        }
        parent = turn or self._inner(event.session)
        self._open[event.session, "cell"] = self._start(event, "execute_tool python", parent, told)

    @_take.register
    def _(self, event: CellFinished) -> None:
        error = event.result.error
        told = self._said("gen_ai.tool.call.result", event.shown)
        name = event.result.stopped or (error.name if error else None)
        name = None if name == "ended" else name
        self._end(event, "cell", told, error=name, why=error.message if error else None)
        self._end(event, "turn")

    @_take.register
    def _(self, event: TurnRejected) -> None:
        self._end(event, "turn", error="no_cell")

    # ------------------------------------------------------------------ what cells call
    @_take.register
    def _(self, event: Acted | Asked | FunctionCalled) -> None:
        name, arguments, result, error = _parts(event)
        told = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": name,
            "gen_ai.tool.type": "function",
            **self._said("gen_ai.tool.call.arguments", json.dumps(arguments, default=str)),
            **self._said("gen_ai.tool.call.result", json.dumps(result, default=str)),
        }
        seconds = event.seconds if isinstance(event, FunctionCalled) else 0.0
        began = event.model_copy(update={"time": event.time - seconds})
        span = self._start(began, f"execute_tool {name}", self._inner(event.session), told)
        if isinstance(event, Acted):
            _tell(span, {"replplan.reward": event.reward, "replplan.action": event.action_count})
        _close(span, event, "error" if error else None, error)

    # ------------------------------------------------------------------ spans
    def _inner(self, session: str) -> Span | None:
        """The innermost span that a session is in."""
        kinds = ("cell", "turn", "session")
        found = (self._open.get((session, kind)) for kind in kinds)
        return next((span for span in found if span is not None), self._plan)

    def _start(
        self, event: Event, name: str, parent: Span | None, told: dict[str, Any], *,
        out: bool = False,
    ) -> Span:  # fmt: skip
        from opentelemetry.context import Context
        from opentelemetry.trace import SpanKind, set_span_in_context

        context = set_span_in_context(parent, Context()) if parent is not None else None
        kind = SpanKind.CLIENT if out else SpanKind.INTERNAL
        span = self._tracer.start_span(name, context, kind, start_time=_nanoseconds(event))
        _tell(span, told)
        return span

    def _end(
        self, event: Event, kind: str, told: dict[str, Any] | None = None, *,
        place: str | None = None, error: str | None = None, why: str | None = None,
    ) -> None:  # fmt: skip
        span = self._open.pop((place or event.session, kind), None)
        if span is not None:
            _tell(span, told or {})
            _close(span, event, error, why)

    def _said(self, name: str, text: str) -> dict[str, str]:
        return {name: text} if self._content else {}

    def _messages(self, name: str, messages: tuple[Message, ...]) -> dict[str, str]:
        parts = [
            {"role": m.role, "parts": [{"type": "text", "content": m.content}]} for m in messages
        ]
        return self._said(name, json.dumps(parts, ensure_ascii=False))


def _parts(event: Acted | Asked | FunctionCalled) -> tuple[str, Any, Any, str | None]:
    """A call's name, arguments, result and error."""
    match event:
        case Acted():
            return "act", {"action": event.action}, event.observation, None
        case Asked():
            return "ask", {"question": event.question}, event.answer, event.error
        case FunctionCalled():
            given = {"args": event.arguments, **event.keywords}
            return event.name, given, event.value, event.error


def _tell(span: Span, told: dict[str, Any]) -> None:
    for name, value in told.items():
        if value is not None:
            span.set_attribute(name, value)


def _close(span: Span, event: Event, error: str | None, why: str | None = None) -> None:
    from opentelemetry.trace import Status, StatusCode

    if error is not None:
        span.set_attribute("error.type", error)
        span.set_status(Status(StatusCode.ERROR, why or error))
    span.end(end_time=_nanoseconds(event))


def _nanoseconds(event: Event) -> int:
    return int(event.time * 1e9)


def _provider(model: str) -> str:
    """Who answers: the embedded model, a trace, or whatever speaks OpenAI's protocol."""
    known = (name for name in ("local", "replay") if model.startswith(name))
    return next(known, "openai")
