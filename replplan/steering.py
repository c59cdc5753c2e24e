"""Steering: what somebody may do to a plan under way, asked at the joints of the loop.

The planner, the calls and the budget await these hooks. The base class lets everything pass, so
that a plan without steering is the same plan, byte for byte. What a hook does that a model can
notice is told to it in words of `prompts/`, and every use of a hook is an event.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from replplan.errors import LimitExceeded
from replplan.events import AskAnswered, CellReviewed, LimitsRaised, Noted
from replplan.limits import Limits
from replplan.prompt import Question, say

if TYPE_CHECKING:
    from replplan.live_plan import LivePlan
    from replplan.session import Session
    from replplan.tree import Tree


@dataclass(frozen=True)
class Allow:
    """Let a cell run: as it was proposed, or changed. A change is told to the model."""

    code: str


@dataclass(frozen=True)
class Refuse:
    """Do not let a cell run; the model is told the reason."""

    reason: str


Verdict = Allow | Refuse


class Steering:
    """Lets everything pass. Override what you want to steer.

    Every hook may take its time: while one is awaited, the wall clock of the plan stands still.
    """

    def opened(self, plan: LivePlan) -> None:
        """The plan's kernel is there: `plan` is for what is done from outside its loop."""

    def closed(self) -> None:
        """The plan is over; the handle that `opened` was given is of no more use."""

    async def before_turn(self, session: Session) -> Sequence[str]:
        """A session is about to ask its model: notes that it is to read first."""
        return ()

    async def before_cell(self, session: Session, code: str) -> Verdict | None:
        """A session is about to run a cell; None where nobody has looked at it."""
        return None

    async def after_cell(self, session: Session) -> None:
        """A cell of a session has ended, the planner's or one of its own."""

    async def before_ask(self, session: Session, question: Question) -> str | None:
        """A cell asks a question: the reply in the form that is asked for, or None for the model.

        A reply that does not fit comes back with `question.tried`.
        """
        return None

    async def limit_fell(self, limit: LimitExceeded) -> Limits | None:
        """A limit of the plan has fallen: limits to go on with, or None to end the plan."""
        return None


@asynccontextmanager
async def waiting(tree: Tree) -> AsyncIterator[None]:
    """Let the clocks of a plan stand still: somebody is waited for."""
    with tree.clocks.stopped():
        yield


async def tell_notes(tree: Tree, session: Session) -> None:
    """Put the notes that there are into a session's transcript, before its next turn."""
    async with waiting(tree):
        notes = await tree.steering.before_turn(session)
    for note in notes:
        tree.emit(Noted(session=session.id, text=note))
        session.tell(say("note", note=note))


async def review(tree: Tree, session: Session, code: str) -> Verdict:
    """What is to become of a cell; a refusal, or a change, is told to the model."""
    session.in_review = True
    try:
        async with waiting(tree):
            verdict = await tree.steering.before_cell(session, code)
    finally:
        session.in_review = False
    match verdict:
        case None:
            return Allow(code)
        case Refuse(reason):
            _reviewed(tree, session, code, verdict="refused", reason=reason)
            session.tell(say("cell_refused", reason=reason))
        case Allow(changed) if changed != code:
            _reviewed(tree, session, code, verdict="edited", code=changed)
            session.tell(say("cell_edited", code=changed))
        case Allow():
            _reviewed(tree, session, code, verdict="run")
    return verdict


def _reviewed(tree: Tree, session: Session, proposed: str, **outcome: str) -> None:
    event = {"session": session.id, "turn": session.turns, "proposed": proposed, **outcome}
    tree.emit(CellReviewed.model_validate(event))


async def answer_of(tree: Tree, session: Session, question: Question) -> str | None:
    """The reply of somebody other than the model to a question, if there is one."""
    async with waiting(tree):
        answer = await tree.steering.before_ask(session, question)
    if answer is not None:
        tree.emit(AskAnswered(session=session.id, question=question.text, answer=answer))
    return answer


async def raise_limit(tree: Tree, fallen: LimitExceeded) -> bool:
    """Whether a plan may go on although a limit fell: because it was raised."""
    budget = tree.budget
    if fallen.session != budget.session or fallen.limit not in Limits.model_fields:
        return False
    async with tree.raising:
        if _is_above(budget.limits, fallen):
            return True  # somebody who came to it at the same time has raised it
        async with waiting(tree):
            raised = await tree.steering.limit_fell(fallen)
        if raised is None or not _is_above(raised, fallen):
            return False
        budget.limits = raised
        tree.emit(LimitsRaised(limit=fallen.limit, limits=raised))
        tree.clocks.reset()
        return True


def _is_above(limits: Limits, fallen: LimitExceeded) -> bool:
    allowed = getattr(limits, fallen.limit)
    return allowed is None or allowed > fallen.used
