"""From a model's reply to the cell in it."""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass

from replplan.model import Completion

# A fence of three or more back-quotes, maybe indented, up to one as far in and as long at least.
_BLOCK = re.compile(
    r"^(?P<fence>[ \t]*`{3,})[ \t]*(?P<language>[\w+-]*)[^\n]*\n"
    r"(?P<code>.*?)(?:^(?P=fence)`*[ \t]*$|\Z)",
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
    text, is_whole = completion.text.strip(), completion.finish == "stop"
    too_long = completion.finish == "length"
    if not text:
        return Reply("(empty)", reason="cut" if too_long else "empty")
    cut = "cut" if too_long else "no_code"
    blocks = [b for b in _BLOCK.finditer(text) if b["language"].lower() in _PYTHON]
    if not blocks and _is_code(text):
        return Reply(text, text) if is_whole else Reply(text, reason=cut)
    if not blocks:
        return Reply(text, reason="no_code")
    block = blocks[0]
    if not is_whole and not block[0].rstrip().endswith(block["fence"]):
        return Reply(text, reason=cut)
    whole, end = _whole(text, block)
    code = whole.strip("\n")
    if not code.strip():
        return Reply(text, reason="no_code")
    if block["fence"][0] == "`":
        return Reply(text[:end], code)
    code = textwrap.dedent(code)  # a cell within a list
    return Reply(f"{text[: block.start()]}```python\n{code}\n```", code)


def _whole(text: str, block: re.Match[str]) -> tuple[str, int]:
    """The code of a block, and where it ends: at a later fence than its first where only that
    makes it Python, since a string in it may hold fences."""
    end, start = block.end(), block.start("code")
    fences = [*re.compile(rf"^{block['fence']}`*[ \t]*$", re.MULTILINE).finditer(text, end)]
    if fences and not _body(block["code"]):
        for fence in fences:
            if _body(longer := text[start : fence.start()]):
                return longer, fence.end()
    return block["code"], end


def _is_code(text: str) -> bool:
    """Whether unfenced text is meant as Python: it parses, and does more than name something."""
    doing = (ast.Call, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Import, ast.ImportFrom)
    return any(isinstance(node, doing) for part in _body(text) for node in ast.walk(part))


def _body(text: str) -> list[ast.stmt]:
    """The statements of a text; none where it is no Python."""
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
