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
from itertools import islice
from pathlib import Path

from replplan.events import ModelCalled, ModelReplied, PlanFinished, PlanStarted
from replplan.export.conversations import Conversations
from replplan.export.plan_tree import PlanTree, Turn, plan_tree
from replplan.model import Message
from replplan.record import Json
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
    said = Conversations(plan.started)
    for event in events:
        if isinstance(event, ModelCalled | ModelReplied):
            said.take(event)
    about = _about(plan.started, plan.finished, path)
    turns = {session: _turns(plan, session) for session in said.sessions}
    for session, talk in said.talks:
        own = islice(turns[session], talk.replies)
        mask = [*talk.demonstrations(), *map(_worth, own)]
        if len(mask) > len(talk.demonstrations()):
            yield _sample(talk.whole(), mask, about | {"session": session, "purpose": "turn"})
    for session, talk in said.asks:
        if talk.last is not None:
            mask = ["rejected" if said.was_asked_again(talk) else LEARN]
            mask = ["rejected"] * (sum(m.role == "assistant" for m in talk.messages)) + mask
            yield _sample(talk.whole(), mask, about | {"session": session, "purpose": "ask"})


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
    return "error" if result.error else LEARN


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
