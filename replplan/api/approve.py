"""`approve`: somebody looks at each cell before it runs."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from replplan.errors import ConfigError
from replplan.steering import Allow, Refuse, Steering, Verdict
from replplan.threads import in_thread

if TYPE_CHECKING:
    from replplan.session import Session

_UNSAID = "the user did not approve of this cell"


@dataclass(frozen=True)
class Proposal:
    """A cell that a model wants to run.

    Attributes:
        code: its text.
        session: the id of the session that it is of: "root", or the path of a child.
        turn: the session's turn, counted from 1.
    """

    code: str
    session: str
    turn: int


Approval = bool | str | Verdict | None
Approve = Callable[[Proposal], Approval | Awaitable[Approval]]
"""Looks at a cell. True or None: it runs; text: that runs instead, and the model is told so;
False or `Refuse("why")`: it does not, and the model is told why."""


class Approving(Steering):
    """Asks a function about every cell, which runs in a thread of its own unless it is async."""

    def __init__(self, approve: Approve) -> None:
        self._approve = approve
        self.error: Exception | None = None

    async def before_cell(self, session: Session, code: str) -> Verdict | None:
        """What the function makes of a cell.

        Raises:
            ConfigError: it raised something, which `error` then is, or returned what means nothing.
        """
        proposal = Proposal(code, session.id, session.turns)
        try:
            return _verdict(await self._ask(proposal), code)
        except ConfigError:
            raise
        except Exception as error:
            self.error = error
            raise ConfigError(f"approve raised {type(error).__name__}: {error}") from error

    async def _ask(self, proposal: Proposal) -> Any:
        if inspect.iscoroutinefunction(self._approve):
            return await self._approve(proposal)
        approval = await in_thread(lambda: self._approve(proposal))
        return await approval if inspect.isawaitable(approval) else approval


def _verdict(approval: Any, code: str) -> Verdict:
    match approval:
        case None | True:
            return Allow(code)
        case False:
            return Refuse(_UNSAID)
        case str():
            return Allow(approval)
        case Allow() | Refuse():
            return approval
    kind = type(approval).__name__
    raise ConfigError(f"approve returns True, False, Refuse(why) or other code, not a {kind}")
