"""Splits of goals by product, so that no product is in two of them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from replplan_domains.webshop.records import Goal

TRAIN, DEV, TEST, ALL, HUMAN = "train", "dev", "test", "all", "human"
OWN_SPLITS = (TRAIN, DEV, TEST, ALL)
_UP_TO = {TEST: 20, DEV: 35, TRAIN: 100}
"""Where each ends, in per cent of the products."""


class Head(NamedTuple):
    """What decides on the split of a goal."""

    asin: str
    gold_reward: float | None


def make_splits(goals: Sequence[Head], human: int) -> dict[str, list[int]]:
    """The numbers of the goals of each split.

    Train, dev and test hold the goals made by rule that can be reached in full. They begin with
    one goal of each product, go on with a second of each, and so forth: products have from one
    to hundreds of goals, and so the first goals of a split are a fair sample of it.

    Args:
        goals: all goals, those of people last.
        human: how many are of people.
    """
    ruled = range(len(goals) - human)
    splits = {name: list(_in_turns(goals, ruled, name)) for name in OWN_SPLITS[:-1]}
    splits[ALL] = list(ruled)
    if human:
        splits[HUMAN] = list(range(len(ruled), len(goals)))
    return splits


def split_of(goal: Head | Goal) -> str:
    """The split of a goal: by its product, or `all` alone where it cannot be reached."""
    return part_of(goal.asin) if _reachable(goal) else ALL


def part_of(asin: str) -> str:
    """The split of a product's goals; it follows from its name."""
    share = int.from_bytes(hashlib.sha256(asin.encode()).digest()[:4], "big") % 100
    return next(name for name, end in _UP_TO.items() if share < end)


def _reachable(goal: Head | Goal) -> bool:
    return goal.gold_reward is not None and goal.gold_reward >= 1


def _in_turns(goals: Sequence[Head], numbers: range, split: str) -> Iterator[int]:
    seen: Counter[str] = Counter()
    turns = []
    for number in numbers:
        goal = goals[number]
        if split_of(goal) == split:
            turns.append((seen[goal.asin], number))
            seen[goal.asin] += 1
    return (number for _, number in sorted(turns))
