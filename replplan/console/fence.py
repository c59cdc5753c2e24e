"""A completion as it stands so far, taken apart into prose and code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_FENCE = re.compile(r"([ \t]*`{3,})[ \t]*([\w+-]*)")
_USUAL = re.compile(r"([^`]*\n|)```python\n(?!```)[^\n]*\S")
"""Prose without any backtick, and behind it a cell whose first line is not empty."""
_PYTHON = ("", "python", "py", "python3", "ipython", "ipython3")


@dataclass(frozen=True, slots=True)
class Part:
    """A run of lines of one kind."""

    kind: Literal["prose", "code"]
    text: str


def parts(text: str) -> list[Part]:
    """The prose and the code of a completion, in order, without the fences.

    The text may break off anywhere: code whose fence is not closed yet is code, and a last line
    that may still become a fence is held back. A block in another language is prose.
    """
    lines = text.split("\n")
    if lines[-1].lstrip().startswith("`"):
        lines.pop()
    found: list[tuple[Literal["prose", "code"], list[str]]] = [("prose", [])]
    fence = ""
    for line in lines:
        kind, ticks = _turn(line, fence) if "```" in line else (None, fence)
        if kind is None:
            found[-1][1].append(line)
        else:
            fence = ticks
            found.append((kind, []))
    whole = (Part(kind, "\n".join(run).strip("\n")) for kind, run in found)
    return [part for part in whole if part.text.strip()]


def before_code(text: str) -> str:
    """What a completion says before its first code; empty where it holds no code in a fence."""
    if match := _USUAL.match(text):
        return match[1].strip("\n") if match[1].strip() else ""
    found = parts(text + "\n")
    codes = [place for place, part in enumerate(found) if part.kind == "code"]
    return "\n".join(part.text for part in found[: codes[0]]) if codes else ""


def _turn(line: str, fence: str) -> tuple[Literal["prose", "code"] | None, str]:
    """What begins behind this line, if it is a fence, and the fence that is open then."""
    match = _FENCE.match(line)
    if not match:
        return None, fence
    if not fence:
        return ("code" if match[2].lower() in _PYTHON else "prose"), match[1]
    closes = match[1].startswith(fence) and not line[match.end(1) :].strip()
    return ("prose", "") if closes else (None, fence)
