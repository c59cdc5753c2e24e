"""A game being played: what stays (`Game`) and what changes (`State`), both immutable values."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from replplan.errors import DomainError
from replplan_domains.alfworld.kinds import KIND_BY_NAME, Kind
from replplan_domains.alfworld.records import Fact, GameRecord, facts

PROPERTIES = (
    "pickupable",
    "openable",
    "cleanable",
    "heatable",
    "coolable",
    "toggleable",
    "sliceable",
    "isReceptacleObject",
)


class State(NamedTuple):
    """Everything that changes. Things have the names that the player sees ("mug 2").

    Attributes:
        at: the agent's location, by its id.
        held: the thing in the hand.
        inside: the things in each receptacle, in the order of `Game.receptacles`.
        near: pairs of a thing and the location where it is.
        taken: pairs of a thing and a receptacle that it was taken out of and not put back into.
        opened: open receptacles.
        clean, hot, cool, sliced, used: things, by what was done to them.
    """

    at: str
    held: str | None
    inside: tuple[tuple[str, ...], ...]
    near: frozenset[tuple[str, str]]
    taken: frozenset[tuple[str, str]]
    opened: frozenset[str]
    clean: frozenset[str]
    hot: frozenset[str]
    cool: frozenset[str]
    sliced: frozenset[str]
    used: frozenset[str]


@dataclass(frozen=True)
class Game:
    """Everything that stays.

    Attributes:
        kind: the kind of task.
        thing: the type of thing that is asked for, such as "mug".
        target: the type of receptacle it goes to; the type of lamp where it is to be looked at.
        task: the task sentence.
        walkthrough: a plan that wins.
        receptacles: in the order in which the player is told of them.
        place: the location of each receptacle.
        here: the receptacles at each location; often more than one.
        slot: the index of each receptacle in `State.inside`.
        type: the type of each thing and receptacle.
        accepts: pairs of a receptacle's type and a thing's type that may go there.
        properties: the things and receptacles that have each of `PROPERTIES`.
        vessels: what lies in a bowl, a box and so on.
        rank: the order in which things are listed.
        start: the first state.
    """

    kind: Kind
    thing: str
    target: str
    task: str
    walkthrough: tuple[str, ...]
    receptacles: tuple[str, ...]
    place: Mapping[str, str]
    here: Mapping[str, tuple[str, ...]]
    slot: Mapping[str, int]
    type: Mapping[str, str]
    accepts: frozenset[tuple[str, str]]
    properties: Mapping[str, frozenset[str]]
    vessels: Mapping[str, tuple[str, ...]]
    rank: Mapping[str, int]
    start: State

    @classmethod
    def from_record(cls, record: GameRecord) -> Game:
        """The game that a record describes.

        Raises:
            DomainError: the record is not of a whole game.
        """
        return _Builder(record).game()

    def has(self, property_: str, name: str | None) -> bool:
        """Whether a thing or receptacle has one of `PROPERTIES`."""
        return name in self.properties[property_]

    def takes(self, receptacle: str, thing: str) -> bool:
        """Whether things of this type may go into or onto receptacles of that type."""
        return (self.type[receptacle], self.type.get(thing)) in self.accepts

    def ordered(self, names: Iterable[str]) -> tuple[str, ...]:
        """Names in the order in which they are listed."""
        return tuple(sorted(names, key=self.rank.__getitem__))


class _Builder:
    def __init__(self, record: GameRecord) -> None:
        self.record = record
        self.facts: dict[str, set[Fact]] = defaultdict(set)
        for predicate, *args in facts(record):
            self.facts[predicate].add(tuple(args))
        self.names = _numbered(self._entities())
        self.rank = {name: i for i, name in enumerate(self.names.values())}

    def game(self) -> Game:
        places = {self._name(r): at for r, at in self.facts["receptacleAtLocation"]}
        receptacles = self._ordered(places)
        types = self._types()
        if missing := [r for r in receptacles if r not in types]:
            raise DomainError(f"the type of {missing[0]!r} is missing")
        kind, thing, target = self._goal()
        return Game(
            kind=kind,
            thing=thing,
            target=target,
            task=self.record.task,
            walkthrough=self.record.walkthrough,
            receptacles=receptacles,
            place={r: places[r] for r in receptacles},
            here=_grouped((places[r], r) for r in receptacles),
            slot={r: i for i, r in enumerate(receptacles)},
            type=types,
            accepts=frozenset((_type(r), _type(o)) for r, o in self.facts["canContain"]),
            properties={p: self._having(p) for p in PROPERTIES},
            vessels=self._contents("inReceptacleObject"),
            rank=self.rank,
            start=self._start(receptacles),
        )

    def _entities(self) -> set[str]:
        return {
            arg
            for rows in self.facts.values()
            for row in rows
            for arg in row
            if "_bar_" in arg and not arg.startswith("loc_bar_")
        }

    def _goal(self) -> tuple[Kind, str, str]:
        kind = KIND_BY_NAME.get(self.record.type)
        if kind is None:
            raise DomainError(f"unknown type of task {self.record.type!r}")
        first, second = (_type(name.lower()) for name in self.record.goal.types)
        return (kind, second, first) if kind.needs_light else (kind, first, second)

    def _start(self, receptacles: tuple[str, ...]) -> State:
        inside = self._contents("inReceptacle")
        if not self.facts["atLocation"]:
            raise DomainError("the agent is nowhere: 'atLocation' is missing")
        return State(
            at=next(iter(self.facts["atLocation"]))[1],
            held=None,
            inside=tuple(inside.get(r, ()) for r in receptacles),
            near=frozenset((self._name(o), at) for o, at in self.facts["objectAtLocation"]),
            taken=frozenset(),
            opened=self._having("opened"),
            clean=self._having("isClean"),
            hot=self._having("isHot"),
            cool=self._having("isCool"),
            sliced=self._having("isSliced"),
            used=self._having("isToggled"),
        )

    def _types(self) -> dict[str, str]:
        rows = self.facts["receptacleType"] | self.facts["objectType"]
        return {self._name(entity): _type(name) for entity, name in rows}

    def _having(self, predicate: str) -> frozenset[str]:
        return frozenset(self._name(entity) for (entity,) in self.facts[predicate])

    def _contents(self, predicate: str) -> dict[str, tuple[str, ...]]:
        rows = ((self._name(outer), self._name(inner)) for inner, outer in self.facts[predicate])
        return {outer: self._ordered(inner) for outer, inner in _grouped(rows).items()}

    def _name(self, entity: str) -> str:
        if entity not in self.names:
            raise DomainError(f"{entity!r} is no thing and no receptacle")
        return self.names[entity]

    def _ordered(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(names, key=self.rank.__getitem__))


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return {key: tuple(values) for key, values in groups.items()}


def _type(name: str) -> str:
    return name.removesuffix("type")


def _numbered(ids: Iterable[str]) -> dict[str, str]:
    """The name of each id, in the order of ids.

    Numbers of equal things run downwards: the first id in sorted order gets the highest.
    """
    ordered = sorted(ids)
    bases = [i.split("_bar_", 1)[0] + ("basin" if "basin" in i else "") for i in ordered]
    left = Counter(bases)
    names = {}
    for entity, base in zip(ordered, bases, strict=True):
        names[entity] = f"{base} {left[base]}"
        left[base] -= 1
    return names
