"""The status bar: where a plan is, what it has spent, which limits are near."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from rich.cells import cell_len
from rich.text import Text

from replplan import events
from replplan.console import words
from replplan.console.board import Pane
from replplan.console.clean import one_line
from replplan.limits import Limits, Usage

_BETWEEN = " · "
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
NEAR, AT_HAND = 0.8, 0.95
"""Shares of a limit from which on it is shown in yellow, and in red."""

ROOMY = 76
"""From this width on the cached share of the tokens is shown."""


class _Part(NamedTuple):
    """A part of the bar. The lowest rank stays longest."""

    rank: int
    text: str
    style: str = ""


class Gauge:
    """Adds up what the status bar shows. `clock` gives seconds, from anywhere."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._limits, self._usage = Limits(), Usage()
        self._actions = 0
        self.running = False
        self._since: float | None = None

    def tell(self, event: events.Event) -> None:
        """Take an event."""
        self.running = not isinstance(event, events.PlanFinished)
        if isinstance(event, events.PlanStarted):
            self._limits, self._usage, self._actions = event.limits, Usage(), 0
            self._since = self._clock()
        elif isinstance(event, events.ModelReplied):
            self._usage = event.usage
            self._since = self._clock()
        elif isinstance(event, events.Acted):
            self._actions = max(self._actions, event.action_count)

    def bar(self, pane: Pane, width: int) -> Text:
        """One line of at most `width` cells; what matters least is left out where it is narrow."""
        frame = SPINNER[int(self._clock() * 10) % len(SPINNER)]
        path = one_line(pane.path)
        path = path if len(path) <= width // 3 else "…" + path[1 - width // 3 :]
        bar = Text("").append(f"{frame} ", "cyan").append(path)
        for part in self._fitting(pane, width - bar.cell_len, width >= ROOMY):
            bar.append(_BETWEEN, "dim").append_text(part)
        bar.truncate(width, overflow="ellipsis")
        return bar

    def _fitting(self, pane: Pane, left: int, roomy: bool) -> list[Text]:
        found = [part for part in enumerate(self._parts(pane, roomy)) if part[1].text]
        kept = []
        for place, part in sorted(found, key=lambda f: (f[1].rank, f[0])):
            taken = cell_len(part.text) + len(_BETWEEN)
            if taken <= left:
                left -= taken
                kept.append((place, Text(part.text, style=part.style)))
        return [text for _, text in sorted(kept, key=lambda k: k[0])]

    def _parts(self, pane: Pane, roomy: bool) -> list[_Part]:
        usage, turn = self._usage, pane.turn + (pane.doing == "model")
        since = 0 if self._since is None else self._clock() - self._since
        cached = words.cached(usage) if roomy else ""
        return [
            _Part(1, f"turn {turn}" if turn else ""),
            self._spent(9, "turns", usage.turns),
            self._spent(4, "model_calls", usage.model_calls),
            self._spent(3, "tokens", usage.tokens, cached),
            self._spent(6, "cost", usage.cost or 0),
            self._spent(2, "seconds", usage.seconds + since),
            self._spent(3, "actions", self._actions),
        ]

    def _spent(self, rank: int, limit: str, used: float, more: str = "") -> _Part:
        allowed = getattr(self._limits, limit)
        share = used / allowed if allowed else 0.0
        if share >= NEAR:
            style = "bold red" if share >= AT_HAND else "yellow"
            return _Part(0, _of(limit, used, allowed), style)
        if limit == "turns" or not used:
            return _Part(rank, "")
        return _Part(rank, _of(limit, used, allowed if limit == "actions" else None) + more)


def _of(limit: str, used: float, allowed: float | None) -> str:
    """Spent, and allowed where that is to be said, as short as may be."""
    if limit == "cost":
        return words.money(used) + (f" of {words.money(allowed)}" if allowed else "")
    if limit == "seconds":
        return f"{int(used)}{f'/{allowed:g}' if allowed else ''} s"
    unit = "calls" if limit == "model_calls" else limit
    if allowed:
        return f"{_short(used)}/{_short(allowed)} {unit}"
    return f"{_short(used)} {unit if used != 1 else unit[:-1]}"


def _short(number: float) -> str:
    if number < 10_000:
        return f"{number:g}"
    return f"{number / 1000:.1f}k" if number < 1e6 else f"{number / 1e6:.2f}M"
