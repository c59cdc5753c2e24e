"""From a session to the messages that its model reads.

The words stand in `prompts/*.md`. A prompt only ever grows: an opening that is written once, then
turn by turn what the model wrote and what came of it, so that a server's prefix cache serves all
but the last turn.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

from replplan.cell import CellResult
from replplan.kernel import Function, SubtaskCall
from replplan.model import Message
from replplan.pool import Demonstration
from replplan.record import Json


@cache
def _texts() -> dict[str, str]:
    folder = files("replplan").joinpath("prompts")
    found = {p.name: p.read_text(encoding="utf-8") for p in folder.iterdir()}
    return {n.removesuffix(".md"): t.strip() for n, t in sorted(found.items()) if n.endswith(".md")}


def say(name: str, **values: str) -> str:
    """The text of `prompts/<name>.md` with its $placeholders filled in."""
    return Template(_texts()[name]).substitute(values)


def prompt_version() -> str:
    """Names the wording of all prompts: changes when any of them does."""
    return hashlib.sha256(json.dumps(_texts()).encode()).hexdigest()[:12]


def describe(function: Callable[..., Any]) -> Function:
    """What cells and models are told of a function of the host."""
    doc = (inspect.getdoc(function) or "").strip()
    return Function(name=function.__name__, signature=str(inspect.signature(function)), doc=doc)


@dataclass(frozen=True)
class Opening:
    """What the opening of a session is made from."""

    domain: str
    world: bool
    functions: tuple[Function, ...]
    demonstrations: tuple[Demonstration, ...]


def functions_text(opening: Opening) -> str:
    """The list of what a cell may call: without `act` and `get_obs` where there is no world."""
    lines = say("functions").splitlines()
    if not opening.world:
        lines = [n for n in lines if not n.startswith(("- act(", "- get_obs("))]
    for f in opening.functions:
        first = f": {f.doc.splitlines()[0]}" if f.doc else ""
        lines.append(f"- {f.name}{f.signature}{first}")
    return "\n".join(lines)


def system_section(opening: Opening) -> list[Message]:
    """How to work, what can be called, and the world."""
    text = say("system", functions=functions_text(opening), domain=opening.domain.strip())
    return [Message(role="system", content=text.strip())]


def demonstrations_section(opening: Opening) -> list[Message]:
    """Sessions of the same name that went well, as they were."""
    return [m for d in opening.demonstrations for m in demonstration_messages(d)]


SECTIONS: tuple[Callable[[Opening], list[Message]], ...] = (
    system_section,
    demonstrations_section,
)
"""What enters the opening of every prompt, in order."""


def open_prompt(opening: Opening) -> list[Message]:
    """The messages before a session's own task."""
    return [m for section in SECTIONS for m in section(opening)]


def demonstration_messages(demonstration: Demonstration) -> Iterable[Message]:
    """A demonstration as the turns that it would have been."""
    yield Message(role="user", content=say("example", opening=demonstration.opening))
    last = len(demonstration.turns) - 1
    for i, (code, result) in enumerate(demonstration.turns):
        yield Message(role="assistant", content=f"```python\n{code}\n```")
        if i < last:
            yield Message(role="user", content=show(result))


def call_text(call: SubtaskCall, entry: int) -> str:
    """What a child is told of the call that opened it, or entered it again."""
    comment = f" The caller's comment: {call.comment}" if call.comment else ""
    args = ", ".join(call.args) + ("," if len(call.args) == 1 else "")
    name = "child" if entry == 1 else "called_again"
    return say(name, call=call.call, comment=comment, args=f"({args})")


def show(result: CellResult) -> str:
    """What the model is told of a cell's result."""
    parts = [result.output.rstrip("\n")]
    parts += [d.text for d in result.displays]
    parts += [f"Out: {result.value}" if result.value is not None else ""]
    parts += [result.error.traceback if result.error else ""]
    return "\n".join(p for p in parts if p) or "(no output)"


def ask_messages(
    question: str, context: list[str], schema: dict[str, Json] | None, tried: list[list[str]]
) -> tuple[Message, ...]:
    """The prompt of one fuzzy question; `tried` holds replies that did not fit, and why."""
    system = say("ask_schema", schema=json.dumps(schema)) if schema else say("ask")
    messages = [
        Message(role="system", content=system),
        Message(role="user", content="\n\n".join([*context, question])),
    ]
    for reply, complaint in tried:
        messages.append(Message(role="assistant", content=reply or "(empty)"))
        messages.append(Message(role="user", content=say("ask_repair", complaint=complaint)))
    return tuple(messages)
