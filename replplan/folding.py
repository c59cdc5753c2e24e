"""A transcript that no longer fits into its model's window is folded: one rare step.

Of old outputs one line each is left; where that is not enough, the oldest turns are left out. It
comes down to half of the window or less, so that many turns pass before it has to be done again:
between folds a prompt only grows, and a server's prefix cache serves it. Code reads what was
folded as `history[i].output`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from replplan.errors import LimitExceeded, ModelError
from replplan.model import Message
from replplan.prompt import say
from replplan.transcript import Part, Transcript, joined

_KEPT = 1 / 3
"""Share of the room that the latest outputs may keep."""


@dataclass(frozen=True)
class Fold:
    """What a fold came to.

    Attributes:
        outputs: how many outputs were folded to a line.
        turns: how many turns were left out.
        before: characters of the transcript before it.
        after: and after it.
    """

    outputs: int
    turns: int
    before: int
    after: int


def is_too_long(error: Exception) -> bool:
    """Whether an error says that a prompt does not fit into the window."""
    if isinstance(error, LimitExceeded):
        return error.limit == "context"
    return isinstance(error, ModelError) and error.too_long


def fold(transcript: Transcript, room: int) -> Fold | None:
    """Fold a transcript until it takes no more than this room, or nothing is left to fold.

    The opening, the latest message and what people said stay as they are.

    Args:
        transcript: the transcript; changed in place.
        room: in characters.

    Returns:
        What was done; None if it became no shorter.
    """
    folding = _Folding(transcript, room)
    outputs = folding.fold_outputs()
    turns = folding.leave_out_turns()
    before = transcript.length
    if folding.length >= before:
        return None
    folding.apply(turns)
    return Fold(outputs, turns, before, transcript.length)


class _Folding:
    """One fold under way, on a copy of the messages and of their parts."""

    def __init__(self, transcript: Transcript, room: int) -> None:
        self.transcript, self.room = transcript, room
        self.messages = list(transcript.messages)
        self.parts = dict(transcript.parts)
        self.length = transcript.length

    def fold_outputs(self) -> int:
        """All but the latest outputs, which together have their share of the room."""
        kept, count = 0, 0
        for number in sorted(self.parts, reverse=True)[1:]:
            parts = self.parts[number]
            kept += sum(len(part.text) for part in parts if part.kind == "output")
            if kept > self.room * _KEPT:
                folded = [_folded(part) for part in parts]
                count += sum(a != b for a, b in zip(folded, parts, strict=True))
                self._write(number, folded)
        return count

    def leave_out_turns(self) -> int:
        """The oldest ones, as many as do not fit."""
        first, *later = sorted(self.parts)
        count, known = 0, self.transcript.left_out
        last_cell = max(part.number for part in self.parts[first])
        for number in later[:-1]:
            if self.length <= self.room:
                break
            gone = self.parts.pop(number)
            last_cell = max([last_cell, *(part.number for part in gone)])
            self._drop(first, number)
            count += 1
            kept = [part for part in self.parts[first] if part.kind != "output"]
            notice = _notice(known + count, last_cell)
            self._write(first, [*self._still_valid(kept, gone), notice])
        return count

    def _still_valid(self, kept: list[Part], gone: list[Part]) -> list[Part]:
        """What of the task's message and of a turn that goes is to be read further on."""
        task, *later = kept
        later += [part for part in gone if part.kind in ("call", "note")]
        calls = [part for part in later if part.kind == "call"]
        rest = [part for number in sorted(self.parts)[1:] for part in self.parts[number]]
        over = any(part.kind == "call" for part in rest)
        return [task, *(p for p in later if p.kind != "call" or (p is calls[-1] and not over))]

    def _drop(self, first: int, last: int) -> None:
        for number in range(first + 1, last + 1):
            if (message := self.messages[number]) is not _GONE:
                self.length -= message.length
                self.messages[number] = _GONE

    def _write(self, number: int, parts: list[Part]) -> None:
        self.parts[number] = parts
        old, new = self.messages[number], Message(role="user", content=joined(parts))
        self.messages[number] = new
        self.length += new.length - old.length

    def apply(self, turns: int) -> None:
        """Write it into the transcript."""
        numbers = [n for n, message in enumerate(self.messages) if message is not _GONE]
        parts = {new: self.parts[old] for new, old in enumerate(numbers) if old in self.parts}
        self.transcript.left_out += turns
        self.transcript.replace([self.messages[n] for n in numbers], parts)


_GONE = Message(role="user", content="")


def _folded(part: Part) -> Part:
    if part.kind != "output":
        return part
    if part.number:
        text = say("folded", line=part.line, number=str(part.number), field=part.field)
    else:
        text = say("folded_plain", line=part.line)
    return replace(part, text=text) if len(text) < len(part.text) else part


def _notice(turns: int, last_cell: int) -> Part:
    name = "left_out" if last_cell else "left_out_plain"
    text = say(name, turns=str(turns), **({"last": str(last_cell)} if last_cell else {}))
    return Part(text, "output", number=last_cell)
