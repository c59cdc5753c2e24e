"""From a model's reply to the cell in it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from replplan.model import Completion

# A fence of three or more back-quotes at the start of a line, up to one at least as long.
_BLOCK = re.compile(
    r"^(?P<fence>`{3,})[ \t]*(?P<language>[\w+-]*)[^\n]*\n(?P<code>.*?)(?:^(?P=fence)`*[ \t]*$|\Z)",
    re.DOTALL | re.MULTILINE,
)
_PYTHON = {"", "python", "py", "python3", "ipython", "ipython3"}


@dataclass(frozen=True)
class Reply:
    """A reply, read: `code` to run, or the `reason` why there is none.

    `text` is the part of the reply that enters the transcript: it ends with the first code block,
    since whatever a model writes behind it was written without having seen what the block does.
    """

    text: str
    code: str | None = None
    reason: str = ""


def read_reply(completion: Completion) -> Reply:
    """Find the cell in a reply: its first Python block, or the whole of it where that is code."""
    text = completion.text.strip()
    if not text:
        return Reply("(empty)", reason="empty")
    blocks = [b for b in _BLOCK.finditer(text) if b["language"].lower() in _PYTHON]
    if not blocks:
        return Reply(text, text) if _is_code(text) else Reply(text, reason="no_code")
    block = blocks[0]
    unclosed = not block[0].rstrip().endswith(block["fence"])
    if unclosed and completion.finish == "length":
        return Reply(text, reason="cut")
    code = block["code"].strip("\n")
    if not code.strip():
        return Reply(text, reason="no_code")
    return Reply(text[: block.end()], code)


def _is_code(text: str) -> bool:
    """Whether unfenced text is meant as Python: it parses, and does more than name something."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError):
        return False
    doing = (ast.Call, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Import, ast.ImportFrom)
    return any(isinstance(node, doing) for statement in body for node in ast.walk(statement))
