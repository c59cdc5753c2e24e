"""A plan under way, as seen from outside its loop: interrupt it, run a cell of one's own in it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from replplan.cell import CellResult
from replplan.errors import ConfigError
from replplan.events import (
    Event,
    Interrupted,
    LimitsRaised,
    OutputStreamed,
    OwnCellFinished,
    OwnCellStarted,
)
from replplan.kernel import Kernel
from replplan.limits import Limits
from replplan.prompt import say, show
from replplan.session import Session
from replplan.tree import Tree

if TYPE_CHECKING:
    from replplan.episode import Episode


@dataclass
class LivePlan:
    """What `Steering.opened` is given. All of it belongs to the plan's own event loop.

    Attributes:
        tree: the plan.
        episode: what it was made from.
        kernel: the kernel of its root, and of all its sessions.
    """

    tree: Tree
    episode: Episode
    kernel: Kernel
    _own: count[int] = field(default_factory=lambda: count(1))

    def emit(self, event: Event) -> None:
        """Tell the plan's sinks: what was done to a plan belongs into its trace."""
        self.tree.emit(event)

    def session(self, id: str = "root") -> Session:  # noqa: A002 the event's own word
        """A session by its id.

        Raises:
            ConfigError: the plan has none of that id.
        """
        for session in self.tree.sessions.values():
            if session.id == id:
                return session
        raise ConfigError(f"this plan has no session {id!r}")

    def raise_limits(self, limits: Limits) -> None:
        """Let the plan go on within other limits, before one of its own falls."""
        before = self.tree.budget.limits
        for name in Limits.model_fields:
            if getattr(before, name) != getattr(limits, name):
                self.emit(LimitsRaised(limit=name, limits=limits))
        self.tree.budget.limits = limits
        self.tree.clocks.reset()

    async def interrupt(self, id: str = "root") -> bool:  # noqa: A002
        """Stop the cell that runs in a session; its variables stay, and the model is told.

        Returns:
            Whether a cell was running and has ended.

        Raises:
            ConfigError: there is no such session.
        """
        session = self.session(id)
        stopped = await session.repl.interrupt()
        self.emit(Interrupted(session=session.id, stopped=stopped))
        return stopped

    async def run_cell(self, code: str, id: str = "root") -> CellResult:  # noqa: A002
        """Run a cell of one's own in a session, as soon as none of the planner's runs there.

        The model is told of it before its next turn. Where it answers, the session has answered.

        Raises:
            ConfigError: there is no such session.
            KernelError: the kernel, or the session's call, came to its end.
        """
        session, number = self.session(id), next(self._own)

        def on_output(text: str) -> None:
            self.emit(OutputStreamed(session=session.id, text=text))

        async with session.busy:
            self.emit(OwnCellStarted(session=session.id, number=number, code=code))
            timeout = self.tree.budget_of(session.id).cell_seconds
            try:
                result = await session.repl.execute(code, timeout=timeout, on_output=on_output)
            except (Exception, asyncio.CancelledError) as error:
                why = str(error) or "cancelled"
                self.emit(OwnCellFinished(session=session.id, number=number, failure=why))
                raise
        shown = show(result)
        self.emit(OwnCellFinished(session=session.id, number=number, result=result, shown=shown))
        session.tell(say("own_cell", code=code, shown=shown))
        session.answer = result.answer or session.answer
        await self.tree.steering.after_cell(session)
        return result
