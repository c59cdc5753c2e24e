"""From a reply in ReAct's form to its action or its answer."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from replplan.model import Completion

# `Action: x`, also as models dress it up: `**Action:** x`, `> Action 2: x`.
_MARK = re.compile(
    r"^[ \t>*_#-]*(?P<kind>action|answer)(?:[ \t]+\d+)?[ \t*_]*:[ \t*_]*", re.I | re.M
)
_FENCE = re.compile(r"```\w*$")
_QUOTES = "`\"'"


@dataclass(frozen=True)
class Step:
    """What a reply comes to: an action, an answer, or the `reason` why it is neither.

    `text` is the part of the reply that enters the transcript: it ends with its first action,
    since whatever a model writes behind that it wrote without having observed anything.
    """

    text: str
    action: str | None = None
    answer: str | None = None
    reason: str = ""


def read_step(completion: Completion) -> Step:
    """Find the first action or answer in a reply.

    An answer takes the rest of the reply; an action is one line, the next one that says something
    where its own is empty.
    """
    text = completion.text.strip()
    cut = completion.finish != "stop"
    mark = _MARK.search(text)
    if mark is None:
        return Step(text or "(empty)", reason="react_cut" if cut else "react_no_action")
    if mark["kind"].lower() == "answer":
        answer = text[mark.end() :].strip()
        reason = "react_cut" if cut else "" if answer else "react_no_action"
        return Step(text, reason=reason) if reason else Step(text, answer=answer)
    return _action(text, mark.end(), cut)


def _action(text: str, start: int, cut: bool) -> Step:
    end = start
    for line in text[start:].splitlines(keepends=True):
        end += len(line)
        action = _plain(line)
        if action:
            if cut and end == len(text):
                return Step(text, reason="react_cut")
            return Step(text[:end].rstrip(), action=action)
    return Step(text, reason="react_cut" if cut else "react_no_action")


def _plain(line: str) -> str:
    """A line without the fences, stars and quotes around it."""
    line = line.strip()
    if _FENCE.match(line):
        return ""
    line = line.strip("*").strip()
    while len(line) > 1 and line[0] == line[-1] and line[0] in _QUOTES:
        line = line[1:-1].strip()
    return line


def read_call(
    action: str, functions: Collection[str]
) -> tuple[str, list[Any], dict[str, Any]] | None:
    """A call of one of these functions with plain values; None where an action is no such call."""
    try:
        node = ast.parse(action, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    match node:
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in functions:
            try:
                values = [ast.literal_eval(a) for a in args]
                named = {k.arg: ast.literal_eval(k.value) for k in keywords if k.arg}
            except (ValueError, TypeError, RecursionError):
                return None
            return name, values, named
    return None
