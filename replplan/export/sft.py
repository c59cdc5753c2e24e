"""Traces as chat data for training: a line a session, and a line a question.

The form is that of OpenAI's fine-tuning: `messages`, of which each of the assistant's has a
`weight` that says whether the loss counts it. `metadata.mask` names, for the same messages in
order, why: `learn` (weight 1) is a reply whose cell ran without an error; of weight 0 are
`demonstration` (it stood in the prompt), `error`, `stopped`, `rejected`, and `edited` by somebody
before it ran.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from replplan.completion import read_reply
from replplan.events import ModelCalled, ModelReplied, PlanFinished, PlanStarted
from replplan.export.plan_tree import PlanTree, Turn, plan_tree
from replplan.methods.step import read_step
from replplan.model import Completion, Message
from replplan.record import Json
from replplan.statement import only_first_statement
from replplan.trace import read_trace

LEARN = "learn"


def to_sft(traces: Sequence[Path]) -> bytes:
    """The lines of all sessions of traces.

    Raises:
        TraceError: one cannot be read.
    """
    samples = (sample for path in traces for sample in samples_of(path))
    return "".join(f"{json.dumps(s, ensure_ascii=False)}\n" for s in samples).encode()


def samples_of(path: Path) -> Iterator[Json]:
    """The sessions of a trace, then its questions, each as one conversation.

    Raises:
        TraceError: it cannot be read.
    """
    events = list(read_trace(path))
    plan = plan_tree(events, str(path))
    said = _Conversations(plan.started)
    for event in events:
        if isinstance(event, ModelCalled | ModelReplied):
            said.take(event)
    about = _about(plan.started, plan.finished, path)
    for session, talk in said.sessions.items():
        mask = [*talk.demonstrations(), *map(_worth, _turns(plan, session))]
        if len(mask) > len(talk.demonstrations()):
            yield _sample(talk.whole(), mask, about | {"session": session, "purpose": "turn"})
    for session, talk in said.asks:
        if talk.last is not None:
            mask = ["rejected" if said.was_asked_again(talk) else LEARN]
            mask = ["rejected"] * (sum(m.role == "assistant" for m in talk.messages)) + mask
            yield _sample(talk.whole(), mask, about | {"session": session, "purpose": "ask"})


@dataclass
class _Talk:
    """The messages of a session or of a question, as a model saw them, and its last reply.

    `opening` is how many of them stood there before the model's first turn.
    """

    messages: tuple[Message, ...] = ()
    opening: int = 0
    last: str | None = None

    def whole(self) -> tuple[Message, ...]:
        """All messages up to the last reply; what was told behind it, none has replied to."""
        if self.last is not None:
            return (*self.messages, Message(role="assistant", content=self.last))
        replies = [i for i, m in enumerate(self.messages) if m.role == "assistant"]
        return self.messages[: replies[-1] + 1] if replies else ()

    def demonstrations(self) -> list[str]:
        replies = [m for m in self.messages[: self.opening] if m.role == "assistant"]
        return ["demonstration"] * len(replies)


@dataclass
class _Conversations:
    """Puts together again what a trace tells of prompts in pieces."""

    started: PlanStarted
    sessions: dict[str, _Talk] = field(default_factory=dict)
    asks: list[tuple[str, _Talk]] = field(default_factory=list)
    waiting: dict[str, list[_Talk]] = field(default_factory=dict)

    def take(self, event: ModelCalled | ModelReplied) -> None:
        if isinstance(event, ModelReplied):
            waiting = self.waiting.get(event.digest)
            if waiting:
                waiting.pop(0).last = self._kept(event)
            return
        if event.purpose == "ask":
            talk = _Talk(event.messages)
            self.asks.append((event.session, talk))
        else:
            talk = self.sessions.setdefault(event.session, _Talk(opening=len(event.messages)))
            talk.messages = (*talk.messages[: event.first], *event.messages)
            talk.last = None
        self.waiting.setdefault(event.digest, []).append(talk)

    def _kept(self, event: ModelReplied) -> str:
        """What of a reply enters the transcript."""
        if event.purpose == "ask":
            return event.text
        completion, method = Completion(text=event.text, finish=event.finish), self.method
        if method[0] == "react":
            return read_step(completion).text
        proposal = read_reply(completion)
        return (only_first_statement(proposal) if "statement" in method else proposal).text

    @property
    def method(self) -> list[str]:
        """The method's name, then its switches."""
        return self.started.method.split("/")

    def was_asked_again(self, talk: _Talk) -> bool:
        """Whether the reply to a question did not fit, so that it was asked once more."""
        whole = talk.whole()
        return any(other.messages[: len(whole)] == whole for _, other in self.asks)


def _turns(plan: PlanTree, session: str) -> Iterator[Turn]:
    entries = plan.entries.get(session, [])
    return (turn for entry in entries for turn in entry.turns if turn.replied)


def _worth(turn: Turn) -> str:
    """Whether a reply is to be learnt, or why not."""
    if turn.rejected is not None:
        return "rejected"
    if turn.proposed is not None:
        return "edited"
    if turn.code is None:  # an action in words: it has no cell
        return LEARN
    result = turn.result
    if result is None or result.stopped in ("timeout", "interrupt"):
        return "stopped"
    return "error" if result.error and result.error.name != "PlanEnded" else LEARN


def _sample(messages: Iterable[Message], mask: list[str], about: dict[str, Json]) -> Json:
    weights = iter(mask)
    told = [_message(m, next(weights) if m.role == "assistant" else None) for m in messages]
    return {"messages": told, "metadata": about | {"loss_mask": "messages[].weight", "mask": mask}}


def _message(message: Message, why: str | None) -> dict[str, Json]:
    told: dict[str, Json] = {"role": message.role, "content": message.content}
    if message.images:
        urls = [f"data:{image.mime};base64,{image.data}" for image in message.images]
        pictures: list[Json] = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
        told["content"] = [*pictures, {"type": "text", "text": message.content}]
    return told if why is None else told | {"weight": int(why == LEARN)}


def _about(started: PlanStarted, finished: PlanFinished | None, path: Path) -> dict[str, Json]:
    return {
        "trace": path.name,
        "domain": started.domain,
        "split": started.split,
        "task": started.task,
        "seed": started.seed,
        "model": started.model,
        "method": started.method,
        "stop_reason": finished.stop_reason if finished else None,
        "score": finished.score.value if finished else None,
        "solved": finished.score.solved if finished else None,
    }
