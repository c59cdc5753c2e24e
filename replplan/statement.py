"""The first statement of a cell: in statement mode a model writes one at a time.

Source: in REPL-Plan as it was published (arXiv 2411.13826) each model call gives one statement.
"""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import replace

from replplan.completion import Reply

# IPython's own lines, which are no Python: `%time x`, `!ls`, `files = !ls`, `name?`.
_MAGIC = re.compile(r"[%!?]|[\w.]+\s*=\s*[%!]|[\w.*]+\?{1,2}\s*$")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_GOES_ON = re.compile(r"(else|elif|except|finally)\b")


def only_first_statement(reply: Reply) -> Reply:
    """The same reply with nothing in its cell, and in its text, behind the first statement."""
    if reply.code is None:
        return reply
    first = first_statement(reply.code)
    if first == reply.code:
        return reply
    at = reply.text.rindex(reply.code)
    behind = reply.text[at + len(reply.code) :]
    return replace(reply, text=reply.text[:at] + first + behind, code=first)


def first_statement(code: str) -> str:
    """A cell's text up to the end of its first statement.

    A compound statement counts as one, with its decorators and its `else`; comments above a
    statement go with it. A line or a cell of IPython's own (`%time x`, `%%bash`) is a statement.
    Where the first statement is no Python the whole cell is given back, for Python to say so.
    """
    code = textwrap.dedent(code)
    lines = _LINE.findall(code)
    start = next((i for i, line in enumerate(lines) if _says_something(line)), len(lines))
    if start == len(lines) or lines[start].startswith("%%"):
        return code
    if _MAGIC.match(lines[start]):
        return "".join(lines[: start + 1]).rstrip("\n")
    for end in range(len(lines), start, -1):
        body = _parsed("".join(lines[:end]))
        if body and (len(body) > 1 or _begins_anew(lines[end:])):
            return _up_to_second(lines[:end], body)
    return code


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _parsed(text: str) -> list[ast.stmt]:
    """The statements of a text; none where it is no Python."""
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _begins_anew(rest: list[str]) -> bool:
    """Whether the next line, if there is one, cannot belong to the statement before it."""
    line = next(filter(_says_something, rest), "x")
    return not line[0].isspace() and not _GOES_ON.match(line)


def _up_to_second(lines: list[str], body: list[ast.stmt]) -> str:
    """The text up to the end of the first statement: of its line, if that is all its own."""
    last = body[0].end_lineno or len(lines)
    if len(body) == 1 or body[1].lineno > last:
        return "".join(lines[:last]).rstrip("\r\n")
    end = lines[last - 1].encode()[: body[0].end_col_offset].decode()
    return "".join(lines[: last - 1]) + end
