"""The lines of the table that `kernels.py` gives."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One line of the table: `ours` and `stock` in `unit`; `goal` bounds their ratio or ours."""

    measure: str
    unit: str
    ours: float
    stock: float | None
    goal: str
    met: bool


def against(measure: str, unit: str, ours: list[float], stock: list[float], most: float) -> Figure:
    a, b = statistics.median(ours), statistics.median(stock)
    return Figure(measure, unit, a, b, f"at most {most:.3g}x", a <= most * b)


def bounded(measure: str, unit: str, ours: float, most: float, sign: str = "") -> Figure:
    return Figure(measure, unit, ours, None, f"at most {sign}{most:g}", ours <= most)


def table(figures: list[Figure]) -> Table:
    shown = Table("measure", "unit", "ours", "peer", "ratio", "goal", "met")
    for f in figures:
        peer = ("", "") if f.stock is None else (f"{f.stock:.3g}", f"{f.ours / f.stock:.3g}x")
        shown.add_row(f.measure, f.unit, f"{f.ours:.3g}", *peer, f.goal, "yes" if f.met else "NO")
    return shown
