"""The task types of ScienceWorld, and the official split of their variations."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from difflib import get_close_matches

from replplan.domain import Task
from replplan.errors import ConfigError
from replplan_domains.seeded import MadeTasks, check_split

DOMAIN = "scienceworld"
SPLITS = ("train", "dev", "test")
SIZES: dict[str, tuple[int, int, int]] = {
    "boil": (14, 7, 9),
    "change-the-state-of-matter-of": (14, 7, 9),
    "chemistry-mix": (16, 8, 8),
    "chemistry-mix-paint-secondary-color": (18, 9, 9),
    "chemistry-mix-paint-tertiary-color": (18, 9, 9),
    "find-animal": (150, 75, 75),
    "find-living-thing": (150, 75, 75),
    "find-non-living-thing": (150, 75, 75),
    "find-plant": (150, 75, 75),
    "freeze": (14, 7, 9),
    "grow-fruit": (62, 31, 33),
    "grow-plant": (62, 31, 33),
    "identify-life-stages-1": (6, 3, 5),
    "identify-life-stages-2": (4, 2, 4),
    "inclined-plane-determine-angle": (84, 42, 42),
    "inclined-plane-friction-named-surfaces": (692, 346, 348),
    "inclined-plane-friction-unnamed-surfaces": (80, 40, 42),
    "lifespan-longest-lived": (62, 31, 32),
    "lifespan-longest-lived-then-shortest-lived": (62, 31, 32),
    "lifespan-shortest-lived": (62, 31, 32),
    "measure-melting-point-known-substance": (218, 109, 109),
    "measure-melting-point-unknown-substance": (150, 75, 75),
    "melt": (14, 7, 9),
    "mendelian-genetics-known-plant": (60, 30, 30),
    "mendelian-genetics-unknown-plant": (240, 120, 120),
    "power-component": (10, 5, 5),
    "power-component-renewable-vs-nonrenewable-energy": (10, 5, 5),
    "test-conductivity": (450, 225, 225),
    "test-conductivity-of-unknown-substances": (300, 150, 150),
    "use-thermometer": (270, 135, 135),
}
"""How many variations of each type are `train`, `dev` and `test`, in this order from 0 on, as the
simulator of release 1.2.3 has them."""


def check_type(name: str) -> None:
    """See that there is a type of that name.

    Raises:
        ConfigError: there is none.
    """
    if name not in SIZES:
        close = get_close_matches(name, SIZES, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(SIZES)}"
        raise ConfigError(f"ScienceWorld has no task type {name!r}; {hint}")


def variations(name: str, split: str) -> range:
    """The variations of a type that a split has.

    Raises:
        ConfigError: there is no such split.
    """
    check_split("ScienceWorld", split, SPLITS)
    place = SPLITS.index(split)
    before = sum(SIZES[name][:place])
    return range(before, before + SIZES[name][place])


def make_task(name: str, split: str, variation: int) -> Task:
    """The task of a variation."""
    return Task(
        id=f"{name}-{split}-{variation}",
        domain=DOMAIN,
        split=split,
        goal=name.replace("-", " "),
        data={"type": name, "variation": variation},
    )


def find_task(id: str) -> Task:  # noqa: A002 the surface's own word
    """The task of an id such as "boil-dev-14".

    Raises:
        KeyError: there is none.
    """
    before, _, number = id.rpartition("-")
    name, _, split = before.rpartition("-")
    known = name in SIZES and split in SPLITS and number.isdecimal()
    if not known or int(number) not in variations(name, split):
        raise KeyError(id)
    return make_task(name, split, int(number))


def variation_tasks(split: str, types: Sequence[str]) -> MadeTasks[tuple[str, int]]:
    """A split: the first variation of each type, then the second of each, and so on.

    Raises:
        ConfigError: there is no such split.
    """
    by_type = [[(name, n) for n in variations(name, split)] for name in types]
    rounds = itertools.zip_longest(*by_type)
    pairs = [pair for turn in rounds for pair in turn if pair]
    return MadeTasks(pairs, lambda pair: make_task(pair[0], split, pair[1]))
