"""What a cell printed, held within a limit: its head, its tail, and nothing that a screen obeys."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_ASCII_CONTROLS = bytes({*range(0x20), 0x7F} - {*b"\t\n"})
_PARAMETERS = re.compile(r"[\x20-\x3f]*")
_INTERMEDIATES = re.compile(r"[\x20-\x2f]*")
_STRING = re.compile(r"[^\x07\x1b\x9c\x18\x1a\n]*")
_STRING_OPENERS = {"\x90", "\x98", "\x9d", "\x9e", "\x9f"}
_LOOKED_THROUGH = 1 << 20
_NEAR = 200
"""How far from a cut a line end is looked for at most, in characters."""


class _Ends:
    """The first and the last characters of a text that may be long: twice `limit` are kept."""

    def __init__(self, limit: int) -> None:
        self.limit, self.size = limit, 0
        self.first_parts, self.first_size = list[str](), 0
        self.last_parts, self.last_size = deque[str](), 0

    def add(self, text: str, start: int, end: int) -> None:
        """Add text[start:end]; no more of it is copied than is kept."""
        self.size += end - start
        room = min(self.limit - self.first_size, end - start)
        if room > 0:
            self.first_parts.append(text[start : start + room])
            self.first_size += room
        self._add_last(text[max(start, end - self.limit) : end])

    def _add_last(self, part: str) -> None:
        self.last_parts.append(part)
        self.last_size += len(part)
        while self.last_parts and self.last_size - len(self.last_parts[0]) >= self.limit:
            self.last_size -= len(self.last_parts.popleft())

    def extend(self, other: _Ends) -> None:
        """Add the whole text of which `other` holds the ends."""
        first, last = other.first, other.last
        self.add(first, 0, len(first))
        if other.size > self.limit:
            self.size += other.size - len(first)
            self._add_last(last)

    @property
    def first(self) -> str:
        return "".join(self.first_parts)

    @property
    def last(self) -> str:
        text = "".join(self.last_parts)
        return text[max(0, len(text) - self.limit) :]


class BoundedText:
    """Text as it comes, in pieces cut anywhere, of which the head and the tail are kept.

    Escape sequences are taken out, also where they are cut in two. Of a line that was written
    over with a carriage return, as progress bars do, the last version stays. Other control
    characters but newline and tab are dropped, lone surrogates replaced.

    Args:
        limit: how many characters are kept at most. Memory is a small multiple of it, whatever
            is written.
    """

    def __init__(self, limit: int) -> None:
        if limit < 0:
            raise ValueError(f"limit is {limit}: it must be 0 or more")
        self._limit, self._written = limit, 0
        self._lines, self._line = _Ends(limit), _Ends(limit)
        self._returned = False  # a carriage return came, and nothing after it yet
        self._read: Callable[[str, int], int] = self._in_text

    @property
    def total(self) -> int:
        """How many characters were written, control characters included."""
        return self._written

    @property
    def text(self) -> str:
        """All that was printed if it fits; else head and tail around a line that says so."""
        whole = _Ends(self._limit)
        whole.extend(self._lines)
        whole.extend(self._line)
        if whole.size <= self._limit:
            return whole.first
        head = _end_at_line(whole.first[: self._limit // 2])
        room = self._limit - self._limit // 2
        tail = _start_at_line(whole.last[max(0, len(whole.last) - room) :] if room else "")
        left_out = whole.size - len(head) - len(tail)
        return f"{head}\n[... {left_out:,} characters left out ...]\n{tail}"

    def write(self, text: str) -> None:
        """Add a piece of text."""
        self._written += len(text)
        at = 0
        if self._read == self._in_text and _is_plain(text):
            self._print(text, 0, len(text))
            return
        while at < len(text):
            at = self._read(text, at)

    # What is being read. Each takes the text and where to go on, and returns how far it came.

    def _in_text(self, text: str, at: int) -> int:
        control = _CONTROLS.search(text, at)
        end = control.start() if control else len(text)
        if end > at:
            self._print(text, at, end)
        if control:
            self._obey(control[0])
            return end + 1
        return end

    def _obey(self, control: str) -> None:
        if control == "\r":
            self._returned = True
        elif control == "\x1b":
            self._read = self._in_escape
        elif control == "\x9b":
            self._read = self._in_sequence
        elif control in _STRING_OPENERS:
            self._read = self._in_string
        elif "\ud800" <= control <= "\udfff":
            self._print("\N{REPLACEMENT CHARACTER}", 0, 1)

    def _in_escape(self, text: str, at: int) -> int:
        opener = text[at]
        if opener in "]PX^_":
            self._read = self._in_string
        elif opener == "[":
            self._read = self._in_sequence
        elif " " <= opener <= "/":
            self._read = self._in_intermediate
        else:
            self._read = self._in_text
            return at + 1 if "0" <= opener <= "~" else at
        return at + 1

    def _in_sequence(self, text: str, at: int) -> int:
        return self._final(text, _PARAMETERS.match(text, at), "@")

    def _in_intermediate(self, text: str, at: int) -> int:
        return self._final(text, _INTERMEDIATES.match(text, at), "0")

    def _final(self, text: str, skipped: re.Match[str] | None, lowest: str) -> int:
        """Past what belongs to a sequence; one that is broken off ends before what breaks it."""
        at = skipped.end() if skipped else 0
        if at == len(text):
            return at
        self._read = self._in_text
        return at + 1 if lowest <= text[at] <= "~" else at

    def _in_string(self, text: str, at: int) -> int:
        skipped = _STRING.match(text, at)
        at = skipped.end() if skipped else at
        if at == len(text):
            return at
        self._read = self._in_text
        if text[at] == "\x1b":  # the first half of its end, or a sequence that breaks it off
            self._read = self._in_escape
            return at + 1
        return at if text[at] == "\n" else at + 1

    def _print(self, text: str, start: int, end: int) -> None:
        if self._returned and text[start] != "\n":
            self._line = _Ends(self._limit)
        self._returned = False
        after = text.rfind("\n", start, end) + 1
        if after:
            self._lines.extend(self._line)
            self._lines.add(text, start, after)
            self._line = _Ends(self._limit)
            start = after
        if start < end:
            self._line.add(text, start, end)


def _is_plain(text: str) -> bool:
    """Whether there is no control character in it; told of pieces of ASCII alone, as most are."""
    if not 0 < len(text) <= _LOOKED_THROUGH or not text.isascii():
        return False
    return len(text.encode().translate(None, _ASCII_CONTROLS)) == len(text)


def _end_at_line(head: str) -> str:
    end = head.rfind("\n", len(head) - min(_NEAR, len(head) // 4))
    return head if end < 0 else head[:end]


def _start_at_line(tail: str) -> str:
    return tail[tail.find("\n", 0, min(_NEAR, len(tail) // 4)) + 1 :]
