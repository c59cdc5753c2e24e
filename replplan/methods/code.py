"""One program for the whole task, then repair by another one: code without a conversation.

Source of the idea: Chen et al., Teaching Large Language Models to Self-Debug, ICLR 2024,
arXiv 2304.05128: a program is repaired from what running it gave. That it acts in a world that
stays as the program before left it, and that there are five programs, is our choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from replplan.kernel import Function
from replplan.model import Message
from replplan.planner import ReplPlanner
from replplan.pool import Demonstration
from replplan.prompt import Opening, Section, say, system_message
from replplan.session import Session
from replplan.switches import Switches
from replplan.tree import Stuck, Tree

_SWITCHES = Switches(children=False)


def program_section(opening: Opening) -> list[Message]:
    """How to work, what can be called, and the world."""
    return [system_message(say("by_program"), opening)]


def program_demonstrations(opening: Opening) -> list[Message]:
    """Demonstrations as the program that they come to when their cells are put together."""
    return [m for d in opening.demonstrations for m in _as_program(d)]


def _as_program(demonstration: Demonstration) -> Iterator[Message]:
    code = "\n\n".join(code for code, _ in demonstration.turns)
    yield Message(role="user", content=say("example", opening=demonstration.opening))
    yield Message(role="assistant", content=f"```python\n{code}\n```")


@dataclass(frozen=True)
class CodePlanner(ReplPlanner):
    """A program a turn. A reply without one counts too.

    What a program did in the world stays done, and its variables stay, though the model is not
    told to count on them.

    Attributes:
        programs: how many programs there may be.
    """

    name: str = "code"
    switches: Switches = _SWITCHES
    programs: int = 5

    sections: ClassVar[tuple[Section, ...]] = (program_section, program_demonstrations)

    async def run(self, session: Session, tree: Tree) -> None:
        """Program after program.

        Raises:
            Stuck: the last one did not end the plan.
        """
        for _ in range(self.programs):
            await self.turn(session, tree)
            if session.answer is not None or tree.ending is not None:
                return
        raise Stuck(f"{self.programs} programs did not do the task")

    def fits(self, demonstration: Demonstration, functions: tuple[Function, ...]) -> bool:
        """Whether it comes to a program that works: one with an error in it does not."""
        works = not any(result.error for _, result in demonstration.turns)
        return works and super().fits(demonstration, functions)

    def report(self, shown: str) -> str:
        """What came of the program, and that it is not the end."""
        return f"{shown}\n\n{say('program_again')}"
