"""A Python error told in a few lines: where in the cells it happened, and what it says.

    cell 3, line 2, in find
        return shelf[name]
               ^^^^^^^^^^^
    KeyError: 'mug'

The frames of cells alone are shown, the code as it was written; a library's innermost frame is
one line. Recursion is folded. What caused an error, and the errors of a group, are one line each
before the last, which is always the error's type and message.
"""

from __future__ import annotations

import linecache
import os
import re
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from types import CodeType, TracebackType
from typing import NamedTuple

MESSAGE_LIMIT, TRACEBACK_LIMIT = 2000, 3000
"""Characters of an error's message, and of a whole traceback, that are kept."""

_LINE_LIMIT = 160
_FIRST_PARTS, _LAST_PARTS = 10, 30
_CAUSES, _SUB_ERRORS, _NOTES, _NOTE_LIMIT = 5, 10, 5, 500
_LONGEST_CYCLE = 12
_OURS = str(Path(__file__).parent.parent) + os.sep
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[\x20-\x3f]*[\x40-\x7e]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[\x20-\x2f]*[\x30-\x7e]?"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_SURROGATES = re.compile(r"[\ud800-\udfff]")

Title = Callable[[str], str | None]
"""What to call the file of a cell; None for a file that is no cell's."""


def short_error(error: BaseException, title: Title) -> dict[str, str]:
    """The error as `name`, `message` and `traceback`, all within their limits and without colours.

    `title` gives what to call the file of a cell, `cell 3`; None for any other file.
    """
    name, message = _name(error), _message(error)
    last = f"{name}: {message}" if message else name
    before = [*_where(error, title), *_causes(error, title), *_sub_errors(error, title)]
    before += [f"note: {note}" for note in _notes(error)]
    return {"name": name, "message": message, "traceback": _fit(before, last)}


def _name(error: BaseException) -> str:
    return _clean(type(error).__name__)[:_LINE_LIMIT]


def _message(error: BaseException) -> str:
    syntax = isinstance(error, SyntaxError) and error.lineno and isinstance(error.msg, str)
    try:
        text = error.msg if syntax else str(error)  # type: ignore[attr-defined]
    except BaseException:  # noqa: BLE001 - the class of the error is a cell's: it may do anything
        return f"<unprintable {_name(error)} object>"
    return _clean(_cut(str.__str__(text), MESSAGE_LIMIT))


def _clean(text: str) -> str:
    """Without escape sequences and control characters."""
    return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", _ESCAPES.sub("", text))


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    room = limit - 50  # for the notice
    left_out = len(text) - room
    head = room // 2
    return f"{text[:head]}\n[... {left_out:,} characters left out ...]\n{text[head - room :]}"


def _fit(before: list[str], last: str) -> str:
    """The lines, those in the middle left out where they are too many."""
    lines = [line for text in before for line in text.split("\n")]
    room = TRACEBACK_LIMIT - len(last) - 50
    if sum(len(line) + 1 for line in lines) <= room + 49:
        return "\n".join([*lines, last])
    head, tail, used = 0, len(lines), 0
    while tail and used + len(lines[tail - 1]) + 1 <= room * 2 // 3:
        tail -= 1
        used += len(lines[tail]) + 1
    while head < tail and used + len(lines[head]) + 1 <= room:
        used += len(lines[head]) + 1
        head += 1
    notice = f"[... {tail - head:,} lines left out ...]"
    return "\n".join([*lines[:head], notice, *lines[tail:], last])


class _Frame(NamedTuple):
    """One step of a traceback."""

    code: CodeType
    instruction: int
    line: int
    name: str

    @property
    def file(self) -> str:
        return self.code.co_filename


_Part = tuple[list[_Frame], int]
"""Frames, and how often they are repeated at once."""


def _frames(error: BaseException) -> Iterator[_Frame]:
    step: TracebackType | None = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        yield _Frame(code, step.tb_lasti, step.tb_lineno, code.co_name)
        step = step.tb_next


def _where(error: BaseException, title: Title) -> Iterator[str]:
    frames = list(_frames(error))
    own = [frame for frame in frames if title(frame.file) is not None]
    parts = list(_fold(_without_comprehensions(own)))
    if len(parts) > _FIRST_PARTS + _LAST_PARTS:
        left_out = parts[_FIRST_PARTS:-_LAST_PARTS]
        yield from _parts_text(parts[:_FIRST_PARTS], title)
        count = sum(len(part) * (repeated + 1) for part, repeated in left_out)
        yield f"[... {count:,} frames left out ...]"
        parts = parts[-_LAST_PARTS:]
    yield from _parts_text(parts, title)
    if isinstance(error, SyntaxError) and error.lineno:
        yield _syntax_text(error, title)
    elif frames and title(frames[-1].file) is None and not frames[-1].file.startswith(_OURS):
        yield f"in {_short_path(frames[-1].file)}{_line_and_name(frames[-1])}"


def _parts_text(parts: list[_Part], title: Title) -> Iterator[str]:
    for part, repeated in parts:
        yield from (_frame_text(frame, title) for frame in part)
        if repeated:
            what = "frame" if len(part) == 1 else f"{len(part)} frames"
            yield f"[the last {what} repeated {repeated:,} times]"


def _without_comprehensions(frames: list[_Frame]) -> list[_Frame]:
    """Python 3.11 runs a comprehension in a frame of its own, later ones do not: as the later."""
    kept: list[_Frame] = []
    for frame in frames:
        inside = frame.code.co_name in ("<listcomp>", "<setcomp>", "<dictcomp>")
        if inside and kept and kept[-1].file == frame.file:
            frame = frame._replace(name=kept.pop().name)
        kept.append(frame)
    return kept


