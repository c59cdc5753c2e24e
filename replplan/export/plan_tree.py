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
    Asked,
    CellFinished,
    CellStarted,
    Event,
    FunctionCalled,
    LimitReached,
    ModelCalled,
    ModelReplied,
    PlanFinished,
    PlanStarted,
    SessionClosed,
    SessionOpened,
    TurnRejected,
    WorldReset,
)
from replplan.model import Message
from replplan.trace import read_trace


@dataclass
class Turn:
    """One reply of the model and what came of it.

    Attributes:
        number: counts from 1 in its session; 0 where no cell was made of the reply.
        replied: the completion; None for a cell that no model wrote.
        code: the cell; None where the reply held none.
        steps: what happened while it ran, in order: calls, and children that were entered.
        result: what came of the cell; None where it never ended.
        shown: what the model was told of it.
        rejected: what the model was told where its reply held no cell.
    """

    number: int = 0
    replied: ModelReplied | None = None
    code: str | None = None
    steps: list[Step] = field(default_factory=list)
    result: CellResult | None = None
    shown: str = ""
    rejected: str | None = None

    @property
    def reply(self) -> str:
        """The text of the completion."""
        return self.replied.text if self.replied else ""


@dataclass
class Entry:
    """One stay in a REPL, from its call to its answer.

    `before` are the messages that stood in its prompt before the first turn.
    """

    opened: SessionOpened
    turns: list[Turn] = field(default_factory=list)
    notes: list[LimitReached] = field(default_factory=list)
    before: tuple[Message, ...] = ()
    closed: SessionClosed | None = None

    def children(self) -> Iterator[Entry]:
        """The entries of children that its cells called, in order."""
        for turn in self.turns:
            yield from (step for step in turn.steps if isinstance(step, Entry))

    def within(self) -> Iterator[Entry]:
        """This entry and all below it, each before its children."""
        yield self
        for child in self.children():
            yield from child.within()


Step: TypeAlias = Acted | Asked | FunctionCalled | LimitReached | Entry


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
            case SessionClosed() | ModelCalled() | ModelReplied() | CellStarted():
                self._go_on(event)
            case CellFinished() | TurnRejected():
                self._end_turn(event)
            case Acted() | Asked() | FunctionCalled() | LimitReached():
                self._step(event)

    def _open(self, event: SessionOpened) -> None:
        entry = Entry(event)
        self.entries.setdefault(event.session, []).append(entry)
        if event.parent is None:
            self.root = self.root or entry
        elif (caller := self._entry(event.parent)) and caller.turns:
            caller.turns[-1].steps.append(entry)

    def _go_on(self, event: SessionClosed | ModelCalled | ModelReplied | CellStarted) -> None:
        entry = self._entry(event.session)
        if entry is None:
            return
        match event:
            case SessionClosed():
                entry.closed = event
            case ModelCalled(purpose="turn", first=0) if not entry.turns:
                entry.before = event.messages
            case ModelReplied(purpose="turn"):
                entry.turns.append(Turn(replied=event))
            case CellStarted():
                if not entry.turns or _is_complete(entry.turns[-1]):
                    entry.turns.append(Turn())
                entry.turns[-1].number, entry.turns[-1].code = event.turn, event.code

    def _end_turn(self, event: CellFinished | TurnRejected) -> None:
        entry = self._entry(event.session)
        if entry is None or not entry.turns:
            return
        turn = entry.turns[-1]
        if isinstance(event, TurnRejected):
            turn.rejected = event.reason
        else:
            turn.result, turn.shown = event.result, event.shown

    def _step(self, event: Acted | Asked | FunctionCalled | LimitReached) -> None:
        entry = self._entry(event.session)
        if entry is None:
            return
        if entry.turns:
            entry.turns[-1].steps.append(event)
        elif isinstance(event, LimitReached):
            entry.notes.append(event)

    def _entry(self, session: str) -> Entry | None:
        """The entry that a session is in, or was in last."""
        entries = self.entries.get(session)
        return entries[-1] if entries else None


def _is_complete(turn: Turn) -> bool:
    return turn.code is not None or turn.rejected is not None


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
