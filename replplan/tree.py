"""What all sessions of one plan share: model, budget, world, events, and the end of it all."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from itertools import chain, count

from replplan.base_event import Fault
from replplan.cell import Answer
from replplan.clocks import Clocks
from replplan.domain import Domain, Score, Task, Transition
from replplan.errors import DomainError, KernelError, LimitExceeded, ModelError, ReplplanError
from replplan.events import (
    Acted,
    Event,
    LimitReached,
    SessionClosed,
    SessionOpened,
    Sink,
)
from replplan.fitting import demonstrations_for, similar_names
from replplan.kernel import ROOT, Function, KernelOptions, Repl, SubtaskCall
from replplan.limits import Budget, Limits, Usage, limits_of_child
from replplan.method import Planner
from replplan.model import Model
from replplan.past import Past
from replplan.pool import Pool
from replplan.prompt import Opening, call_text, describe, reach_text, similar_text
from replplan.session import Session
from replplan.steering import Steering, raise_limit
from replplan.transcript import Part
from replplan.window import Window
from replplan.world import World


class Stuck(ReplplanError):
    """A session makes no progress any more."""


@dataclass(frozen=True)
class Ending:
    """Why a plan is over: its stop reason; where something failed, a sentence and where it did."""

    stop_reason: str
    error: str | None = None
    fault: Fault | None = None


@dataclass
class Tree:
    """One plan under way."""

    task: Task
    domain: Domain
    model: Model
    planner: Planner
    budget: Budget
    sinks: tuple[Sink, ...]
    seed: int = 0
    pool: Pool = field(default_factory=Pool)
    kernel: KernelOptions = field(default_factory=KernelOptions)
    world: World | None = None
    observation: str = ""
    last: Transition | None = None
    ending: Ending | None = None
    sessions: dict[int, Session] = field(default_factory=dict)
    budgets: dict[str, Budget] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    steering: Steering = field(default_factory=Steering)
    clocks: Clocks = field(default_factory=Clocks)
    raising: asyncio.Lock = field(default_factory=asyncio.Lock)
    past: Past = field(default_factory=Past)

    def __post_init__(self) -> None:
        self.window = Window(self.model.context)

    def emit(self, event: Event) -> None:
        """Tell every sink."""
        event = event.model_copy(update={"time": time.time()})
        for sink in self.sinks:
            sink(event)

    def end(
        self, stop_reason: str, error: str | None = None, *, fault: Fault | None = None
    ) -> None:
        """The plan is over. The first reason stands; a fault that comes after it is told too."""
        first = self.ending or Ending(stop_reason, error, fault)
        self.ending = Ending(first.stop_reason, first.error or error, first.fault)

    def fail(self, error: ReplplanError) -> None:
        """The plan is over because something failed. A kernel that breaks while the plan is being
        unwound took nothing."""
        if self.ending is None or not isinstance(error, KernelError):
            self.end("failed", str(error), fault=_fault(error))

    def end_by_limit(self, limit: LimitExceeded) -> None:
        """The plan is over because a limit of its own fell."""
        if self.ending is None:
            self.tell_limit(limit)
        self.end(f"limit:{limit.limit}", str(limit))

    def tell_limit(self, limit: LimitExceeded) -> None:
        """Tell the sinks that a limit of the plan or of one session fell."""
        session, allowed, used = limit.session, limit.allowed, limit.used
        self.emit(LimitReached(session=session, limit=limit.limit, used=used, allowed=allowed))

    def budget_of(self, session: str) -> Budget:
        """The account that what a session spends is entered in: the plan's, or a part of it."""
        return self.budgets.get(session, self.budget)

    async def allow(self, session: str, *limits: str) -> None:
        """Refuse what would go past one of these limits, unless the plan's own is raised.

        Raises:
            LimitExceeded: that limit is used up.
        """
        while True:
            try:
                return self.budget_of(session).check(*limits)
            except LimitExceeded as fallen:
                if not await raise_limit(self, fallen):
                    raise

    @property
    def root(self) -> Session | None:
        """The root session, once it is open."""
        return self.sessions.get(ROOT)

    @property
    def answer(self) -> Answer | None:
        """What the root answered."""
        return self.root.answer if self.root else None

    def score(self) -> Score:
        """The domain's judgement of where the plan stands."""
        return self.domain.score(self.task, self.last, self.answer)

    # ------------------------------------------------------------------ sessions
    def open_root(self, repl: Repl) -> Session:
        """The root session, told of its task."""
        session = Session(id="root", name="root", repl=repl)
        text = self.observation if self.world else self.task.goal
        session.tell(text)
        self._enter(ROOT, session, text)
        self.emit(SessionOpened(name="root"))
        return session

    def open_child(self, call: SubtaskCall, repl: Repl) -> Session:
        """The session that a call of an undefined name opens, or enters again; in a branch, one
        that goes on in the middle of a cell.

        Raises:
            LimitExceeded: it would nest too deep.
            ConfigError: what its parent gave it as limits are none.
            KeyError: the REPL that calls, or that goes on, is not of this plan.
        """
        parent, session = self.sessions[call.parent], self.sessions.get(call.repl)
        budget, limits = self.budget_of(parent.id), limits_of_child(call.limits)
        if session is None:
            if call.resumed:
                raise KeyError(call.repl)
            budget.check_depth(parent.depth + 1)
            past = self.past.child(parent.id, call)
            session = Session(past or self._child_id(parent, call.name), call.name, repl, parent)
        session.repl, session.answer, session.midway = repl, None, call.resumed
        own = Budget(limits, session.id, budget, session.depth) if call.limits else budget
        self.budgets[session.id] = own
        if not session.midway:
            self._tell_call(session, call, limits)
        return session

    def _tell_call(self, session: Session, call: SubtaskCall, limits: Limits) -> None:
        """Have a session and the sinks know of its call."""
        self._enter(call.repl, session, call_text(call, 1))
        session.tell(Part(call_text(call, session.entries), "call"))
        if session.entries == 1 and (known := similar_names(self, call.name)):
            session.tell(similar_text(call.name, known))
        self.emit(
            SessionOpened(
                session=session.id,
                name=session.name,
                parent=session.parent.id if session.parent else None,
                depth=session.depth,
                entry=session.entries,
                call=call.call,
                comment=call.comment,
                args=call.args,
                limits=limits if call.limits else None,
            )
        )

    def failure_of(self, session: Session) -> str | None:
        """Why a session whose turn is over did not answer; None if it did, or the world ended."""
        if session.answer or (self.ending and self.ending.stop_reason == "world_ended"):
            return None
        return self.ending.stop_reason if self.ending else "it did not answer"

    def close_session(self, session: Session, failure: str | None = None) -> None:
        """A session's turn is over."""
        self.emit(SessionClosed(session=session.id, answer=session.answer, failure=failure))

    def _enter(self, number: int, session: Session, text: str) -> None:
        session.entries += 1
        if session.entries == 1:
            self.sessions[number] = session
            self.budget.add(Usage(sessions=1))
            opening = self.planner.open_prompt(self._opening(session, text))
            session.transcript.enter(*opening)

    def _child_id(self, parent: Session, name: str) -> str:
        taken = {*self.past.sessions, *(session.id for session in self.sessions.values())}
        numbered = (f"{parent.id}/{name}#{number}" for number in count(2))
        return next(n for n in chain([f"{parent.id}/{name}"], numbered) if n not in taken)

    @property
    def functions(self) -> tuple[Function, ...]:
        """The domain's own functions, as cells and models are told of them."""
        return tuple(describe(f) for f in self.domain.functions)

    @property
    def kernel_functions(self) -> tuple[Function, ...]:
        """Those of its functions that run in the kernel, as models are told of them."""
        return tuple(describe(f) for f in self.domain.kernel_functions)

    def _opening(self, session: Session, text: str) -> Opening:
        return Opening(
            domain=f"{self.domain.description}\n{reach_text(self.kernel)}".strip(),
            world=self.domain.has_world,
            functions=(*self.functions, *self.kernel_functions),
            demonstrations=demonstrations_for(self, session.name, text),
            switches=self.planner.switches,
        )

    # ------------------------------------------------------------------ the world
    async def act(self, session: str, action: str) -> Transition:
        """One action, on the budget, told to the sinks.

        Raises:
            LimitExceeded: no action is left.
            DomainError: the world broke.
        """
        assert self.world is not None
        await self.allow(session, "actions")
        self.budget_of(session).add(Usage(actions=1))
        count = self.budget.usage.actions
        past = self.past.acted(session, action)
        transition = past or await self.world.step(action)
        self.observation, self.last = transition.observation, transition
        if self.domain.refused(transition):
            self.refused[session] = action
        else:
            self.refused.clear()  # what is possible now is no way out of what was refused before
        self.emit(
            Acted(session=session, action=action, action_count=count, **transition.model_dump())
        )
        return transition


def _fault(error: ReplplanError) -> Fault:
    """Where the trouble lies that ended a plan."""
    match error:
        case ModelError():
            return "model"
        case KernelError():
            return "kernel"
        case DomainError():
            return "world"
    return "replplan"
