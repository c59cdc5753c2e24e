"""The actions of a problem, with objects in place of parameters, and what they do to a state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from replplan.errors import DomainError
from replplan_domains.pddl.reading import Fact, Problem, Schema, World, written

State = frozenset[Fact]
LARGEST = 200_000
"""Actions that a problem may have."""


@dataclass(frozen=True)
class Action:
    """One thing that can be done: what it needs, makes true and ends."""

    name: Fact
    needs: State
    makes: State
    ends: State

    def missing(self, state: State) -> list[Fact]:
        """What it needs and does not find."""
        return sorted(self.needs - state)

    def done(self, state: State) -> State:
        """What a state becomes by it."""
        return (state - self.ends) | self.makes


@dataclass(frozen=True)
class Grounded:
    """A problem that can be acted in."""

    world: World
    problem: Problem

    @property
    def initial(self) -> State:
        """How things stand at first."""
        return self.problem.initial

    @property
    def goal(self) -> State:
        """How they are to stand."""
        return self.problem.goal

    @cached_property
    def actions(self) -> dict[Fact, Action]:
        """All that may ever be possible, by name, in a fixed order.

        Raises:
            DomainError: there are too many.
        """
        found = dict[Fact, Action]()
        for schema in self.world.schemas:
            for bound in _bindings(schema, self):
                action = _grounded(schema, bound)
                found[action.name] = action
                if len(found) > LARGEST:
                    raise DomainError(
                        f"{self.problem.name} of PDDL has more than {LARGEST:,} actions"
                    )
        return found

    def possible(self, state: State) -> list[Action]:
        """What can be done now."""
        return [action for action in self.actions.values() if action.needs <= state]

    def is_goal(self, state: State) -> bool:
        """Whether all is as it is to be."""
        return self.goal <= state

    @cached_property
    def fixed(self) -> frozenset[str]:
        """Predicates that no action changes."""
        changed = {f[0] for s in self.world.schemas for f in (*s.makes, *s.ends)}
        return frozenset(fact[0] for fact in self.initial) - changed

    @cached_property
    def by_kind(self) -> dict[str, list[str]]:
        """Objects by type, those of the types below included."""
        found = dict[str, list[str]]()
        for name, kind in (*self.world.constants, *self.problem.objects):
            for above in self.world.kinds(kind):
                found.setdefault(above, []).append(name)
        return found


def ground(world: World, problem: Problem) -> Grounded:
    """A problem in its world, checked.

    Raises:
        DomainError: it is of another world, or names what is not there.
    """
    if problem.world != world.name:
        raise DomainError(f"{problem.name} is a problem of {problem.world}, not of {world.name}")
    things = {name for name, _ in (*world.constants, *problem.objects)}
    for fact in sorted(problem.initial | problem.goal):
        if world.predicates.get(fact[0]) != len(fact) - 1:
            raise DomainError(f"{written(fact)} of {problem.name} is of no predicate of its world")
        if unknown := [name for name in fact[1:] if name not in things]:
            raise DomainError(f"{problem.name} has no object {unknown[0]}, but {written(fact)}")
    return Grounded(world, problem)


def _grounded(schema: Schema, bound: dict[str, str]) -> Action:
    def put(facts: Iterable[Fact]) -> State:
        return frozenset((f[0], *(bound.get(part, part) for part in f[1:])) for f in facts)

    makes = put(schema.makes)
    return Action(
        name=(schema.name, *(bound[name] for name, _ in schema.parameters)),
        needs=put(schema.needs),
        makes=makes,
        ends=put(schema.ends) - makes,
    )


def _bindings(schema: Schema, world: Grounded) -> Iterator[dict[str, str]]:
    """Objects for the parameters, as far as types, inequality and what never changes allow."""
    fixed = [fact for fact in schema.needs if fact[0] in world.fixed]
    return _bind(schema, world, fixed, {}, [name for name, _ in schema.parameters])


def _bind(
    schema: Schema,
    world: Grounded,
    fixed: Sequence[Fact],
    bound: dict[str, str],
    open_: Sequence[str],
) -> Iterator[dict[str, str]]:
    if not open_:
        yield dict(bound)
        return
    name, *rest = open_
    for thing in world.by_kind.get(dict(schema.parameters)[name], []):
        bound[name] = thing
        if _may_be(schema, world, fixed, bound):
            yield from _bind(schema, world, fixed, bound, rest)
        del bound[name]


def _may_be(schema: Schema, world: Grounded, fixed: Sequence[Fact], bound: dict[str, str]) -> bool:
    if any(a in bound and bound[a] == bound.get(b) for a, b in schema.unequal):
        return False
    for fact in fixed:
        put = (fact[0], *(bound.get(part, part) for part in fact[1:]))
        if not any(part.startswith("?") for part in put) and put not in world.initial:
            return False
    return True
