"""What the core needs of a method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from replplan.kernel import Function
from replplan.model import Message
from replplan.pool import Demonstration
from replplan.prompt import Opening
from replplan.session import Session
from replplan.switches import Switches

if TYPE_CHECKING:
    from replplan.tree import Tree


class Planner(Protocol):
    """A method: how a session is brought to its answer."""

    @property
    def name(self) -> str:
        """The method's name in traces and tables."""
        ...

    @property
    def switches(self) -> Switches:
        """What its sessions are given: the kernel, the calls and the prompts go by it."""
        ...

    @property
    def needs_kernel(self) -> bool:
        """Whether it runs cells. Where not, no kernel is started."""
        ...

    def open_prompt(self, opening: Opening) -> list[Message]:
        """The messages before a session's own task."""
        ...

    def fits(self, demonstration: Demonstration, functions: tuple[Function, ...]) -> bool:
        """Whether a session may be shown a demonstration, its cells having these functions."""
        ...

    async def run(self, session: Session, tree: Tree) -> None:
        """Work in a session until it has answered or the plan has ended.

        Raises:
            Stuck: the session makes no progress.
            LimitExceeded: a limit of the plan fell.
        """
        ...
