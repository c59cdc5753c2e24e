"""A game as data: its record, and the facts that a record stands for.

A record holds what is needed to play: the ids of ALFRED's things, and the first facts of the
world as runs of equal predicates in which `o3` is `objects[3]`, `r0` a receptacle, `l5` a
location: `"inReceptacle o3 r0 o5 r2"`. A bare number in `init` is layout and means nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from replplan.errors import DomainError
from replplan.record import Json, Record

Fact = tuple[str, ...]

UNARY = """
pickupable isReceptacleObject openable opened cleanable heatable coolable toggleable sliceable
moveable isClean isHot isCool isOn isToggled isSliced full
"""
BINARY = """
receptacleType objectType canContain atLocation inReceptacle inReceptacleObject
receptacleAtLocation objectAtLocation wasInReceptacle
"""
ARITY = dict.fromkeys(UNARY.split(), 1) | dict.fromkeys(BINARY.split(), 2)
"""The predicates of a first state, and how many arguments each has."""

ESCAPES = (("|", "_bar_"), ("-", "_minus_"), ("+", "_plus_"), (".", "_dot_"), (",", "_comma_"))


class GoalTypes(Record):
    """The two types of a goal: thing and receptacle, or lamp and thing."""

    types: tuple[str, str]


class GameRecord(Record):
    """One game. `walkthrough` is a plan that wins, made with full knowledge of the room."""

    id: str
    type: str
    task: str
    goal: GoalTypes
    walkthrough: tuple[str, ...]
    objects: tuple[str, ...]
    receptacles: tuple[str, ...]
    locations: tuple[str, ...]
    init: tuple[str | int, ...]


def read_record(data: Mapping[str, Json]) -> GameRecord:
    """The record in parsed JSON.

    Raises:
        DomainError: a field is missing or of the wrong kind.
    """
    try:
        return GameRecord.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "record"
        raise DomainError(f"the game's {field!r} is wrong: {first['msg'].lower()}") from None


def facts(record: GameRecord) -> Iterator[Fact]:
    """The first facts of a game: a predicate and its arguments, ids as the engine sorts them.

    Raises:
        DomainError: an unknown predicate, a missing argument, an index out of range.
    """
    known = _references(record)
    for run in record.init:
        if isinstance(run, int):
            continue
        predicate, *words = run.split()
        arity = ARITY.get(predicate)
        if arity is None:
            raise DomainError(f"unknown predicate {predicate!r}")
        if len(words) % arity:
            raise DomainError(f"{predicate!r} lacks an argument")
        args = [known.get(word) or _constant(word) for word in words]
        yield from ((predicate, *args[i : i + arity]) for i in range(0, len(args), arity))


def engine_id(name: str) -> str:
    """An id of ALFRED as the official engine writes and sorts it."""
    for sign, escape in ESCAPES:
        name = name.replace(sign, escape)
    return name.lower()


def _references(record: GameRecord) -> dict[str, str]:
    lists = {"o": record.objects, "r": record.receptacles, "l": record.locations}
    return {
        f"{k}{i}": engine_id(name) for k, names in lists.items() for i, name in enumerate(names)
    }


def _constant(word: str) -> str:
    if word.endswith("Type") or word == "agent1":
        return word.lower()
    raise DomainError(f"{word!r} is none of the game's things")
