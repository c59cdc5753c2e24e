"""Steering by hand: a person's wishes wait here until the plan comes to them, and the plan for
the person's decisions. What the terminal app and other faces steer with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from replplan.errors import LimitExceeded
from replplan.events import Paused, VariablesSeen
from replplan.limits import Limits
from replplan.live_plan import LivePlan
from replplan.prompt import Question
from replplan.session import Session
from replplan.steering import Allow, Steering, Verdict

T = TypeVar("T")


@dataclass(frozen=True)
class Decision(Generic[T]):
    """Something that the plan waits for a person to decide.

    Attributes:
        session: the id of the session that waits.
    """

    session: str
    _made: asyncio.Future[T] = field(default_factory=lambda: asyncio.Future())

    @property
    def is_open(self) -> bool:
        """Whether it has not been made yet."""
        return not self._made.done()

    def make(self, decision: T) -> None:
        """Decide. Only the first decision counts."""
        if self.is_open:
            self._made.set_result(decision)

    async def made(self) -> T:
        """Wait for it."""
        return await self._made


@dataclass(frozen=True)
class Review(Decision[Verdict]):
    """Whether a cell may run."""

    turn: int = 0
    code: str = ""


@dataclass(frozen=True)
class Query(Decision[str | None]):
    """The reply to an `ask`; None leaves it to the model."""

    question: Question = field(default_factory=lambda: Question(""))


@dataclass(frozen=True)
class Fallen(Decision[Limits | None]):
    """Limits to go on with; None ends the plan."""

    limit: LimitExceeded = field(default_factory=lambda: LimitExceeded("", 0, 0, "root"))


@dataclass(frozen=True)
class Pause(Decision[None]):
    """Where a paused session waits before its turn."""


AnyDecision = Review | Query | Fallen | Pause
D = TypeVar("D", Review, Query, Fallen, Pause)


@dataclass
class Helm(Steering):
    """A person's side of a plan. All of it belongs to the plan's own event loop.

    Attributes:
        on_change: is called whenever there is something else to decide, or nothing any more.
        approving: each cell waits for a verdict.
        answering: each question of an `ask` waits for a reply.
        raising: the plan waits for a decision when a limit of its own falls.
        watching: a session's variables are told after each of its cells.
        paused: sessions wait before their turns.
        plan: the plan, while it is under way.
        waits: what there is to decide, the oldest first.
        notes: what is to be told, each to a session by its id, or to the next one (None).
    """

    on_change: Callable[[], None] = lambda: None
    approving: bool = False
    answering: bool = False
    raising: bool = True
    watching: bool = False
    paused: bool = False
    plan: LivePlan | None = None
    waits: list[AnyDecision] = field(default_factory=list)
    notes: list[tuple[str | None, str]] = field(default_factory=list)
    _steps: int = 0

    # ------------------------------------------------------------------ the person's side
    def pause(self) -> None:
        """Have every session wait before its next turn."""
        self.paused, self._steps = True, 0
        self.on_change()

    def resume(self) -> None:
        """Let them go on."""
        self.paused, self._steps = False, 0
        for pause in self.waiting(Pause):
            pause.make(None)
        self.on_change()

    def step(self) -> None:
        """Let one session have one turn, and pause before the next."""
        pauses = self.waiting(Pause)
        if pauses:
            pauses[0].make(None)
        else:
            self._steps = 1
        self.paused = True
        self.on_change()

    def approve(self, on: bool) -> None:
        """Look at each cell before it runs, or let them all run, those that wait too."""
        self.approving = on
        if not on:
            for review in self.waiting(Review):
                review.make(Allow(review.code))
        self.on_change()

    def answer(self, on: bool) -> None:
        """Reply to each `ask` oneself, or leave all to the model, those that wait too."""
        self.answering = on
        if not on:
            for query in self.waiting(Query):
                query.make(None)
        self.on_change()

    def note(self, text: str, session: str | None = None) -> None:
        """Tell a session something before its next turn; None: whichever has the next one."""
        self.notes.append((session, text))
        self.on_change()

    def waiting(self, kind: type[D]) -> list[D]:
        """What of a kind there is to decide, the oldest first."""
        return [d for d in self.waits if isinstance(d, kind) and d.is_open]

    # ------------------------------------------------------------------ the plan's side
    def opened(self, plan: LivePlan) -> None:
        """Take the plan's handle."""
        self.plan = plan
        self.on_change()

    def closed(self) -> None:
        """Nothing can be steered any more."""
        self.plan = None
        self.on_change()

    async def before_turn(self, session: Session) -> Sequence[str]:
        """Wait where the plan is paused; then the notes for this session."""
        if self.paused and not self._take_step():
            await self._stop(session)
        mine = [text for to, text in self.notes if to in (None, session.id)]
        self.notes = [n for n in self.notes if n[0] not in (None, session.id)]
        if mine:
            self.on_change()
        return mine

    def _take_step(self) -> bool:
        step, self._steps = self._steps, 0
        return step > 0

    async def _stop(self, session: Session) -> None:
        assert self.plan is not None
        self.plan.emit(Paused(session=session.id))
        await self._decide(Pause(session.id))
        self.plan.emit(Paused(session=session.id, paused=False))

    async def before_cell(self, session: Session, code: str) -> Verdict | None:
        """The person's verdict, in approve mode."""
        if not self.approving:
            return None
        return await self._decide(Review(session.id, turn=session.turns, code=code))

    async def after_cell(self, session: Session) -> None:
        """Tell what the session's variables are now."""
        if self.watching and self.plan is not None:
            variables = await session.repl.variables()
            self.plan.emit(VariablesSeen(session=session.id, variables=variables))

    async def before_ask(self, session: Session, question: Question) -> str | None:
        """The person's reply, if they want to give it."""
        if not self.answering:
            return None
        return await self._decide(Query(session.id, question=question))

    async def limit_fell(self, limit: LimitExceeded) -> Limits | None:
        """The person's new limits, if they want to go on."""
        if not self.raising:
            return None
        return await self._decide(Fallen(limit.session, limit=limit))

    async def _decide(self, decision: Decision[T]) -> T:
        self.waits.append(decision)  # type: ignore[arg-type]
        self.on_change()
        try:
            return await decision.made()
        finally:
            self.waits.remove(decision)  # type: ignore[arg-type]
            self.on_change()
