"""REPL-Plan's loop: a model writes a cell, sees what came of it, and goes on.

Source: Liu et al., Interactive and Expressive Code-Augmented Planning with Large Language Models,
ACL 2025, arXiv 2411.13826. There a model writes statement by statement; here it writes a cell,
unless it is told to go by statements.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from replplan.answers import judge
from replplan.cell import CellResult
from replplan.completing import next_reply
from replplan.completion import Reply, read_reply
from replplan.events import CellFinished, CellStarted, OutputStreamed, TurnRejected
from replplan.fitting import fits
from replplan.kernel import Function
from replplan.model import Completion, Message
from replplan.pool import Demonstration
from replplan.prompt import SECTIONS, Opening, Section, open_prompt, say, show
from replplan.repair import repair_text
from replplan.session import Session
from replplan.statement import only_first_statement
from replplan.steering import Refuse, review, tell_notes
from replplan.switches import ALL_ON, Switches
from replplan.transcript import Part
from replplan.tree import Stuck, Tree

_NOTICED = 3
"""Turns in a row that come to the same from which on the model is told so."""


@dataclass(frozen=True)
class TurnPlanner(ABC):
    """One reply a turn, until the session answers or the plan ends: the base of every method.

    Attributes:
        name: the method's name in traces and tables, with its switches.
        switches: what of the method is on.
        patience: turns in a row that come to the same after which a session counts as stuck.
        max_tokens: tokens that one reply may have; None for the model's own default.
    """

    name: str
    switches: Switches = ALL_ON
    patience: int = 5
    max_tokens: int | None = None

    sections: ClassVar[tuple[Section, ...]] = SECTIONS
    """What enters the opening of a prompt, in order."""

    repeated: ClassVar[str] = "repeated"
    """The prompt text that says that turns repeat."""

    @property
    def needs_kernel(self) -> bool:
        """Whether it runs cells."""
        return True

    def open_prompt(self, opening: Opening) -> list[Message]:
        """The messages before a session's own task."""
        return open_prompt(opening, self.sections)

    def fits(self, demonstration: Demonstration, functions: tuple[Function, ...]) -> bool:
        """Whether all that a demonstration calls is there."""
        return fits(demonstration, self.switches, functions)

    async def run(self, session: Session, tree: Tree) -> None:
        """Turn after turn."""
        repetition = Repetition(self.patience)
        while session.answer is None and tree.ending is None:
            came = await self.turn(session, tree)
            judge(session, tree)
            repetition.enter(came)
            session.repeating = repetition.noticed
            if repetition.noticed:
                session.tell(Part(say(self.repeated), "said"))

    @abstractmethod
    async def turn(self, session: Session, tree: Tree) -> str:
        """One model call and what follows from it.

        Returns:
            What the turn came to, to compare it with others.
        """

    def reject(self, session: Session, tree: Tree, reason: str) -> str:
        """Tell the model, in the words of that prompt text, why nothing came of its reply."""
        text = say(reason)
        tree.emit(TurnRejected(session=session.id, turn=session.turns, reason=text))
        session.tell(Part(text, "said"))
        return reason

    async def propose(self, session: Session, tree: Tree) -> Completion:
        """The model's next reply in this session."""
        await tell_notes(tree, session)
        return await next_reply(tree, session, self.max_tokens)


@dataclass(frozen=True)
class ReplPlanner(TurnPlanner):
    """REPL-Plan: one cell a turn; in statement mode, one statement."""

    name: str = "repl-plan"

    async def turn(self, session: Session, tree: Tree) -> str:
        """One model call and its cell; in a branch, the rest of the cell that is under way."""
        if session.midway:
            return await self.see_out(session, tree)
        completion = await self.propose(session, tree)
        session.turns += 1
        reply = self.read(completion)
        session.said(reply.text)
        if reply.code is None:
            return self.reject(session, tree, reply.reason)
        verdict = await review(tree, session, reply.code)
        if isinstance(verdict, Refuse):
            return f"refused: {verdict.reason}\n{reply.code}"
        if session.answer is not None or tree.ending is not None:
            return reply.code  # a cell of the user's own came first
        return came_to(verdict.code, await self.run_cell(session, tree, verdict.code))

    async def see_out(self, session: Session, tree: Tree) -> str:
        """What comes of the cell in whose middle a branch was made."""
        session.midway = False
        async with session.busy:
            result = await session.repl.resume()
            self._tell(session, tree, result)
        await tree.steering.after_cell(session)
        return came_to("", result)

    def read(self, completion: Completion) -> Reply:
        """The cell that a reply proposes."""
        reply = read_reply(completion)
        if self.switches.step == "statement":
            return only_first_statement(reply)
        return reply

    def report(self, shown: str) -> str:
        """What the model is told of its cell, of which this is shown."""
        return shown

    async def run_cell(self, session: Session, tree: Tree, code: str) -> CellResult:
        """Run a cell where the session lives, and tell of what came of it.

        Nobody else holds the session in between: who branches it then branches it with its cell.
        """

        def on_output(text: str) -> None:
            tree.emit(OutputStreamed(session=session.id, text=text))

        async with session.busy:
            code = tree.past.start(session.id, code)
            tree.emit(CellStarted(session=session.id, turn=session.turns, code=code))
            timeout = tree.past.stopped_after(session.id) or tree.budget_of(session.id).cell_seconds
            result = await session.repl.execute(code, timeout=timeout, on_output=on_output)
            past = tree.past.finish(session.id, result)
            result = past.result if past else result
            self._tell(session, tree, result, past.shown if past else None)
        await tree.steering.after_cell(session)
        return result

    def _tell(
        self, session: Session, tree: Tree, result: CellResult, shown: str | None = None
    ) -> None:
        """Tell the sinks and the model of a cell that has ended."""
        repair = repair_text(tree, session.id, result)
        shown = show(result, repair) if shown is None else shown
        tree.emit(CellFinished(session=session.id, turn=session.turns, result=result, shown=shown))
        session.answer = result.answer
        session.tell(Part.of_cell(self.report(shown), result))


def came_to(code: str, result: CellResult) -> str:
    """A cell and its result, in a form that is equal for equal turns: without the cell's number."""
    error = f"{result.error.name}: {result.error.message}" if result.error else ""
    return "\n".join([code, result.output, result.value or "", error])


@dataclass
class Repetition:
    """Notices turns that come to the same again and again."""

    patience: int
    last: str = ""
    equal: int = 0

    @property
    def noticed(self) -> bool:
        """Whether it is time to say so."""
        return self.equal >= _NOTICED

    def enter(self, turn: str) -> None:
        """Compare a turn with the one before.

        Raises:
            Stuck: it is the same for the last time.
        """
        self.equal = self.equal + 1 if turn == self.last else 1
        self.last = turn
        if self.equal >= self.patience:
            raise Stuck(f"{self.equal} turns in a row came to the same")
