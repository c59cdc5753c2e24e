"""What a trace holds of a plan, to be lived through once more: so a plan goes on after a crash.

Cells run again, in a new kernel; what they call gives what it gave then, and every model call has
the reply that it had. A fresh world is led through the recorded actions first. What the trace does
not hold, because the plan broke off there, happens as in any other plan.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from replplan.cell import CellResult
from replplan.domain import Transition
from replplan.errors import DomainError, TraceError
from replplan.events import Acted, CellFinished, CellStarted, FunctionCalled, SessionOpened
from replplan.kernel import SubtaskCall
from replplan.model import Completion, Message
from replplan.record import Json
from replplan.steering_events import CellReviewed, LimitsRaised
from replplan.world import World

T = TypeVar("T")

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+")


@dataclass
class PastTurn:
    """One model call of a session, and what came of it as far as the trace goes.

    Attributes:
        entry: of the session, that it belongs to.
        prompt: the whole of it.
        notes: what somebody told the session before it.
        own_before: cells that somebody ran in the session before it.
        reply: what the model said; None where the trace breaks off before.
        review: what somebody made of its cell.
        own_within: cells that somebody ran between the reply and its cell.
        started: its cell.
        finished: what came of that.
        over: whether all of it is in the trace.
    """

    entry: int
    prompt: tuple[Message, ...]
    notes: list[str] = field(default_factory=list)
    own_before: list[str] = field(default_factory=list)
    reply: Completion | None = None
    review: CellReviewed | None = None
    own_within: list[str] = field(default_factory=list)
    started: CellStarted | None = None
    finished: CellFinished | None = None
    over: bool = False


@dataclass
class PastSession:
    """One REPL of the trace. What has been lived through is taken out.

    Attributes:
        opened: how it was opened first.
        turns: those that are yet to come.
        now: the one under way.
        acts: what it did in the world.
        calls: the functions of the domain that it called.
        answers: what somebody replied to its questions, each with the question.
        failures: why an entry ended without an answer.
        own_last: cells that somebody ran in it behind its last turn.
    """

    opened: SessionOpened | None = None
    turns: deque[PastTurn] = field(default_factory=deque)
    now: PastTurn | None = None
    acts: deque[Acted] = field(default_factory=deque)
    calls: deque[FunctionCalled] = field(default_factory=deque)
    answers: deque[tuple[str, str]] = field(default_factory=deque)
    failures: dict[int, str] = field(default_factory=dict)
    own_last: list[str] = field(default_factory=list)

    def take_own_last(self) -> list[str]:
        """The cells of somebody behind the last turn, once."""
        cells, self.own_last = self.own_last, []
        return cells

    @property
    def is_over(self) -> bool:
        """Whether all that is to happen just now is in the trace."""
        return self.now is not None and self.now.over


@dataclass
class Past:
    """A plan's past; that of a new plan is empty.

    Attributes:
        path: the trace that it is from.
        seconds: how long the plan had been under way.
        acts: all actions, in order.
        sessions: by their ids.
        asked: replies to questions, by the digest of their prompts.
        raised: limits that somebody raised.
    """

    path: str = ""
    seconds: float = 0.0
    acts: list[Acted] = field(default_factory=list)
    sessions: dict[str, PastSession] = field(default_factory=lambda: defaultdict(PastSession))
    asked: dict[str, deque[Completion]] = field(default_factory=lambda: defaultdict(deque))
    raised: deque[LimitsRaised] = field(default_factory=deque)

    # ------------------------------------------------------------------ turns
    def next_turn(self, session: str, entry: int) -> PastTurn | None:
        """The session's next turn; None where it is new.

        Raises:
            TraceError: the trace has the session answer here.
        """
        past = self._of(session)
        past.now = None
        if past.turns and past.turns[0].entry != entry:
            raise self.departs(session, "it had answered, and now it goes on")
        if past.turns:
            past.now = past.turns.popleft()
        return past.now

    def failure_of(self, session: str, entry: int) -> str | None:
        """Why an entry of a session ended without an answer, if it did."""
        return self._of(session).failures.get(entry)

    def reply(self, session: str) -> Completion | None:
        """What the model said in the present turn; None in a new one."""
        now = self._of(session).now
        return now.reply if now else None

    def reply_to(self, digest: str) -> Completion | None:
        """What the model replied to a question; None to a new one."""
        known = self.asked.get(digest)
        return known.popleft() if known else None

    # ------------------------------------------------------------------ cells
    def start(self, session: str, code: str) -> str:
        """The code of the cell that was run in the present turn; the one given, in a new one."""
        now = self._of(session).now
        return now.started.code if now and now.started else code

    def stopped_after(self, session: str) -> float | None:
        """Seconds after which the cell of the present turn was stopped, if it was."""
        then = self._finished(session)
        return then.result.seconds if then and then.result.stopped else None

    def finish(self, session: str, result: CellResult) -> CellFinished | None:
        """What came of the present turn's cell, which has just run again; None for a new one.

        Raises:
            TraceError: it ended in another way.
        """
        then = self._finished(session)
        if then is None:
            return None
        before, again = _ending(then.result), _ending(result)
        if before != again and not then.result.stopped:
            raise self.departs(session, f"its cell {before}, and now it {again}")
        return then

    def _finished(self, session: str) -> CellFinished | None:
        now = self._of(session).now
        return now.finished if now else None

    # ------------------------------------------------------------------ calls
    def child(self, parent: str, call: SubtaskCall) -> str | None:
        """The id of the child that a call opened for the first time; None for a new one.

        Raises:
            TraceError: the trace has no such call in a cell whose calls it has all.
        """
        for id_, session in self.sessions.items():
            opened = session.opened
            if opened and opened.parent == parent and _call(opened) == _call(call):
                session.opened = None
                return id_
        self._check_over(parent, f"called {call.call}")
        return None

    def acted(self, session: str, action: str) -> Transition | None:
        """What an action led to; None for a new one.

        Raises:
            TraceError: the trace has another action there.
        """
        act = _take(self._of(session).acts, lambda act: act.action == action)
        if act is None:
            self._check_over(session, f"did the action {action!r}")
            return None
        return Transition.model_validate(act.model_dump())

    def called(
        self, session: str, name: str, args: list[Json], kwargs: dict[str, Json]
    ) -> FunctionCalled | None:
        """What a function of the domain gave; None for a new call. One with the same arguments
        comes first: else the next one, whose arguments may be written otherwise each time.

        Raises:
            TraceError: the trace has no such call there.
        """
        calls = self._of(session).calls
        same = (name, args, kwargs)
        found = _take(calls, lambda c: (c.name, list(c.arguments), c.keywords) == same)
        found = found or _take(calls, lambda c: c.name == name)
        if found is None:
            self._check_over(session, f"called {name}()")
        return found

    def _check_over(self, session: str, did: str) -> None:
        if self._of(session).is_over:
            raise self.departs(session, f"its cell now {did}, which it had not")

    def departs(self, session: str, how: str) -> TraceError:
        """The error that says where a plan cannot be lived through as it was."""
        now = self._of(session).now
        turn = f", turn {now.started.turn}" if now and now.started else ""
        return TraceError(
            f"the plan of {self.path} cannot be resumed: in session {session}{turn} {how}"
        )

    def _of(self, session: str) -> PastSession:
        """What the trace holds of a session: nothing, of one that it does not know."""
        return self.sessions[session] if session in self.sessions else PastSession()


def _take(those: deque[T], wanted: Callable[[T], bool]) -> T | None:
    """The first that is wanted, taken out; None where there is none."""
    for place, one in enumerate(those):
        if wanted(one):
            del those[place]
            return one
    return None


def _call(call: SessionOpened | SubtaskCall) -> tuple[str, ...]:
    """A call as it was written, and its arguments, in which addresses do not matter."""
    return (call.name, call.call, *(_ADDRESS.sub("0x", arg) for arg in call.args))


def _ending(result: CellResult) -> str:
    if result.error:
        return f"ended with {result.error.name}"
    return "answered" if result.answer else "ended well"


async def lead(world: World, acts: Iterable[Acted]) -> None:
    """Lead a fresh world to where another one stood.

    Raises:
        DomainError: it does not answer as that one did.
    """
    for act in acts:
        transition = await world.step(act.action)
        check_same(f"action {act.action_count}", transition.observation, act.observation)


def check_same(when: str, now: str, then: str) -> None:
    """Whether a world answers as it did.

    Raises:
        DomainError: it does not.
    """
    if now != then:
        raise DomainError(
            f"this world cannot be led to where it was: at {when} it does not answer as it did"
        )
