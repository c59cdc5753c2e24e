"""Two arms compared in pairs: the same task with the same seed. The statistics are SciPy's."""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, NamedTuple

from replplan.errors import ConfigError
from replplan.evaluate.line import EpisodeLine
from replplan.report.runs import Arm
from replplan.report.tables import Table

MISSING = 'comparing needs SciPy: type `pip install "replplan[stats]"`'
RESAMPLES = 9999

Measure = Callable[[EpisodeLine], float | None]

MEASURES: dict[str, Measure] = {
    "share solved": lambda line: float(line.good),
    "score": lambda line: line.score,
    "turns": lambda line: line.usage.turns,
    "model calls": lambda line: line.usage.model_calls,
    "actions": lambda line: line.usage.actions,
    "tokens": lambda line: line.usage.tokens,
    "cost": lambda line: line.usage.cost,
    "seconds": lambda line: line.usage.seconds,
}
"""What is compared."""


class Pair(NamedTuple):
    """The same task with the same seed in both arms."""

    a: EpisodeLine
    b: EpisodeLine


class Difference(NamedTuple):
    """The means of a measure, and how much greater B's is, with a bootstrap interval at 95 %."""

    measure: str
    a: float
    b: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """Two arms in pairs.

    `p` is the p value of McNemar's exact test: how likely so lopsided a split of the flipped pairs
    is where both arms are equally good. Pairs in which an arm failed are left out, `failed` of
    them.
    """

    a: Arm
    b: Arm
    pairs: tuple[Pair, ...]
    failed: int
    p: float
    differences: tuple[Difference, ...]

    @property
    def names(self) -> tuple[str, str]:
        """What the two are called; by their folders too where their methods are the same."""
        if self.a.label != self.b.label:
            return self.a.label, self.b.label
        return f"{self.a.label} · {self.a.run.path}", f"{self.b.label} · {self.b.run.path}"

    @property
    def only_a(self) -> list[Pair]:
        """Pairs that A alone solved."""
        return [pair for pair in self.pairs if pair.a.good and not pair.b.good]

    @property
    def only_b(self) -> list[Pair]:
        """Pairs that B alone solved."""
        return [pair for pair in self.pairs if pair.b.good and not pair.a.good]

    @property
    def both(self) -> int:
        """How many both solved."""
        return sum(pair.a.good and pair.b.good for pair in self.pairs)


def compare(a: Arm, b: Arm) -> Comparison:
    """Compare two arms.

    Raises:
        ConfigError: they have no task and seed in common, or SciPy is not installed.
    """
    others = {(line.domain, line.task, line.seed): line for line in b.lines}
    sides = ((x, others.get((x.domain, x.task, x.seed))) for x in a.lines)
    met = [Pair(x, y) for x, y in sides if y is not None]
    pairs = tuple(pair for pair in met if not any(line.is_infrastructure for line in pair))
    if not pairs:
        raise ConfigError(
            f"{a.run.path} and {b.run.path} cannot be compared: no task was done in both with the "
            "same seed"
        )
    stats = _scipy_stats()
    flips = [sum(p.a.good > p.b.good for p in pairs), sum(p.b.good > p.a.good for p in pairs)]
    p = float(stats.binomtest(flips[0], sum(flips)).pvalue) if any(flips) else 1.0
    found = (difference(name, measure, pairs) for name, measure in MEASURES.items())
    return Comparison(a, b, pairs, len(met) - len(pairs), p, tuple(d for d in found if d))


def difference(name: str, measure: Measure, pairs: Sequence[Pair]) -> Difference | None:
    """How a measure differs; None where one of them lacks it.

    Tasks are drawn anew, with all their seeds: pairs of one task do not count as independent.
    """
    values = [(pair.a.task, measure(pair.a), measure(pair.b)) for pair in pairs]
    by_task: dict[str, list[float]] = defaultdict(list)
    known = [(task, x, y) for task, x, y in values if x is not None and y is not None]
    if len(known) < len(values):
        return None
    for task, x, y in known:
        by_task[task].append(y - x)
    low, high = _interval([fmean(ds) for ds in by_task.values()])
    return Difference(name, fmean(x for _, x, _ in known), fmean(y for *_, y in known), low, high)


def _interval(differences: list[float]) -> tuple[float, float]:
    """The bootstrap interval of the mean; without spread it is the mean alone."""
    if len(set(differences)) < 2:
        return differences[0], differences[0]
    found = _scipy_stats().bootstrap(
        (differences,), _mean, n_resamples=RESAMPLES, method="percentile", rng=0
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def _mean(sample: Any, axis: int = -1) -> Any:
    return sample.mean(axis=axis)


def _scipy_stats() -> Any:
    try:
        return importlib.import_module("scipy.stats")  # it has no types
    except ImportError:
        raise ConfigError(MISSING) from None


def comparison_tables(found: Comparison) -> list[Table]:
    """What a comparison found, as tables."""
    (a, b), pairs = found.names, len(found.pairs)
    neither = pairs - found.both - len(found.only_a) - len(found.only_b)
    counts = [("both", found.both), (f"A alone: {a}", len(found.only_a))]
    counts += [(f"B alone: {b}", len(found.only_b)), ("neither", neither)]
    note = f"McNemar's exact test: p = {found.p:.3g}."
    if found.failed:
        note += f" {found.failed} pairs are left out: a fault around the plan ended one of them."
    rows = tuple((name, str(count)) for name, count in counts)
    solved = Table(f"Solved, of {pairs} pairs", ("", "pairs"), rows, note)
    means = tuple(
        (d.measure, _n(d.a), _n(d.b), f"{_n(d.b - d.a, '+')} [{_n(d.low, '+')}, {_n(d.high, '+')}]")
        for d in found.differences
    )
    note = "Bootstrap intervals at 95 %, over tasks."
    return [solved, Table("Means", ("", "A", "B", "B - A"), means, note)]


def flipped_rows(found: Comparison) -> list[tuple[str, Pair]]:
    """The tasks that one of the two alone solved, each with a word for which."""
    lost = [("B lost", pair) for pair in found.only_a]
    return lost + [("B won", pair) for pair in found.only_b]


def _n(value: float, sign: str = "") -> str:
    return f"{value:{sign},.0f}" if abs(value) >= 1000 else f"{value:{sign}.3g}"
