"""Drawing games: a room, what is in it, a task that can be done there, and a plan that does it.

A game follows from its seed alone, on every platform and in every version of Python.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from replplan_domains.alfworld.engine import Play
from replplan_domains.alfworld.game import Game
from replplan_domains.alfworld.kinds import Kind
from replplan_domains.alfworld.layout import Layout
from replplan_domains.alfworld.places import RARE_TARGETS, USUAL_TARGET
from replplan_domains.alfworld.records import GameRecord, GoalTypes
from replplan_domains.alfworld.rooms import FIXED, LAMP, THINGS_WITH, TOOLS
from replplan_domains.alfworld.shares import ROOMS
from replplan_domains.alfworld.solve import solve
from replplan_domains.draw import Draw


def generate(id: str, kind: Kind, seed: str) -> GameRecord:  # noqa: A002 the record's own word
    """A game of that kind, with a plan that wins it."""
    draw = Draw(seed)
    while True:
        record = _draft(id, kind, draw)
        if record is None:
            continue
        game = Game.from_record(record)
        if not Play.start(game).won and (plan := solve(game)):
            return record.model_copy(update={"walkthrough": plan})


def _draft(id: str, kind: Kind, draw: Draw) -> GameRecord | None:  # noqa: A002
    """A game without its plan; None where nothing in the room fits the task."""
    sorts = {name: room.kinds.get(kind.short, 0) for name, room in ROOMS.items()}
    layout = Layout(draw, ROOMS[draw.weighted(sorts)])
    pair = _goal(kind, layout)
    if pair is None:
        return None
    thing, target = pair
    layout.fill(thing, kept_out=TOOLS.get(kind.short, target))
    first, second = (target, thing) if kind.needs_light else (thing, target)
    lists = sorted(layout.objects), sorted(layout.place), layout.locations
    return GameRecord(
        id=id,
        type=kind.name,
        task=draw.choice(kind.wordings).format(o=thing.lower(), r=target.lower()),
        goal=GoalTypes(types=(f"{first}Type", f"{second}Type")),
        walkthrough=(),
        objects=tuple(lists[0]),
        receptacles=tuple(lists[1]),
        locations=tuple(lists[2]),
        init=tuple(_runs(layout.facts(), *lists)),
    )


def _goal(kind: Kind, layout: Layout) -> tuple[str, str] | None:
    """A thing and a target that fit the task and this room."""
    things = [thing for thing, copies in layout.copies.items() if _fits(kind, thing, copies)]
    if not things:
        return None
    thing = layout.draw.choice(things)
    if kind.needs_light:
        return (thing, LAMP) if layout.copies[LAMP] and layout.lying(LAMP) else None
    targets = {
        r: RARE_TARGETS.get(r, USUAL_TARGET)
        for r in layout.homes(thing)
        if r != TOOLS.get(kind.short) and layout.wanted(thing, TOOLS.get(kind.short, r))
    }
    return (thing, layout.draw.weighted(targets)) if any(targets.values()) else None


def _fits(kind: Kind, thing: str, copies: int) -> bool:
    if copies < kind.needed or thing in FIXED:
        return False
    return kind.treatment is None or thing in THINGS_WITH[kind.treatment.needs]


def _runs(facts: Iterable[tuple[str, ...]], *lists: list[str]) -> Iterator[str]:
    """Facts as a record writes them, one string for each run of equal predicates."""
    refs = {
        n: f"{k}{i}" for k, names in zip("orl", lists, strict=True) for i, n in enumerate(names)
    }
    for predicate, run in groupby(facts, key=lambda fact: fact[0]):
        yield " ".join([predicate, *(refs.get(arg, arg) for fact in run for arg in fact[1:])])
