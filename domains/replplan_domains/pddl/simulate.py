"""What cells may call: a plan tried out without acting."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from replplan_domains.pddl.environment import flaw_of, plain, read_action
from replplan_domains.pddl.grounding import Grounded, ground
from replplan_domains.pddl.reading import read_both, written


@lru_cache(maxsize=64)
def read_grounded(text: str) -> Grounded:
    """The problem of a text that holds a domain and a problem.

    Raises:
        DomainError: it is no such text, or goes beyond STRIPS with types.
    """
    return ground(*read_both(text))


def simulate(problem: str, plan: list[str]) -> dict[str, Any]:
    """Try out a plan without acting: {"valid", "reached", "flaw", "facts", "possible"}.

    Args:
        problem: the PDDL, as `problem` holds it.
        plan: actions such as "unstack a b", in order; none of them for how things stand at first.

    Returns:
        `valid`: all can be done; else `flaw` says which cannot and why, and the rest is of the
        state before it. `reached`: the goal holds then. `facts` that hold, `possible` actions.
    """
    grounded = read_grounded(problem)
    state, flaw = grounded.initial, ""
    for number, text in enumerate(plan, 1):
        name = read_action(text)
        if flaw := flaw_of(grounded, state, name):
            flaw = f"action {number}: {flaw}"
            break
        state = grounded.actions[name].done(state)
    return {
        "valid": not flaw,
        "reached": not flaw and grounded.is_goal(state),
        "flaw": flaw,
        "facts": [written(fact) for fact in sorted(state)],
        "possible": [plain(action.name) for action in grounded.possible(state)],
    }
