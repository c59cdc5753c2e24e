"""Problems drawn by seed: towers of blocks, and parcels between cities."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from random import Random

BLOCKS, LOGISTICS = WORLDS = ("blocks", "logistics")
SIZES = {"train": 300, "dev": 60, "test": 120}
"""Problems of each split, half of each world where both are played."""

_SHARES = {"test": 30, "dev": 45, "train": 100}
"""Where each split ends, in per cent of all problems."""


def problems(world: str, split: str) -> Iterator[str]:
    """The problems of a split without end, each once, as text.

    A problem's split follows from its text, so no two splits share one.
    """
    random, seen = Random(f"{world} {split}"), set[str]()
    while True:
        body = DRAWN[world](random)
        if body not in seen and _split(body) == split:
            seen.add(body)
            yield body.replace("NAME", f"{world}-{split}-{len(seen) - 1}")


def _split(body: str) -> str:
    share = int.from_bytes(hashlib.sha256(body.encode()).digest()[:4], "big") % 100
    return next(split for split, end in _SHARES.items() if share < end)


def draw_blocks(random: Random) -> str:
    """Four to seven blocks, as they stand and as they are to stand."""
    names = [f"b{i}" for i in range(1, random.randint(4, 7) + 1)]
    stands, goal = list(_standing(_towers(random, names))), set[str]()
    while goal <= set(stands):  # one that is not reached yet
        goal = {fact for fact in _standing(_towers(random, names)) if fact.startswith("(on ")}
    return _problem("blocks", " ".join(names), ["(handempty)", *stands], sorted(goal))


def _towers(random: Random, names: list[str]) -> list[list[str]]:
    """Towers from the bottom up, in the order of their lowest blocks."""
    towers = list[list[str]]()
    for name in random.sample(names, len(names)):
        place = random.randrange(len(towers) + 1)
        if place == len(towers):
            towers.append([name])
        else:
            towers[place].append(name)
    return sorted(towers)


def _standing(towers: list[list[str]]) -> Iterator[str]:
    for tower in towers:
        yield f"(ontable {tower[0]})"
        yield from (f"(on {up} {down})" for down, up in itertools.pairwise(tower))
        yield f"(clear {tower[-1]})"


def draw_logistics(random: Random) -> str:
    """Two or three cities of two or three places, a lorry in each, an aeroplane, some parcels."""
    cities = range(1, random.randint(2, 3) + 1)
    places = {c: [f"p{c}{i}" for i in range(1, random.randint(2, 3) + 1)] for c in cities}
    everywhere = [place for here in places.values() for place in here]
    airports = [here[0] for here in places.values()]
    parcels = [f"b{i}" for i in range(1, random.randint(1, 3) + 1)]
    stands = [f"(in-city {p} c{c})" for c, here in places.items() for p in here]
    stands += [f"(at t{c} {random.choice(here)})" for c, here in places.items()]
    stands += [f"(at plane {random.choice(airports)})"]
    goal = list[str]()
    for parcel in parcels:
        start, end = random.sample(everywhere, 2)
        stands.append(f"(at {parcel} {start})")
        goal.append(f"(at {parcel} {end})")
    others = [place for place in everywhere if place not in airports]
    kinds = {
        "city": [f"c{c}" for c in cities], "airport": airports, "place": others,
        "truck": [f"t{c}" for c in cities], "airplane": ["plane"], "package": parcels,
    }  # fmt: skip
    objects = " ".join(f"{' '.join(names)} - {kind}" for kind, names in kinds.items() if names)
    return _problem("logistics", objects, stands, goal)


def _problem(world: str, objects: str, stands: list[str], goal: list[str]) -> str:
    return (
        f"(define (problem NAME)\n  (:domain {world})\n  (:objects {objects})\n"
        f"  (:init {' '.join(stands)})\n  (:goal (and {' '.join(goal)})))\n"
    )


DRAWN = {BLOCKS: draw_blocks, LOGISTICS: draw_logistics}
