"""One REPL as a notebook: entries of harmless text, each part with the moment it came.

A moment is the number of an event in its plan, so that the notebook can be seen as it stood at
any of them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, NamedTuple, TypeVar

from replplan.base_event import BaseEvent
from replplan.cell import Display, Variable
from replplan.console.items import Item
from replplan.limits import Usage

HEAD, TAIL = 60, 40
"""Parts of an entry that are kept from its beginning, and from its end."""

KEPT_OUTPUT, KEPT_CODE, KEPT_STATES = 8000, 40_000, 500

Doing = Literal["waits", "model", "cell", "child", "person", "closed", "failed"]
EntryKind = Literal["opened", "turn", "own", "aside", "end"]
T = TypeVar("T")

Stop = Literal["error", "action", "session", "cell"]
"""What a replay can jump to."""


class Act(NamedTuple):
    """What the world has said: of an action, or at its beginning."""

    action: str
    observation: str
    number: int = 0
    reward: float = 0.0
    ended: bool = False


@dataclass(slots=True)
class Mark:
    """A part of an entry: what there is to show, since when; `link` is the page it leads to."""

    moment: int
    item: Item
    link: str = ""
    count: int = 1
    display: Display | None = None


@dataclass(slots=True)
class Entry:
    """One thing in a notebook.

    Attributes:
        kind: what it is.
        moment: when it began.
        end: when it was complete; None as long as it is under way.
        marks: its parts, in order; `skipped` of them, behind the first `HEAD`, were too many.
        turn: of a turn, its number in its session.
        code: of a cell, its text.
        wrong: it ended with an error, or was refused.
        version: changes with every change.
    """

    kind: EntryKind
    moment: int
    end: int | None = None
    marks: list[Mark] = field(default_factory=list)
    skipped: int = 0
    turn: int = 0
    code: str = ""
    wrong: bool = False
    version: int = 0

    def add(self, mark: Mark) -> None:
        """Put a part at the end; a call like the one before it is counted instead."""
        self.version += 1
        last = self.marks[-1] if self.marks else None
        if last and mark.item.kind == "call" and last.item == mark.item and not mark.link:
            last.count += 1
            return
        self.marks.append(mark)
        if len(self.marks) > HEAD + TAIL:
            self.skipped += self.marks.pop(HEAD).count

    def finish(self, moment: int) -> None:
        """It changes no more."""
        self.end = moment
        self.version += 1

    def at(self, moment: int | None) -> list[Mark]:
        """The parts that were there at a moment; None for now."""
        if moment is None or (self.end is not None and self.end <= moment):
            return self.marks
        return [m for m in self.marks if m.moment <= moment]

    @property
    def text(self) -> str:
        """All of its text, for searching."""
        return "\n".join(f"{m.item.text}\n{m.item.reply or ''}" for m in self.marks)


@dataclass(frozen=True, slots=True)
class SessionSpent:
    """What a session has spent: model calls that wrote a cell, tokens, US dollars."""

    turns: int = 0
    tokens: int = 0
    cost: float | None = 0.0


class Spent(NamedTuple):
    """What a plan has spent; units as in `Limits`."""

    turns: int = 0
    model_calls: int = 0
    tokens: int = 0
    cost: float | None = 0.0
    seconds: float = 0.0
    actions: int = 0


def spent_by(usage: Usage) -> Spent:
    """What of an account is shown, in little room: there is one for each model call."""
    return Spent(*(getattr(usage, name) for name in Spent._fields))


class Leap(BaseEvent):
    """So many moments are passed over: they are in the trace alone."""

    transient: ClassVar[bool] = True
    type: Literal["leap"] = "leap"
    moments: int


class Series(list[tuple[int, T]]):
    """Values that hold each from a moment on."""

    def put(self, moment: int, value: T) -> None:
        """Have a value from a moment on."""
        if self and self[-1][0] == moment:
            self.pop()
        self.append((moment, value))

    def forget(self, moment: int) -> None:
        """Let go of the values that hold no more at a moment."""
        del self[: max(0, bisect_right(self, moment, key=lambda pair: pair[0]) - 1)]

    def last(self, moment: int | None) -> tuple[int, T] | None:
        """The value that held at a moment, and since when; None for now."""
        if moment is None:
            return self[-1] if self else None
        place = bisect_right(self, moment, key=lambda pair: pair[0])
        return self[place - 1] if place else None

    def at(self, moment: int | None, default: T) -> T:
        """The value that held at a moment; None for now."""
        found = self.last(moment)
        return default if found is None else found[1]


@dataclass
class Page:
    """The notebook of one session.

    Attributes:
        path: the session's id.
        entries: in order of their moments.
        doing: what it was doing since when.
        spent: what it had spent.
        variables: what its cells had bound, where that was told.
        stream: the completion as it comes now.
        output: the end of what its cell prints now.
        proposed: a cell that waits for a verdict now; harmless text.
        opened: the moment at which it was opened.
        forgotten: how many of its first entries are in the trace alone.
    """

    path: str
    entries: list[Entry] = field(default_factory=list)
    doing: Series[Doing] = field(default_factory=Series)
    spent: Series[SessionSpent] = field(default_factory=Series)
    variables: Series[tuple[Variable, ...]] = field(default_factory=Series)
    stream: list[str] = field(default_factory=list)
    output: str = ""
    proposed: str = ""
    opened: int = 0
    forgotten: int = 0

    def __post_init__(self) -> None:
        self.parent, _, self.name = self.path.rpartition("/")
        self.depth = self.path.count("/")

    @property
    def under_way(self) -> Entry | None:
        """The entry that parts are added to: the running cell, if one runs."""
        last = self.entries[-1] if self.entries else None
        return last if last is not None and last.end is None else None

    def begin(self, entry: Entry) -> Entry:
        """Open an entry at the end."""
        if self.under_way:
            self.under_way.finish(entry.moment)
        self.entries.append(entry)
        return entry

    def aside(self, moment: int, marks: Sequence[Mark]) -> None:
        """Show something in the running cell, or by itself where none runs."""
        entry = self.under_way
        if entry is None and marks:
            entry = self.begin(Entry("aside", moment))
            entry.end = moment
        for mark in marks:
            assert entry is not None
            entry.add(mark)

    def see(self, moment: int, variables: tuple[Variable, ...]) -> None:
        """Keep what its variables are now."""
        self.variables.put(moment, variables)
        if len(self.variables) > KEPT_STATES:
            del self.variables[0]

    def forget(self, moment: int) -> None:
        """Let go of the entries that were complete before a moment, and of old values."""
        gone = bisect_left(self.entries, moment, key=lambda entry: entry.end or entry.moment)
        gone -= gone == len(self.entries) and self.under_way is not None
        del self.entries[:gone]
        self.forgotten += gone
        for series in (self.doing, self.spent, self.variables):
            series.forget(moment)

    def count(self, moment: int | None) -> int:
        """How many entries there were at a moment."""
        if moment is None:
            return len(self.entries)
        return bisect_right(self.entries, moment, key=lambda entry: entry.moment)
