"""Furnishing a room for a task, and writing it down as facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from replplan_domains.alfworld.draw import Draw
from replplan_domains.alfworld.kinds import Kind
from replplan_domains.alfworld.rooms import (
    ACCEPTS,
    BASINS,
    LAMP,
    LAMP_STANDS,
    OPENABLE,
    THINGS_WITH,
    TOOLS,
    Room,
)

SHARED_PLACE = 0.12
TWICE_SEEN = 0.05
NOWHERE = 0.08
IN_VESSEL = 0.1
COOL_FRIDGE = 0.3
COPIES = (0, 1, 1, 2, 3)
WANTED_COPIES = (1, 1, 2)


class Layout:
    """A room being furnished. Types are written as in `rooms`; ids are `Type|x|y|z`.

    Attributes:
        type: the type of each id.
        locations: ids of places to stand at; the first is the middle of the room.
        place: the location of each receptacle; some receptacles share one.
        inside: pairs of a thing and a receptacle that it is in.
        vessels: pairs of a thing and the bowl, box and so on that it lies in.
        objects: the ids of all things, those that are nowhere included.
    """

    def __init__(self, draw: Draw, room: Room) -> None:
        self.draw, self.room = draw, room
        self.type: dict[str, str] = {}
        self.locations = ["loc|0|0|0|30"]
        self.place: dict[str, str] = {}
        self.inside: list[tuple[str, str]] = []
        self.vessels: list[tuple[str, str]] = []
        self.objects: list[str] = []
        for name, (low, high) in room.receptacles.items():
            for _ in range(draw.between(low, high)):
                self._put_up(name)

    def homes(self, thing: str) -> list[str]:
        """The types of receptacle in this room that take a type of thing."""
        return sorted({self.type[r] for r in self.place if thing in ACCEPTS[self.type[r]]})

    def fill(self, kind: Kind, thing: str, target: str) -> None:
        """Put things in place; what is wanted does not lie where it has to go."""
        for name in self.room.things:
            if name == thing:
                copies = max(kind.needed, self.draw.choice(WANTED_COPIES))
                self._scatter(name, copies, avoid={target, TOOLS.get(kind.short, "")})
            else:
                self._scatter(name, self.draw.choice(COPIES))
        for name in self.room.fixtures:
            fixture = self._object(name)
            if name == LAMP:
                self.inside.append((fixture, self.draw.choice(self._of_type(LAMP_STANDS))))
        self._load_vessels()

    def facts(self, kept_warm: str = "") -> Iterator[tuple[str, ...]]:
        """The first facts. Things of the type `kept_warm` are not cool, wherever they are."""
        yield from (("receptacleType", r, f"{self.type[r]}Type") for r in self.place)
        yield from (("objectType", o, f"{self.type[o]}Type") for o in self.objects)
        yield from self._can_contain()
        placed = dict.fromkeys(o for o, _ in self.inside)
        yield from (("pickupable", o) for o in placed if self.type[o] != LAMP)
        yield from (("openable", r) for r in self.place if self.type[r] in OPENABLE)
        yield ("atLocation", "agent1", self.locations[0])
        for property_, names in THINGS_WITH.items():
            yield from ((property_, o) for o in self.objects if self.type[o] in names)
        yield from self._cool(kept_warm)
        yield from (("inReceptacle", o, r) for o, r in self.inside)
        yield from (("inReceptacleObject", inner, outer) for inner, outer in self.vessels)
        yield from (("receptacleAtLocation", r, at) for r, at in self.place.items())
        yield from (("objectAtLocation", o, self.place[r]) for o, r in dict(self.inside).items())

    def _new(self, name: str) -> str:
        place = "|".join(f"{self.draw.between(-400, 400) / 100:+06.2f}" for _ in range(3))
        entity = f"{BASINS[name]}|{place}|{name}" if name in BASINS else f"{name}|{place}"
        self.type[entity] = name
        return entity

    def _put_up(self, name: str) -> None:
        if len(self.locations) == 1 or not self.draw.chance(SHARED_PLACE):
            x, side = self.draw.between(-16, 16), self.draw.between(0, 3)
            self.locations.append(f"loc|{x}|{len(self.locations)}|{side}|30")
        self.place[self._new(name)] = self.locations[-1]

    def _object(self, name: str) -> str:
        self.objects.append(self._new(name))
        return self.objects[-1]

    def _of_type(self, names: Iterable[str]) -> list[str]:
        return [r for r in self.place if self.type[r] in names]

    def _scatter(self, name: str, copies: int, avoid: Iterable[str] = ()) -> None:
        """Put copies of a thing anywhere that takes it, now and then one nowhere."""
        homes = self._of_type(self.homes(name))
        spots = [r for r in homes if self.type[r] not in avoid] or homes
        for _ in range(copies if spots else 0):
            thing, spot = self._object(name), self.draw.choice(spots)
            self.inside.append((thing, spot))
            beside = [r for r in spots if r != spot and self.place[r] == self.place[spot]]
            if beside and self.draw.chance(TWICE_SEEN):
                self.inside.append((thing, self.draw.choice(beside)))
        if self.draw.chance(NOWHERE):
            self._object(name)

    def _load_vessels(self) -> None:
        vessels = THINGS_WITH["isReceptacleObject"]
        for outer, where in dict(self.inside).items():
            if self.type[outer] in vessels and self.draw.chance(IN_VESSEL):
                beside = [o for o, r in self.inside if r == where and self.type[o] not in vessels]
                self.vessels += [(self.draw.choice(beside), outer)] if beside else []

    def _can_contain(self) -> Iterator[tuple[str, ...]]:
        things = sorted({self.type[o] for o, _ in self.inside})
        for name in sorted({self.type[r] for r in self.place}):
            accepted = (thing for thing in things if thing in ACCEPTS[name])
            yield from (("canContain", f"{name}Type", f"{thing}Type") for thing in accepted)

    def _cool(self, kept_warm: str) -> Iterator[tuple[str, ...]]:
        if self.draw.chance(COOL_FRIDGE):
            names = THINGS_WITH["coolable"] - {kept_warm}
            fridge = dict.fromkeys(o for o, r in self.inside if self.type[r] == TOOLS["cool"])
            yield from (("isCool", o) for o in fridge if self.type[o] in names)
