"""From a session to the messages that its model reads.

The words stand in `prompts/*.md`. A prompt only ever grows: an opening that is written once, then
turn by turn what the model wrote and what came of it, so that a server's prefix cache serves all
but the last turn.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any, Literal

from replplan.cell import CellResult
from replplan.kernel import Function, KernelOptions, SubtaskCall
from replplan.model import Image, Message
from replplan.pool import Demonstration
from replplan.record import Json
from replplan.switches import ALL_ON, Switches

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


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
    """What cells and models are told of a function of the host: every time the same, so without
    the addresses of objects that are its defaults."""
    doc = (inspect.getdoc(function) or "").strip()
    try:
        signature = inspect.signature(function, eval_str=True)
    except Exception:  # noqa: BLE001 an annotation that only a type checker can resolve
        signature = inspect.signature(function)
    told = _ADDRESS.sub("", str(signature))
    return Function(name=function.__name__, signature=told, doc=doc)


@dataclass(frozen=True)
class Opening:
    """What the opening of a session is made from."""

    domain: str
    world: bool
    functions: tuple[Function, ...]
    demonstrations: tuple[Demonstration, ...]
    switches: Switches = ALL_ON


def functions_text(opening: Opening) -> str:
    """The list of what a cell may call: of what there is here alone."""
    here = {
        "- act(": opening.world,
        "- get_obs(": opening.world,
        "- get_args(": opening.switches.children,
        "- ask": opening.switches.ask,
    }
    left_out = tuple(beginning for beginning, is_here in here.items() if not is_here)
    lines = [n for n in say("functions").splitlines() if not n.startswith(left_out)]
    return "\n".join([*lines, *map(function_line, opening.functions)])


def function_line(function: Function) -> str:
    """One of the domain's own functions, for a list of them."""
    first = f": {function.doc.splitlines()[0]}" if function.doc else ""
    return f"- {function.name}{function.signature}{first}"


def system_section(opening: Opening) -> list[Message]:
    """How to work, what can be called, and the world."""
    return [system_message(say(f"by_{opening.switches.step}"), opening)]


def system_message(how: str, opening: Opening) -> Message:
    """How to work, in these words, then what can be called, and the world."""
    functions = functions_text(opening)
    if opening.switches.children:
        functions += "\n\n" + say("children")
    text = say("system", how=how, functions=functions, domain=opening.domain.strip())
    return Message(role="system", content=text.strip())


def reach_text(options: KernelOptions) -> str:
    """What cells can reach beside their working folder."""
    lines = ["Cells can use the network."] if options.network else []
    for mount in options.mounts:
        how = "read and change" if mount.writable else "read"
        lines.append(f"Cells can {how} what is in {mount.path.resolve()}.")
    return "\n".join(lines)


def demonstrations_section(opening: Opening) -> list[Message]:
    """Sessions of the same name that went well, as they were."""
    return [m for d in opening.demonstrations for m in demonstration_messages(d)]


Section = Callable[[Opening], list[Message]]
SECTIONS: tuple[Section, ...] = (
    system_section,
    demonstrations_section,
)
"""What enters the opening of every prompt, in order."""


def open_prompt(opening: Opening, sections: tuple[Section, ...] = SECTIONS) -> list[Message]:
    """The messages before a session's own task."""
    return [m for section in sections for m in section(opening)]


def demonstration_messages(demonstration: Demonstration) -> Iterable[Message]:
    """A demonstration as the turns that it would have been."""
    yield Message(role="user", content=say("example", opening=demonstration.opening))
    last, told = len(demonstration.turns) - 1, demonstration.told
    for i, (code, result) in enumerate(demonstration.turns):
        yield Message(role="assistant", content=f"```python\n{code}\n```")
        if i < last:
            texts = [show(result), *([told[i + 1]] if i + 1 in told else [])]
            yield Message(role="user", content="\n\n".join(texts))


def call_text(call: SubtaskCall, entry: int) -> str:
    """What a child is told of the call that opened it, or entered it again."""
    comment = f" The caller's comment: {call.comment}" if call.comment else ""
    args = ", ".join(call.args) + ("," if len(call.args) == 1 else "")
    name = "child" if entry == 1 else "called_again"
    return say(name, call=call.call, comment=comment, args=f"({args})")


def similar_text(name: str, known: tuple[str, ...]) -> str:
    """What a child is told whose name has no demonstration, while names like it have."""
    return say("similar", called=name, known=" or ".join(f"`{n}`" for n in known))


def show(result: CellResult, repair: str = "") -> str:
    """What the model is told of a cell's result; `repair` is what helps it to do better."""
    parts = [result.output.rstrip("\n")]
    parts += [f"Out: {result.value}" if result.value is not None else ""]
    parts += [result.error.traceback if result.error else "", repair]
    return "\n".join(p for p in parts if p) or "(no output)"


@dataclass(frozen=True)
class Question:
    """One fuzzy question.

    Attributes:
        text: in words.
        context: what it is about, in order.
        fits: the JSON schema of the reply; None where text is asked for.
        tried: replies that did not fit, and why.
        stage: of the several questions about one long text, which it is: about a "part" of it,
            for a "note" of a part, or to "combine" the notes.
        number: of the part.
        count: how many parts there are.
    """

    text: str
    context: tuple[str | Image, ...] = ()
    fits: dict[str, Json] | None = None
    tried: tuple[tuple[str, str], ...] = ()
    stage: Literal["part", "note", "combine"] | None = None
    number: int = 0
    count: int = 0


def question_text(question: Question) -> str:
    """The question's own words, and which part of a long text they are about."""
    if question.stage is None:
        return question.text
    number, count = str(question.number), str(question.count)
    return say(f"ask_{question.stage}", question=question.text, number=number, count=count)


def ask_messages(question: Question) -> tuple[Message, ...]:
    """The prompt of one fuzzy question."""
    schema, images = question.fits, tuple(c for c in question.context if isinstance(c, Image))
    system = say("ask_schema", schema=json.dumps(schema)) if schema else say("ask")
    texts = [c for c in question.context if isinstance(c, str)]
    told = "\n\n".join([*texts, question_text(question)])
    messages = [
        Message(role="system", content=system),
        Message(role="user", content=told, images=images),
    ]
    for reply, complaint in question.tried:
        messages.append(Message(role="assistant", content=reply or "(empty)"))
        messages.append(Message(role="user", content=say("ask_repair", complaint=complaint)))
    return tuple(messages)
