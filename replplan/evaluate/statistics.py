"""How sure a share is."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple


class Interval(NamedTuple):
    """A share, and the interval that it lies in with a confidence of 95 %."""

    share: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.share:.1%} [{self.low:.1%}, {self.high:.1%}]"


def wilson(count: int, of: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a binomial share (Wilson 1927, JASA 22, 209-212).

    Nothing of nothing is anything between 0 and 1.
    """
    if not of:
        return Interval(0.0, 0.0, 1.0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, weight = count / of, z * z / of
    middle = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * math.sqrt(share * (1 - share) / of + weight / (4 * of))
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))
