"""A game as the official engine reads it: a PDDL domain and problem, and a text grammar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from replplan.record import Json
from replplan_domains.alfworld.game import Game
from replplan_domains.alfworld.kinds import Kind
from replplan_domains.alfworld.records import GameRecord, engine_id, facts

UNKNOWN = "UNKNOWN GOAL"
"""What stands for the task sentence in upstream's grammar."""

LOOK = """
(exists (?t - object ?r - receptacle ?a - agent ?l - location) (and
    (objectType ?t {lamp}) (toggleable ?t) (isToggled ?t)
    (receptacleAtLocation ?r ?l) (atLocation ?a ?l) (inReceptacle ?t ?r)))
(exists (?o - object ?a - agent) (and (objectType ?o {thing}) (holds ?a ?o)))
"""
PLACE = """
(exists (?r - receptacle) (exists (?o - object) (and
    {state} (inReceptacle ?o ?r) (objectType ?o {thing}) (receptacleType ?r {target}))))
"""
TWO = """
(exists (?r - receptacle) (exists (?o1 - object) (and
    (objectType ?o1 {thing}) (receptacleType ?r {target}) (inReceptacle ?o1 ?r)
    (exists (?o2 - object) (and
        (not (= ?o1 ?o2))
        (objectType ?o2 {thing}) (receptacleType ?r {target}) (inReceptacle ?o2 ?r))))))
"""
TYPES = {"objectType": "otype", "receptacleType": "rtype"}


def official_file(record: GameRecord, logic: Path) -> dict[str, Json]:
    """What an official file of a game would hold.

    Args:
        record: the game.
        logic: upstream's folder of `alfred.pddl` and `alfred.twl2`.

    Raises:
        DomainError: the record is of no whole game.
    """
    grammar = (logic / "alfred.twl2").read_text(encoding="utf-8")
    return {
        "pddl_domain": (logic / "alfred.pddl").read_text(encoding="utf-8"),
        "grammar": grammar.replace(UNKNOWN, record.task),
        "pddl_problem": problem(record),
        "solvable": True,
        "walkthrough": list(record.walkthrough),
    }


def problem(record: GameRecord) -> str:
    """The PDDL problem of a game."""
    rows = list(facts(record))
    init = "\n".join(f"({' '.join(row)})" for row in rows)
    objects = "\n".join(_objects(record, rows))
    return f"""
(define (problem game)
(:domain alfred)
(:objects
{objects}
)
(:init
{init}
)
(:goal (and {_goal(Game.from_record(record))}))
)
"""


def _objects(record: GameRecord, rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield "agent1 - agent"
    types = {(TYPES[row[0]], row[2]) for row in rows if row[0] in TYPES}
    accepted = (row for row in rows if row[0] == "canContain")
    types |= {pair for row in accepted for pair in (("rtype", row[1]), ("otype", row[2]))}
    yield from (f"{name} - {kind}" for kind, name in sorted(types))
    lists = (record.objects, "object"), (record.receptacles, "receptacle")
    for names, kind in (*lists, (record.locations, "location")):
        yield from (f"{engine_id(name)} - {kind}" for name in names)


def _goal(game: Game) -> str:
    thing, target = f"{game.thing}type", f"{game.target}type"
    if game.kind.needs_light:
        return LOOK.format(lamp=target, thing=thing)
    form = TWO if game.kind.needed > 1 else PLACE
    return form.format(thing=thing, target=target, state=_state(game.kind))


def _state(kind: Kind) -> str:
    treatment = kind.treatment
    return f"({treatment.needs} ?o) ({kind.mark} ?o)" if treatment else ""
