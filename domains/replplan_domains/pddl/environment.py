"""A problem of PDDL as a world: each action is done or refused, until the goal holds."""

from __future__ import annotations

import re

from replplan.domain import Environment, Transition
from replplan_domains.pddl.grounding import Grounded, State
from replplan_domains.pddl.reading import Fact, written
from replplan_domains.pddl.search import shortest

LOOK = "look"
REFUSED = "Refused"
_SHOWN = 80


class PDDLWorld(Environment):
    """One problem. It holds immutable values alone, so it can be copied and pickled."""

    def __init__(self, problem: Grounded, text: str, most: int, length: int | None) -> None:
        """Begin a problem.

        Args:
            problem: the problem.
            text: it and its domain in PDDL, which is the first observation.
            most: after so many actions, refused ones and looks included, it is cut off.
            length: the length of a shortest plan; None where that is to be searched for when the
                goal is reached. Where the search is given up, every plan that reaches it is best.
        """
        self._problem, self._text, self._most, self._length = problem, text, most, length
        self._state, self._acts, self._steps = problem.initial, 0, 0
        self._end: Transition | None = None

    def reset(self) -> str:
        """Begin anew, with the problem as text."""
        self._state, self._acts, self._steps = self._problem.initial, 0, 0
        self._end = None
        return self._text

    def step(self, action: str) -> Transition:
        """Do one action, such as `unstack a b`, with or without brackets; or `look`.

        The reward at the goal is the length of a shortest plan as a share of the actions done.
        The info has the `admissible` actions and the `length` of the plan so far.
        """
        if self._end is not None:
            return self._end
        self._acts += 1
        told = self._do(read_action(action) if isinstance(action, str) else ())
        done = self._problem.is_goal(self._state)
        transition = Transition(
            observation=f"{told}\nThe goal is reached, by {self._steps} actions." if done else told,
            reward=self._reward() if done else 0.0,
            terminated=done,
            truncated=not done and self._acts >= self._most,
            info={
                "admissible": [plain(a.name) for a in self._problem.possible(self._state)],
                "length": self._steps,
            },
        )
        if transition.terminated or transition.truncated:
            self._end = transition
        return transition

    def _do(self, name: Fact) -> str:
        if name == (LOOK,):
            return look(self._problem, self._state)
        flaw = flaw_of(self._problem, self._state, name)
        if flaw:
            return f"{REFUSED}: {flaw}"
        before, self._steps = self._state, self._steps + 1
        self._state = self._problem.actions[name].done(before)
        return f"Now {facts(self._state - before)}; no longer {facts(before - self._state)}."

    def _reward(self) -> float:
        if self._length is None:
            plan = shortest(self._problem)
            self._length = len(plan) if plan else self._steps
        return min(1.0, self._length / self._steps) if self._steps else 1.0


def read_action(text: str) -> Fact:
    """The name of an action and its objects."""
    return tuple(re.sub(r"[(),]", " ", text[:1000].lower()).split())


def plain(name: Fact) -> str:
    """An action as `act` takes it."""
    return " ".join(name)


def facts(state: State) -> str:
    """Facts in a fixed order, as PDDL writes them."""
    return " ".join(written(fact) for fact in sorted(state)) or "nothing"


def look(problem: Grounded, state: State) -> str:
    """How things stand, without what never changes, and what is still to be reached."""
    changing = frozenset(fact for fact in state if fact[0] not in problem.fixed)
    return f"It holds {facts(changing)}.\nMissing of the goal: {facts(problem.goal - state)}"


def flaw_of(problem: Grounded, state: State, name: Fact) -> str:
    """Why an action cannot be done; empty where it can."""
    action = problem.actions.get(name)
    if action is not None:
        missing = action.missing(state)
        return f"({plain(name)}) needs {facts(frozenset(missing))}." if missing else ""
    known = {schema.name: schema for schema in problem.world.schemas}
    said = plain(name)[:_SHOWN]
    if not name or name[0] not in known:
        return f"({said}) is no action; there are {', '.join(known)}, and {LOOK}."
    kinds = " ".join(kind for _, kind in known[name[0]].parameters)
    return f"({said}) is not possible here: it is ({name[0]} {kinds}), with names of objects."
