"""ReAct: thoughts and actions as text, one action a turn; no code and no kernel.

Source: Yao et al., ReAct: Synergizing Reasoning and Acting in Language Models, ICLR 2023,
arXiv 2210.03629. There a thought is a step of its own in some worlds; here a reply has both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from replplan.calls import TreeCalls
from replplan.cell import Answer
from replplan.crossing import in_json
from replplan.kernel import ROOT, CallError, Function, PlanEnded
from replplan.methods.step import Step, read_call, read_step
from replplan.methods.trajectory import Move, trajectory_of
from replplan.model import Message
from replplan.planner import TurnPlanner
from replplan.pool import Demonstration
from replplan.prompt import Opening, Section, function_line, say
from replplan.session import Session
from replplan.switches import Switches
from replplan.transcript import Part
from replplan.tree import Tree

_SWITCHES = Switches(children=False, ask=False)


def react_section(opening: Opening) -> list[Message]:
    """How to work, what an action may be, and the world."""
    actions = [say("react_world")] if opening.world else []
    if opening.functions:
        functions = "\n".join(map(function_line, opening.functions))
        actions.append(say("react_functions", functions=functions))
    actions.append(say("react_answer"))
    text = say("react", actions="\n\n".join(actions), domain=opening.domain.strip())
    return [Message(role="system", content=text.strip())]


def react_demonstrations(opening: Opening) -> list[Message]:
    """The trajectories of those demonstrations that were kept with one."""
    return [m for d in opening.demonstrations for m in _as_moves(d)]


def _as_moves(demonstration: Demonstration) -> Iterator[Message]:
    moves = trajectory_of(demonstration)
    yield Message(role="user", content=say("example", opening=demonstration.opening))
    for i, move in enumerate(moves):
        yield Message(role="assistant", content=_reply(move))
        if i < len(moves) - 1:
            yield Message(role="user", content=move.observation)


def _reply(move: Move) -> str:
    thought = f"Thought: {move.thought}\n" if move.thought else ""
    return f"{thought}Action: {move.action}"


@dataclass(frozen=True)
class ReactPlanner(TurnPlanner):
    """A thought and an action a turn.

    An action is one step in the world, or a call of one of the domain's functions with plain
    values. `Answer:` ends the plan.

    Attributes:
        observation_limit: characters of an observation that enter the prompt; of a longer one the
            head and the tail do. There is no code here that could hold the rest.
    """

    name: str = "react"
    switches: Switches = _SWITCHES
    observation_limit: int = 20_000

    sections: ClassVar[tuple[Section, ...]] = (react_section, react_demonstrations)
    repeated: ClassVar[str] = "react_repeated"

    @property
    def needs_kernel(self) -> bool:
        """It runs no cells."""
        return False

    def fits(self, demonstration: Demonstration, functions: tuple[Function, ...]) -> bool:
        """Whether it was kept with its trajectory, whatever its cells call."""
        return bool(trajectory_of(demonstration))

    async def turn(self, session: Session, tree: Tree) -> str:
        """One model call and its action."""
        completion = await self.propose(session, tree)
        session.turns += 1
        step = read_step(completion)
        session.said(step.text)
        if step.answer is not None:
            session.answer = Answer(value=step.answer)
            return step.answer
        if step.action is None or not (tree.world or _calls(step, tree)):
            return self.reject(session, tree, step.reason or "react_no_action")
        observation = await self.observe(step, tree)
        session.tell(Part.of_world(observation))
        return f"{step.action}\n{observation}"

    async def observe(self, step: Step, tree: Tree) -> str:
        """Do the action; what is then observed, nothing where it ended the plan."""
        name, args, kwargs = _calls(step, tree) or ("act", [step.action], {})
        try:
            value = in_json(await TreeCalls(tree).call(ROOT, name, args, kwargs))
        except CallError as e:
            value = f"{e.kind}: {e}"
        except PlanEnded:
            return ""
        return self._shown(value if isinstance(value, str) else json.dumps(value))

    def _shown(self, text: str) -> str:
        half = self.observation_limit // 2
        if len(text) <= 2 * half:
            return text or "(nothing)"
        return f"{text[:half]}\n[{len(text) - 2 * half} characters left out]\n{text[-half:]}"


def _calls(step: Step, tree: Tree) -> tuple[str, list[object], dict[str, object]] | None:
    """The function call that an action is, if it is one."""
    world = ("act",) if tree.world else ()
    return read_call(step.action or "", (*world, *(f.name for f in tree.functions)))