def _fold(frames: list[_Frame]) -> Iterator[_Part]:
    """The frames in order, in parts; a part that comes again at once is given with how often."""
    keys = [(id(frame.code), frame.instruction) for frame in frames]
    at = 0
    while at < len(frames):
        period, repeated = _cycle(keys, at)
        yield frames[at : at + period], repeated
        at += period * (repeated + 1)


def _cycle(keys: list[tuple[int, int]], at: int) -> tuple[int, int]:
    """The shortest period that starts here and comes at least three times, and its repeats."""
    for period in range(1, _LONGEST_CYCLE + 1):
        end = at + period
        while end < len(keys) and keys[end] == keys[end - period]:
            end += 1
        repeated = (end - at) // period - 1
        if repeated >= 2:
            return period, repeated
    return 1, 0


def _frame_text(frame: _Frame, title: Title) -> str:
    text = f"{title(frame.file)}{_line_and_name(frame)}"
    start, end, from_byte, to_byte = _position(frame)
    source = linecache.getline(frame.file, frame.line).rstrip()
    if start != frame.line or from_byte is None or to_byte is None:
        return text + _source_text(source)
    stop = _characters(source, to_byte) if end == start else None
    return text + _source_text(source, _characters(source, from_byte), stop)


def _line_and_name(frame: _Frame) -> str:
    top_level = frame.name == "<module>" or frame.name.startswith("<cell line")
    inside = "" if top_level else f", in {frame.name}"
    return f", line {frame.line}{inside}"


def _position(frame: _Frame) -> tuple[int | None, int | None, int | None, int | None]:
    at = frame.instruction // 2  # an instruction is two bytes
    return next(islice(frame.code.co_positions(), at, None), (None, None, None, None))


def _characters(line: str, offset: int) -> int:
    """How many characters the first `offset` bytes of a line are."""
    return len(line.encode("utf-8", "replace")[:offset].decode("utf-8", "replace"))


def _source_text(line: str, begin: int = 0, end: int | None = None) -> str:
    """The line, indented by four, and a marker under the part that is meant, if it is a part."""
    line = _clean(line.rstrip()).replace("\t", " ").replace("\n", " ")
    indent = len(line) - len(line.lstrip())
    begin = min(max(begin, indent), len(line))  # what is missing may stand after the line's end
    end = len(line) if end is None else min(end, max(begin + 1, len(line)))
    if not line.strip():
        return ""
    first = max(indent, min(begin - _LINE_LIMIT // 4, len(line) - _LINE_LIMIT))
    shown = line[first : first + _LINE_LIMIT]
    marker = " " * (begin - first) + "^" * (min(end, first + _LINE_LIMIT + 1) - begin)
    whole = begin <= indent and end >= len(line)
    return f"\n    {shown}" + ("" if whole or begin >= end else f"\n    {marker}")


def _short_path(file: str) -> str:
    """A library's file without the folder that it is installed in."""
    if file.startswith("<"):
        return file
    roots = [root.rstrip(os.sep) + os.sep for root in sys.path if root]
    root = max((root for root in roots if file.startswith(root)), key=len, default="")
    short = file[len(root) :] if root else str(Path(*Path(file).parts[-2:]))
    return short.replace(os.sep, "/")


def _syntax_text(error: SyntaxError, title: Title) -> str:
    file = error.filename if isinstance(error.filename, str) else "<unknown>"
    text = f"{title(file) or _short_path(file)}, line {error.lineno}"
    source = (
        error.text if isinstance(error.text, str) else linecache.getline(file, error.lineno or 0)
    )
    source = source.rstrip("\n").partition("\n")[0]
    begin = min((error.offset or 0) - 1, len(source))
    if begin < 0:
        return text + _source_text(source)
    end = (error.end_offset or 0) - 1 if error.end_lineno == error.lineno else len(source)
    return text + _source_text(source, begin, max(end, begin + 1))


def _one_line(error: BaseException, title: Title) -> str:
    message = " ".join(_message(error).split())
    message = message if len(message) <= 300 else message[:297] + "..."
    own = [frame for frame in _frames(error) if title(frame.file) is not None]
    where = f" ({title(own[-1].file)}, line {own[-1].line})" if own else ""
    return _name(error) + (f": {message}" if message else "") + where


def _causes(error: BaseException, title: Title) -> Iterator[str]:
    seen, current = {id(error)}, error
    for _ in range(_CAUSES):
        cause = current.__cause__
        how = "caused by" if cause is not None else "while handling"
        if cause is None and not current.__suppress_context__:
            cause = current.__context__
        if cause is None or id(cause) in seen:
            return
        seen.add(id(cause))
        yield f"{how} {_one_line(cause, title)}"
        current = cause


def _sub_errors(error: BaseException, title: Title) -> Iterator[str]:
    if not isinstance(error, BaseExceptionGroup):
        return
    leaves = _leaves(error)
    for number, leaf in enumerate(leaves[:_SUB_ERRORS], 1):
        yield f"error {number} of {len(leaves)}: {_one_line(leaf, title)}"
    if len(leaves) > _SUB_ERRORS:
        yield f"[... {len(leaves) - _SUB_ERRORS:,} more errors ...]"


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    leaves, todo = list[BaseException](), list[BaseException]([group])
    while todo:
        error = todo.pop()
        if isinstance(error, BaseExceptionGroup):
            todo.extend(reversed(error.exceptions))
        else:
            leaves.append(error)
    return leaves


def _notes(error: BaseException) -> list[str]:
    notes = getattr(error, "__notes__", None)
    if not isinstance(notes, list):
        return []
    return [_clean(_cut(note, _NOTE_LIMIT)) for note in notes[:_NOTES] if isinstance(note, str)]
