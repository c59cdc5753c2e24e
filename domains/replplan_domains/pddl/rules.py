"""Plans by rule, without search: valid, and longer than they need to be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from replplan_domains.pddl.generate import BLOCKS, LOGISTICS
from replplan_domains.pddl.grounding import Grounded, State


def plan_by_rule(problem: Grounded) -> list[str] | None:
    """A plan; None for a world that there is no rule for."""
    rule = {BLOCKS: rebuild, LOGISTICS: carry_one_by_one}.get(problem.world.name)
    return list(rule(problem)) if rule else None


def rebuild(problem: Grounded) -> Iterator[str]:
    """Take all towers apart that are not as they are to be, then build from the bottom up."""
    below = {fact[1]: fact[2] for fact in problem.initial if fact[0] == "on"}
    wanted = {fact[1]: fact[2] for fact in problem.goal if fact[0] == "on"}
    order = [name for name, _ in problem.problem.objects]
    while loose := [name for name in order if name in below and name not in below.values()]:
        yield f"unstack {loose[0]} {below.pop(loose[0])}"
        yield f"putdown {loose[0]}"
    while wanted:
        name = next(name for name in order if name in wanted and wanted[name] not in wanted)
        yield f"pickup {name}"
        yield f"stack {name} {wanted.pop(name)}"


@dataclass
class _Map:
    """Where everything is, and what goes where."""

    city: dict[str, str]
    at: dict[str, str]
    trucks: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, state: State, trucks: list[str]) -> _Map:
        city = {fact[1]: fact[2] for fact in state if fact[0] == "in-city"}
        at = {fact[1]: fact[2] for fact in state if fact[0] == "at"}
        return cls(city, at, {city[at[truck]]: truck for truck in trucks})

    def drive(self, city: str, to: str) -> Iterator[str]:
        truck = self.trucks[city]
        if self.at[truck] != to:
            yield f"drive {truck} {self.at[truck]} {to} {city}"
            self.at[truck] = to

    def fly(self, plane: str, to: str) -> Iterator[str]:
        if self.at[plane] != to:
            yield f"fly {plane} {self.at[plane]} {to}"
            self.at[plane] = to

    def by_road(self, parcel: str, to: str) -> Iterator[str]:
        if self.at[parcel] == to:
            return
        city = self.city[to]
        yield from self.drive(city, self.at[parcel])
        yield f"load {parcel} {self.trucks[city]} {self.at[parcel]}"
        yield from self.drive(city, to)
        yield f"unload {parcel} {self.trucks[city]} {to}"
        self.at[parcel] = to


def carry_one_by_one(problem: Grounded) -> Iterator[str]:
    """Each parcel by itself: by road to the airport, by air to the other city, by road."""
    kinds = problem.by_kind
    here = _Map.of(problem.initial, kinds["truck"])
    airports, plane = {here.city[p]: p for p in kinds["airport"]}, kinds["airplane"][0]
    for _, parcel, end in sorted(fact for fact in problem.goal if fact[0] == "at"):
        start, city = here.city[here.at[parcel]], here.city[end]
        if start != city:
            yield from here.by_road(parcel, airports[start])
            yield from here.fly(plane, airports[start])
            yield f"load {parcel} {plane} {airports[start]}"
            yield from here.fly(plane, airports[city])
            yield f"unload {parcel} {plane} {airports[city]}"
            here.at[parcel] = airports[city]
        yield from here.by_road(parcel, end)
