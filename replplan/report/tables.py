"""The tables of a report: plain rows of text, for whatever shows them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from replplan.console import words
from replplan.evaluate.line import EpisodeLine
from replplan.evaluate.statistics import wilson
from replplan.report.runs import Arm

_MOST_ERRORS = 12
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\d+")


@dataclass(frozen=True)
class Table:
    """A table: its first column has names, the others figures. `note` explains it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def tables(arms: Sequence[Arm]) -> list[Table]:
    """All tables that have something to tell."""
    every = [success(arms), by_kind(arms), spending(arms), time_spent(arms), stops(arms)]
    every.append(errors(arms))
    return [table for table in every if table.rows]


def share(lines: Sequence[EpisodeLine]) -> str:
    """How many are solved, and how sure that is."""
    if not lines:
        return "-"
    solved = sum(line.good for line in lines)
    return f"{solved}/{len(lines)} {wilson(solved, len(lines))}"


def success(arms: Sequence[Arm]) -> Table:
    """What was solved."""
    rows = tuple(
        (arm.label, share(arm.lines), _mean_score(arm.lines), str(_failed(arm.lines)))
        for arm in arms
    )
    note = "Solved, with Wilson's interval at 95 %. Failed: a fault around the plan ended it."
    return Table("Success", ("", "solved", "mean score", "failed"), rows, note)


def by_kind(arms: Sequence[Arm]) -> Table:
    """What was solved of each kind of task; nothing where there is but one."""
    kinds = sorted({line.kind for arm in arms for line in arm.lines})
    if len(kinds) < 2:
        return Table("By kind of task", (), ())
    rows = tuple(
        (kind or "(none)", *(share([x for x in arm.lines if x.kind == kind]) for arm in arms))
        for kind in kinds
    )
    return Table("By kind of task", ("", *(arm.label for arm in arms)), rows)


def spending(arms: Sequence[Arm]) -> Table:
    """What an episode took."""
    parts: dict[str, Callable[[Sequence[EpisodeLine]], str]] = {
        "turns": lambda x: _mean(line.usage.turns for line in x),
        "model calls": lambda x: _mean(line.usage.model_calls for line in x),
        "asks among them": lambda x: _mean(line.usage.asks for line in x),
        "actions": lambda x: _mean(line.usage.actions for line in x),
        "sub-REPLs": lambda x: _mean(max(line.usage.sessions - 1, 0) for line in x),
        "input tokens": lambda x: _mean(line.usage.input_tokens for line in x),
        "of these cached": _cached,
        "output tokens": lambda x: _mean(line.usage.output_tokens for line in x),
        "seconds, median": lambda x: f"{median(line.usage.seconds for line in x):,.1f}",
        "cost of an episode": lambda x: _money(x, len(x)),
        "cost of all": lambda x: _money(x, 1),
    }
    rows = tuple((name, *(tell(arm.lines) for arm in arms)) for name, tell in parts.items())
    return Table("What an episode took", ("mean", *(arm.label for arm in arms)), rows)


def time_spent(arms: Sequence[Arm]) -> Table:
    """Where the wall time of an episode went."""
    names = {
        "start": "world and kernel start",
        "waiting": "held back by rate limits",
        "model": "the model replies",
        "cells": "cells run, the world answers",
    }
    rows = tuple(
        (told, *(_mean(getattr(line.spans, name) for line in arm.lines) for arm in arms))
        for name, told in names.items()
    )
    return Table("Where time went", ("mean seconds", *(arm.label for arm in arms)), rows)


def stops(arms: Sequence[Arm]) -> Table:
    """Why episodes ended."""
    counts = [Counter(line.stop_reason for line in arm.lines) for arm in arms]
    return _counted("Why episodes ended", "stop reason", arms, counts, None)


def errors(arms: Sequence[Arm]) -> Table:
    """What went wrong in cells, most often first."""
    counts = []
    for arm in arms:
        count: Counter[str] = Counter()
        for line in arm.lines:
            for error, times in line.errors.items():
                count[_QUOTED.sub("…", error)] += times
        counts.append(count)
    note = "Python errors of cells, and replies without a cell; names and numbers are left out."
    return _counted("Commonest errors", "error", arms, counts, _MOST_ERRORS, note)


def _counted(
    title: str,
    what: str,
    arms: Sequence[Arm],
    counts: Sequence[Counter[str]],
    most: int | None,
    note: str = "",
) -> Table:
    total: Counter[str] = sum(counts, Counter())
    rows = tuple((name, *(str(c[name]) for c in counts)) for name, _ in total.most_common(most))
    return Table(title, (what, *(arm.label for arm in arms)), rows, note)


def _failed(lines: Sequence[EpisodeLine]) -> int:
    return sum(line.stop_reason == "failed" for line in lines)


def _mean_score(lines: Sequence[EpisodeLine]) -> str:
    scores = [line.score for line in lines if line.score is not None]
    return f"{fmean(scores):.3f}" if scores else "-"


def _mean(values: Iterable[float]) -> str:
    return f"{fmean(values):,.1f}"


def _cached(lines: Sequence[EpisodeLine]) -> str:
    sent = sum(line.usage.input_tokens for line in lines)
    return f"{sum(line.usage.cached_tokens for line in lines) / sent:.0%}" if sent else "-"


def _money(lines: Sequence[EpisodeLine], among: int) -> str:
    costs = [line.usage.cost for line in lines]
    known = [cost for cost in costs if cost is not None]
    return words.money(sum(known) / among) if len(known) == len(costs) else "not known"
