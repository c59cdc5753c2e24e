"""Goals made by the official rules: caps on prices, combinations of options, and their order."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import prod
from random import Random
from typing import NamedTuple

from replplan_domains.webshop.records import Goal

NO_CAP = 1_000_000.0
_STEPS = [10.0 * i for i in range(1, 100)]
_NEAR = 4
"""The cap is one of so many steps above the price."""


def cap_of(price: float, draw: Random) -> tuple[str, float]:
    """A cap on the price, in words and in dollars; none where the price is near the last step."""
    near = [step for step in _STEPS if step > price][:_NEAR]
    if len(near) < 2:
        return "", NO_CAP
    cap = max(draw.sample(near, 2))
    return f", and price lower than {cap:.2f} dollars", cap


def shuffled(count: int, seed: int) -> array[int]:
    """The numbers below `count` in the order that the seed gives."""
    numbers = array("I", range(count))
    Random(seed).shuffle(numbers)
    return numbers


class Wish(NamedTuple):
    """What the goals of a product are made from: one for each combination of its options.

    Attributes:
        asin, price: of the product.
        instruction, attributes: what is said of all of them.
        options: the values by name, sorted by name.
        clause, cap: the cap on the price, in words and in dollars.
    """

    asin: str
    instruction: str
    attributes: tuple[str, ...]
    options: tuple[tuple[str, tuple[str, ...]], ...]
    price: float
    clause: str = ""
    cap: float = NO_CAP

    def capped(self, cap: tuple[str, float]) -> Wish:
        """The same with a cap on the price."""
        return self._replace(clause=cap[0], cap=cap[1])

    @property
    def size(self) -> int:
        """How many combinations there are."""
        return prod(len(values) for _, values in self.options)

    def goal(self, number: int) -> Goal:
        """The goal of a combination; they are counted with the last option running fastest."""
        chosen = {}
        for name, values in reversed(self.options):
            number, place = divmod(number, len(values))
            chosen[name] = values[place]
        options = dict(reversed(chosen.items()))
        told = ", and ".join(f"{name}: {value}" for name, value in options.items())
        return Goal(
            asin=self.asin,
            instruction=self.instruction + (f" with {told}" if told else "") + self.clause,
            attributes=self.attributes,
            options=options,
            price_upper=self.cap,
        )


def goals_of(wishes: Sequence[Wish], seed: int) -> Iterator[Goal]:
    """All goals of the wishes in the order that the seed gives; each is made when it is due."""
    ends = list(accumulate(wish.size for wish in wishes))
    for number in shuffled(ends[-1] if ends else 0, seed):
        place = bisect_right(ends, number)
        wish = wishes[place]
        yield wish.goal(number - ends[place] + wish.size)
