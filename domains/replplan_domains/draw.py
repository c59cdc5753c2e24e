"""Random choices that are the same on every platform and in every version of Python."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A stream of choices that follows from its seed alone.

    It stands on `random.Random(seed).random` only: of Python's generators that one method is
    promised to give the same numbers in every version.
    """

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed).random

    def between(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self._random() * (high - low + 1))

    def amount(self, low: float, high: float) -> float:
        """A number between the two."""
        return low + self._random() * (high - low)

    def choice(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[int(self._random() * len(items))]

    def weighted(self, weights: Mapping[T, int]) -> T:
        """One of the keys, as often as their weights say; one of them is positive."""
        left = int(self._random() * sum(weights.values()))
        for item, weight in weights.items():
            left -= weight
            if left < 0:
                return item
        raise AssertionError("no positive weight")

    def chance(self, share: float) -> bool:
        """True in that share of cases."""
        return self._random() < share

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """So many of the items, in random order; all where there are fewer."""
        left = list(items)
        return [left.pop(int(self._random() * len(left))) for _ in range(min(count, len(left)))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """All items in random order."""
        return self.sample(items, len(items))
