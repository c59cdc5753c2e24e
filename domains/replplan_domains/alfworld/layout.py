"""Furnishing a room for a task, and writing it down as facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from replplan_domains.alfworld.places import (
    COOL_FRIDGE,
    IN_VESSEL,
    NOWHERE,
    ONE_MORE,
    PLACES,
    STUCK,
    STUCK_ROOMS,
    TOGETHER,
    TWICE,
    WANTED_CLOSED,
)
from replplan_domains.alfworld.rooms import ACCEPTS, BASINS, FIXED, OPENABLE, THINGS_WITH, TOOLS
from replplan_domains.alfworld.shares import RoomKind
from replplan_domains.draw import Draw


class Layout:
    """A room being furnished. Types are written as in `rooms`; ids are `Type|x|y|z`.

    Attributes:
        type: the type of each id.
        locations: ids of places to stand at; the first is the middle of the room.
        place: the location of each receptacle; some receptacles share one.
        copies: how many there are to be of each type of thing.
        inside: pairs of a thing and a receptacle that it is in.
        vessels: pairs of a thing and the bowl, box and so on that it lies in.
        objects: the ids of all things, those that are nowhere included.
    """

    def __init__(self, draw: Draw, room: RoomKind) -> None:
        self.draw = draw
        self.type: dict[str, str] = {}
        self.locations = ["loc|0|0|0|30"]
        self.place: dict[str, str] = {}
        self.inside: list[tuple[str, str]] = []
        self.vessels: list[tuple[str, str]] = []
        self.objects: list[str] = []
        for name, numbers in room.receptacles.items():
            for _ in range(int(draw.choice(numbers.split()))):
                self._put_up(name)
        self.copies = {name: int(draw.choice(digits)) for name, digits in room.things.items()}

    def homes(self, thing: str) -> list[str]:
        """The types of receptacle in this room that a type of thing may be put in."""
        return sorted({self.type[r] for r in self.place if thing in ACCEPTS[self.type[r]]})

    def lying(self, thing: str) -> dict[str, int]:
        """How likely a thing lies in each type of receptacle of this room."""
        here = set(self.type.values())
        return {name: weight for name, weight in PLACES[thing].items() if name in here}

    def wanted(self, thing: str, kept_out: str) -> dict[str, int]:
        """The same for a thing that is asked for: never where it is kept out of."""
        lying = self.lying(thing)
        lying.pop(kept_out, None)
        return {r: max(1, w // WANTED_CLOSED if r in OPENABLE else w) for r, w in lying.items()}

    def fill(self, thing: str, kept_out: str) -> None:
        """Put things in place, what is asked for nowhere where it is to be `kept_out`."""
        self.copies[thing] += self.draw.chance(ONE_MORE)
        for name, copies in self.copies.items():
            lying = self.wanted(name, kept_out) if name == thing else self.lying(name)
            self._scatter(name, copies, lying)
        self._load_vessels()

    def facts(self) -> Iterator[tuple[str, ...]]:
        """The first facts."""
        yield from (("receptacleType", r, f"{self.type[r]}Type") for r in self.place)
        yield from (("objectType", o, f"{self.type[o]}Type") for o in self.objects)
        yield from self._can_contain()
        placed = dict.fromkeys(o for o, _ in self.inside)
        yield from (("pickupable", o) for o in placed if self.type[o] not in FIXED)
        yield from (("openable", r) for r in self._openable())
        yield ("atLocation", "agent1", self.locations[0])
        for property_, names in THINGS_WITH.items():
            yield from ((property_, o) for o in self.objects if self.type[o] in names)
        yield from self._cool()
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
        at = self._shared(TOGETHER.get(name, {}))
        if at is None:
            x, side = self.draw.between(-16, 16), self.draw.between(0, 3)
            at = f"loc|{x}|{len(self.locations)}|{side}|30"
            self.locations.append(at)
        self.place[self._new(name)] = at

    def _shared(self, chances: Mapping[str, float]) -> str | None:
        """The place of a receptacle beside which a new one stands, if it does."""
        for other, chance in chances.items():
            if (there := self._of_type(other)) and self.draw.chance(chance):
                return self.place[self.draw.choice(there)]
        return None

    def _object(self, name: str) -> str:
        self.objects.append(self._new(name))
        return self.objects[-1]

    def _of_type(self, name: str) -> list[str]:
        return [r for r in self.place if self.type[r] == name]

    def _scatter(self, name: str, copies: int, lying: Mapping[str, int]) -> None:
        """Put copies of a thing where such things lie, now and then one nowhere."""
        for _ in range(copies if lying else 0):
            thing, where = self._object(name), self.draw.weighted(lying)
            spot = self.draw.choice(self._of_type(where))
            self.inside.append((thing, spot))
            self._see_twice(thing, spot, lying)
        if self.draw.chance(NOWHERE):
            self._object(name)

    def _see_twice(self, thing: str, spot: str, lying: Mapping[str, int]) -> None:
        chances = TWICE.get((self.type[thing], self.type[spot]), {})
        for other, chance in chances.items():
            more = [r for r in self._of_type(other) if r != spot and other in lying]
            if more and self.draw.chance(chance):
                self.inside.append((thing, self.draw.choice(more)))

    def _load_vessels(self) -> None:
        vessels = THINGS_WITH["isReceptacleObject"] | FIXED
        for outer, where in dict(self.inside).items():
            if self.type[outer] in THINGS_WITH["isReceptacleObject"] and self.draw.chance(
                IN_VESSEL
            ):
                beside = [o for o, r in self.inside if r == where and self.type[o] not in vessels]
                self.vessels += [(self.draw.choice(beside), outer)] if beside else []

    def _can_contain(self) -> Iterator[tuple[str, ...]]:
        things = sorted({self.type[o] for o, _ in self.inside})
        for name in sorted({self.type[r] for r in self.place}):
            accepted = (thing for thing in things if thing in ACCEPTS[name])
            yield from (("canContain", f"{name}Type", f"{thing}Type") for thing in accepted)

    def _openable(self) -> Iterator[str]:
        for name in sorted(OPENABLE):
            stuck = STUCK.get(name, 0) if self.draw.chance(STUCK_ROOMS.get(name, 0)) else 0
            yield from (r for r in self._of_type(name) if not self.draw.chance(stuck))

    def _cool(self) -> Iterator[tuple[str, ...]]:
        if self.draw.chance(COOL_FRIDGE):
            names = THINGS_WITH["coolable"]
            fridge = dict.fromkeys(o for o, r in self.inside if self.type[r] == TOOLS["cool"])
            yield from (("isCool", o) for o in fridge if self.type[o] in names)
