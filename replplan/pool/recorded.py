"""The sessions of a trace, as far as they led to success."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from replplan.cell import CellResult
from replplan.errors import ConfigError
from replplan.events import (
    Acted,
    CellFinished,
    CellStarted,
    Event,
    PlanFinished,
    PlanStarted,
    SessionClosed,
    SessionOpened,
    WorldReset,
)
from replplan.kernel import SubtaskCall
from replplan.pool.notebook import Turn
from replplan.prompt import call_text
from replplan.trace import read_trace


@dataclass
class RecordedSession:
    """A session of a trace.

    Attributes:
        opened: how it was opened first.
        opening: what it was told at its opening.
        turns: the cells that ran, failed ones too.
        told: what it was told when it was entered again, by the number of the turn that came next.
        good: how many of its turns, from the first on, led to an answer or to the world's end.
        failed: whether one of its entries ended without an answer.
    """

    opened: SessionOpened
    opening: str
    turns: list[Turn] = field(default_factory=list)
    told: dict[int, str] = field(default_factory=dict)
    good: int = 0
    failed: bool = False
    running: str | None = None

    @property
    def id(self) -> str:
        """Its id in the trace."""
        return self.opened.session

    def close(self, *, well: bool) -> None:
        """An entry is over. What comes behind one that failed is not good either."""
        self.failed = self.failed or not well
        self.good = self.good if self.failed else len(self.turns)

    def end_with_world(self) -> None:
        """The world ended, well, while this session was at work."""
        if self.running is not None:  # the cell that was unwound
            self.turns.append((self.running, CellResult()))
        self.good = len(self.turns)


@dataclass
class RecordedPlan:
    """A trace, read for what can be learnt from it."""

    path: Path
    started: PlanStarted
    sessions: dict[str, RecordedSession] = field(default_factory=dict)
    observation: str | None = None
    last_actor: str | None = None
    finished: PlanFinished | None = None

    @property
    def measured(self) -> bool:
        """Whether the plan was judged at all."""
        return self.finished is not None and self.finished.score.solved is not None

    @property
    def succeeded(self) -> bool:
        """Whether it came to its end, and was not judged a failure."""
        end = self.finished
        if end is None or end.stop_reason not in ("answered", "world_ended"):
            return False
        return end.score.solved is not False

    def good_sessions(self) -> list[RecordedSession]:
        """Those that answered, and whose parent is among them, or led to the world's good end.

        Of sessions of one name with the very same cells, the first.
        """
        good: dict[str, RecordedSession] = {}
        seen = set[tuple[str, ...]]()
        for session in self.sessions.values():
            if not self._is_good(session):
                continue
            cells = (session.opened.name, *(code for code, _ in session.turns[: session.good]))
            if cells not in seen:
                good[session.id] = session
            seen.add(cells)
        return list(good.values())

    def _is_good(self, session: RecordedSession) -> bool:
        """Where the plan failed, its sessions stand for themselves."""
        parent = self.sessions.get(session.opened.parent or "")
        if parent is None or not self.succeeded:
            return session.good > 0
        return session.good > 0 and self._is_good(parent)

    def take(self, event: Event) -> None:
        """Take up an event of the trace."""
        match event:
            case SessionOpened():
                self._open(event)
            case WorldReset():
                self.observation = event.observation
            case Acted():
                self.last_actor = event.session
            case CellStarted():
                self._session(event).running = event.code
            case CellFinished():
                self._run(event)
            case SessionClosed():
                self._session(event).close(well=event.answer is not None)
            case PlanFinished():
                self._finish(event)

    def _open(self, event: SessionOpened) -> None:
        call = SubtaskCall(
            repl=0, parent=0, name=event.name, call=event.call, comment=event.comment,
            args=event.args,
        )  # fmt: skip
        if session := self.sessions.get(event.session):
            session.told[len(session.turns)] = call_text(call, event.entry)
            return
        task = self.started.goal if self.observation is None else self.observation
        opening = task if event.parent is None else call_text(call, 1)
        self.sessions[event.session] = RecordedSession(event, opening)

    def _run(self, event: CellFinished) -> None:
        session = self._session(event)
        session.turns.append((session.running or "", event.result))
        session.running = None

    def _finish(self, event: PlanFinished) -> None:
        self.finished = event
        if event.stop_reason == "world_ended" and event.score.solved:
            session = self.sessions.get(self.last_actor or "")
            while session is not None:
                session.end_with_world()
                session = self.sessions.get(session.opened.parent or "")

    def _session(self, event: Event) -> RecordedSession:
        try:
            return self.sessions[event.session]
        except KeyError:
            raise ConfigError(f"{self.path}: no session {event.session} was opened") from None


def read_plan(path: Path) -> RecordedPlan:
    """Read a trace.

    Raises:
        TraceError: it cannot be read.
        ConfigError: it does not begin with the start of a plan.
    """
    events = read_trace(path)
    started = next(events, None)
    if not isinstance(started, PlanStarted):
        raise ConfigError(f"{path} does not begin with the start of a plan")
    plan = RecordedPlan(path, started)
    for event in events:
        plan.take(event)
    return plan


def choose_sessions(
    plan: RecordedPlan, only: Iterable[str] = (), *, anyway: bool = False
) -> list[RecordedSession]:
    """The sessions that are worth keeping.

    Args:
        plan: the trace.
        only: ids or REPL names; none for all.
        anyway: even where the plan did not succeed.

    Raises:
        ConfigError: the plan did not succeed, nothing measured whether it did and `only` names
            nothing, or a named session is not there or did not answer.
    """
    only = tuple(only)
    good = plan.good_sessions()
    if not anyway:
        _check_success(plan, good, named=bool(only))
    for name in only:
        if not _named(good, name):
            known = ", ".join(dict.fromkeys(s.id for s in good)) or "none did"
            there = "did not answer" if _named(plan.sessions.values(), name) else "is not there"
            raise ConfigError(f"{plan.path}: the session {name} {there}; that did: {known}")
    if not good:
        raise ConfigError(
            f"{plan.path}: no session that ran cells answered, so nothing is to be kept"
        )
    return [s for s in good if not only or s.id in only or s.opened.name in only]


def _check_success(plan: RecordedPlan, good: list[RecordedSession], *, named: bool) -> None:
    finished = plan.finished
    if finished is None:
        raise ConfigError(
            f"{plan.path} is cut off before its plan ended, so nothing in it is known to have"
            " led to success; keep what answered with --anyway"
        )
    if not plan.succeeded:
        raise ConfigError(
            f"the plan of {plan.path} did not succeed ({finished.stop_reason}); keep the sessions"
            " that answered all the same with --anyway"
        )
    if not plan.measured and not named:
        names = " ".join(f"--session {n}" for n in dict.fromkeys(s.opened.name for s in good))
        raise ConfigError(
            f"nothing measured whether the answer of {plan.path} is right: name the sessions that"
            f" went well, of {names}"
        )


def _named(sessions: Iterable[RecordedSession], name: str) -> list[RecordedSession]:
    return [s for s in sessions if name in (s.id, s.opened.name)]
