"""Shortest plans: A* with the landmark-cut heuristic.

The heuristic: Helmert and Domshlak, Landmarks, Critical Paths and Abstractions: What's the
Difference Anyway?, ICAPS 2009. It never says too much, so the first plan that is found is a
shortest one.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from replplan_domains.pddl.grounding import Action, Grounded, State
from replplan_domains.pddl.reading import Fact

WORK = 1_000_000
"""After so many states, times actions that the problem has, a search is given up: half a minute."""


@dataclass
class _Step:
    """An action by numbers. `cost` is what of it no landmark has used yet."""

    needs: list[int]
    makes: list[int]
    cost: int = 1
    waits: int = 0
    by: int = 0


@dataclass
class _Relaxed:
    """The problem where nothing ever ends, for the heuristic."""

    problem: Grounded
    numbers: dict[Fact, int] = field(default_factory=dict)
    steps: list[_Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        actions = self.problem.actions.values()
        for action in actions:
            self.steps.append(_Step(self._many(action.needs), self._many(action.makes)))
        self.steps.append(_Step(self._many(self.problem.goal), [self._number(("goal!",))], 0))
        self.goal, self.start = self._number(("goal!",)), self._number(("start!",))
        self.size = len(self.numbers)
        self.users: list[list[_Step]] = [[] for _ in range(self.size)]
        self.makers: list[list[_Step]] = [[] for _ in range(self.size)]
        for step in self.steps:
            step.needs = step.needs or [self.start]
            for fact in step.needs:
                self.users[fact].append(step)
            for fact in step.makes:
                self.makers[fact].append(step)

    def _number(self, fact: Fact) -> int:
        return self.numbers.setdefault(fact, len(self.numbers))

    def _many(self, facts: State) -> list[int]:
        return [self._number(fact) for fact in sorted(facts)]

    def estimate(self, state: State) -> float:
        """A lower bound of the actions that are left; infinite where the goal is out of reach."""
        here = [self.numbers[fact] for fact in state if fact in self.numbers] + [self.start]
        for step in self.steps:
            step.cost = 0 if step is self.steps[-1] else 1
        total, levels = 0, self._levels(here)
        if levels[self.goal] == float("inf"):
            return levels[self.goal]
        while levels[self.goal] > 0:
            cut = self._cut(here, self._zone())
            least = min(step.cost for step in cut)
            total += least
            for step in cut:
                step.cost -= least
            levels = self._levels(here)
        return total

    def _levels(self, here: list[int]) -> list[float]:
        """What each fact costs at least, by its dearest need (h-max)."""
        levels = [float("inf")] * self.size
        for step in self.steps:
            step.waits, step.by = len(step.needs), -1
        heap = [(0.0, fact) for fact in here]
        for fact in here:
            levels[fact] = 0.0
        heapq.heapify(heap)
        while heap:
            level, fact = heapq.heappop(heap)
            if level > levels[fact]:
                continue
            for step in self.users[fact]:
                step.waits -= 1
                if not step.waits:  # its last need is its dearest
                    step.by = fact
                    for made in step.makes:
                        if level + step.cost < levels[made]:
                            levels[made] = level + step.cost
                            heapq.heappush(heap, (levels[made], made))
        return levels

    def _zone(self) -> set[int]:
        """Facts from which the goal is reached at no cost, back along the dearest needs."""
        zone, open_ = {self.goal}, [self.goal]
        while open_:
            for step in self.makers[open_.pop()]:
                if step.cost == 0 and step.by >= 0 and step.by not in zone:
                    zone.add(step.by)
                    open_.append(step.by)
        return zone

    def _cut(self, here: list[int], zone: set[int]) -> list[_Step]:
        """The steps that lead into the zone from what is reached outside it: one must be done."""
        seen, open_ = set(here), list(here)
        cut = dict[int, _Step]()
        while open_:
            fact = open_.pop()
            for step in self.users[fact]:
                if step.by != fact:
                    continue
                if any(made in zone for made in step.makes):
                    cut[id(step)] = step
                    continue
                fresh = [made for made in step.makes if made not in seen]
                seen.update(fresh)
                open_ += fresh
        return list(cut.values())


def shortest(problem: Grounded, work: int = WORK) -> list[Action] | None:
    """A plan of as few actions as there can be; None where the search was given up or none is.

    Args:
        problem: what is to be solved.
        work: after looking into so many states, times actions of the problem, it gives up.
    """
    most = work // max(1, len(problem.actions))
    relaxed, order = _Relaxed(problem), itertools.count()
    start = problem.initial
    came: dict[State, tuple[State, Action] | None] = {start: None}
    costs, closed = {start: 0}, set[State]()
    bounds = {start: relaxed.estimate(start)}
    heap = [(bounds[start], bounds[start], next(order), start)]
    while heap and len(bounds) <= most:
        _, bound, _, state = heapq.heappop(heap)
        if state in closed or bound == float("inf"):
            continue
        if problem.is_goal(state):
            return list(_steps(came, state))[::-1]
        closed.add(state)
        for action in problem.possible(state):
            after, cost = action.done(state), costs[state] + 1
            if cost < costs.get(after, float("inf")):
                if after not in bounds:
                    bounds[after] = relaxed.estimate(after)
                costs[after], came[after] = cost, (state, action)
                closed.discard(after)  # the heuristic is no consistent one
                left = bounds[after]
                heapq.heappush(heap, (cost + left, left, next(order), after))
    return None


def _steps(came: dict[State, tuple[State, Action] | None], state: State) -> Iterator[Action]:
    while (step := came[state]) is not None:
        state, action = step
        yield action
