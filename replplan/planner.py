"""REPL-Plan's loop: a model writes a cell, sees what came of it, and goes on.

Source: Liu et al., Interactive and Expressive Code-Augmented Planning with Large Language Models,
ACL 2025, arXiv 2411.13826. There a model writes statement by statement; here it writes a cell.
"""

from __future__ import annotations

from dataclasses import dataclass

from replplan.cell import CellResult
from replplan.completion import read_reply
from replplan.events import CellFinished, CellStarted, OutputStreamed, TurnRejected
from replplan.model import Completion, Request
from replplan.prompt import say, show
from replplan.session import Session
from replplan.tree import Stuck, Tree


@dataclass(frozen=True)
class ReplPlanner:
    """One cell a turn, until the session answers or the plan ends.

    Attributes:
        patience: equal turns in a row (no cell, or the same cell with the same result) after which
            a session counts as stuck.
        max_tokens: tokens that one reply may have; None for the model's own default.
    """

    name: str = "repl-plan"
    patience: int = 5
    max_tokens: int | None = None

    async def run(self, session: Session, tree: Tree) -> None:
        """Turn after turn."""
        progress = Progress(self.patience)
        while session.answer is None and tree.ending is None:
            progress.enter(await self.turn(session, tree))
            if progress.repeating:
                session.tell(say("repeated"))

    async def turn(self, session: Session, tree: Tree) -> str:
        """One model call and its cell. Returns what the turn came to, to compare it with others."""
        completion = await self.propose(session, tree)
        session.turns += 1
        proposal = read_reply(completion)
        session.said(proposal.text)
        if proposal.code is None:
            reason = say(proposal.reason)
            tree.emit(TurnRejected(session=session.id, turn=session.turns, reason=reason))
            session.tell(reason)
            return proposal.reason
        result = await self.run_cell(session, tree, proposal.code)
        session.answer = result.answer
        session.tell(show(result))
        return f"{proposal.code}\n{show(result)}"

    async def propose(self, session: Session, tree: Tree) -> Completion:
        """The model's next reply in this session."""
        messages = session.prompt()
        request = Request(
            messages=messages,
            digest=session.digest.name(),
            session=session.id,
            max_tokens=self.max_tokens,
        )
        already, session.sent = session.sent, len(messages)
        return await tree.complete(request, already)

    async def run_cell(self, session: Session, tree: Tree, code: str) -> CellResult:
        """Run a cell where the session lives."""

        def on_output(text: str) -> None:
            tree.emit(OutputStreamed(session=session.id, text=text))

        tree.emit(CellStarted(session=session.id, turn=session.turns, code=code))
        timeout = tree.budget.limits.cell_seconds
        result = await session.repl.execute(code, timeout=timeout, on_output=on_output)
        tree.emit(
            CellFinished(session=session.id, turn=session.turns, result=result, shown=show(result))
        )
        return result


@dataclass
class Progress:
    """Notices turns that come to the same again and again."""

    patience: int
    last: str = ""
    equal: int = 0

    @property
    def repeating(self) -> bool:
        """Whether it is time to say so."""
        return self.equal >= 3

    def enter(self, turn: str) -> None:
        """Compare a turn with the one before.

        Raises:
            Stuck: it is the same for the last time.
        """
        self.equal = self.equal + 1 if turn == self.last else 1
        self.last = turn
        if self.equal >= self.patience:
            raise Stuck(f"{self.equal} turns in a row came to the same")
