"""A trace as a tree: each entry of a REPL with its turns, each turn with what its cell called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from replplan.cell import CellResult
from replplan.errors import TraceError
from replplan.events import (
    Acted,
    AskAnswered,
    Asked,
    CellFinished,
    CellReviewed,
    CellStarted,
    Event,
    FunctionCalled,
    Interrupted,
    LimitReached,
    LimitsRaised,
    ModelCalled,
    ModelReplied,
    Noted,
    OwnCellFinished,
    OwnCellStarted,
    PlanFinished,
    PlanStarted,
    SessionClosed,
    SessionOpened,
    TurnRejected,
    WorldReset,
)
from replplan.model import Message
from replplan.trace import read_trace


@dataclass(eq=False)
class Turn:
    """One reply of the model and what came of it, or a cell of the user's own.

    Attributes:
        number: counts from 1 in its session; 0 where no cell was made of the reply. Own cells are
            counted apart.
        own: somebody's own cell, which no model wrote.
        replied: the completion; None for a cell that no model wrote.
        code: the cell; None where the reply held none.
        steps: what happened while it ran, in order: calls, and children that were entered.
        result: what came of the cell; None where it never ended.
        shown: what the model was told of it.
        rejected: what the model was told where its reply held no cell, or its cell was refused.
        proposed: the cell as the model wrote it, where somebody edited it before it ran.
    """

    number: int = 0
    own: bool = False
    replied: ModelReplied | None = None
    code: str | None = None
    steps: list[Step] = field(default_factory=list)
    result: CellResult | None = None
    shown: str = ""
    rejected: str | None = None
    proposed: str | None = None

    @property
    def label(self) -> str:
        """Names it among the turns of its session."""
        return f"own-{self.number}" if self.own else str(self.number)

    @property
    def complete(self) -> bool:
        """Whether it is known what its reply led to."""
        return self.code is not None or self.rejected is not None

    @property
    def reply(self) -> str:
        """The text of the completion."""
        return self.replied.text if self.replied else ""


@dataclass
class Entry:
    """One stay in a REPL, from its call to its answer.

    `before` are the messages that stood in its prompt before the first turn, `notes` what happened
    before that.
    """

    opened: SessionOpened
    turns: list[Turn] = field(default_factory=list)
    notes: list[Step] = field(default_factory=list)
    before: tuple[Message, ...] = ()
    closed: SessionClosed | None = None

    def turn(self, number: int, *, own: bool = False) -> Turn | None:
        """The turn of that number."""
        found = (t for t in reversed(self.turns) if t.number == number and t.own == own)
        return next(found, None)

    def pending(self) -> Turn | None:
        """The turn whose reply has led to nothing yet."""
        replied = (turn for turn in reversed(self.turns) if turn.replied and not turn.complete)
        return next(replied, None)

    def children(self) -> Iterator[Entry]:
        """The entries of children that its cells called, in order."""
        for turn in self.turns:
            yield from (step for step in turn.steps if isinstance(step, Entry))

    def within(self) -> Iterator[Entry]:
        """This entry and all below it, each before its children."""
        yield self
        for child in self.children():
            yield from child.within()


Call: TypeAlias = Acted | Asked | FunctionCalled
Word: TypeAlias = LimitReached | LimitsRaised | Noted | AskAnswered | Interrupted
Step: TypeAlias = Call | Word | Entry


@dataclass
class PlanTree:
    """One plan as its trace tells it. `root` is None where it never came to a session."""

    started: PlanStarted
    world: WorldReset | None = None
    root: Entry | None = None
    finished: PlanFinished | None = None
    entries: dict[str, list[Entry]] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Take up the next event of the trace."""
        match event:
            case WorldReset():
                self.world = event
            case SessionOpened():
                self._open(event)
            case PlanFinished():
                self.finished = event
            case _ if entry := self._entry(event.session):
                _go_on(entry, event)

    def _open(self, event: SessionOpened) -> None:
        entry = Entry(event)
        self.entries.setdefault(event.session, []).append(entry)
        if event.parent is None:
            self.root = self.root or entry
        elif (caller := self._entry(event.parent)) and caller.turns:
            caller.turns[-1].steps.append(entry)

    def _entry(self, session: str) -> Entry | None:
        """The entry that a session is in, or was in last."""
        entries = self.entries.get(session)
        return entries[-1] if entries else None


def _go_on(entry: Entry, event: Event) -> None:
    """What happens in an entry of a REPL."""
    match event:
        case SessionClosed():
            entry.closed = event
        case ModelCalled(purpose="turn", first=0) if not entry.turns:
            entry.before = event.messages
        case ModelReplied(purpose="turn"):
            entry.turns.append(Turn(replied=event))
        case CellStarted() | OwnCellStarted():
            _start(entry, event)
        case CellFinished() | OwnCellFinished() | TurnRejected() | CellReviewed():
            _end(entry, event)
        case _ if isinstance(event, Call | Word):
            steps = entry.turns[-1].steps if entry.turns else entry.notes
            steps.append(event)


def _start(entry: Entry, event: CellStarted | OwnCellStarted) -> None:
    """A cell begins: that of the last reply, or one of the user's own."""
    if isinstance(event, OwnCellStarted):
        entry.turns.append(Turn(event.number, own=True, code=event.code))
        return
    turn = entry.pending() or Turn()
    if turn in entry.turns:  # an own cell may have come between
        entry.turns.remove(turn)
    entry.turns.append(turn)
    turn.number, turn.code = event.turn, event.code


def _end(entry: Entry, event: CellFinished | OwnCellFinished | TurnRejected | CellReviewed) -> None:
    match event:
        case CellFinished(turn=number) | OwnCellFinished(number=number):
            turn = entry.turn(number, own=isinstance(event, OwnCellFinished))
            if turn is not None:
                turn.result, turn.shown = event.result, event.shown
        case TurnRejected() | CellReviewed(verdict="refused"):
            if turn := entry.pending():
                turn.rejected = event.reason
        case CellReviewed(verdict="edited"):
            if turn := entry.pending():
                turn.proposed = event.proposed


def plan_tree(events: Iterable[Event], where: str = "the trace") -> PlanTree:
    """The tree that events tell of.

    Raises:
        TraceError: they do not begin with the start of a plan; `where` says where they are from.
    """
    events = iter(events)
    started = next(events, None)
    if not isinstance(started, PlanStarted):
        raise TraceError(f"{where} does not begin with the start of a plan")
    tree = PlanTree(started)
    for event in events:
        tree.take(event)
    return tree


def read_plan_tree(path: Path) -> PlanTree:
    """The tree of a trace.

    Raises:
        TraceError: it cannot be read, or is no trace of a plan.
    """
    return plan_tree(read_trace(path), str(path))
