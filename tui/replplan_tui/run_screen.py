"""The run screen: the episodes of an evaluation as a table, live while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.coordinate import Coordinate
from textual.screen import Screen
from textual.widgets import Static

from replplan.console import words
from replplan.console.clean import one_line
from replplan.console.gauge import SPINNER
from replplan.evaluate.line import EpisodeLine
from replplan_tui.feed import TraceFeed
from replplan_tui.plan_screen import PlanScreen
from replplan_tui.run_state import Row, RunState
from replplan_tui.table import Table
from replplan_tui.whole_keys import WholeKeys

_COLUMNS = ("", "no", "task", "result", "turns", "tokens", "time", "cost", "method", "model")
_ORDERS = ("number", "result", "tokens", "time")


class RunScreen(Screen[None]):
    """A table of a run's episodes; Enter opens one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort", "Sort"),
        Binding("f", "only", "Only not solved"),
        Binding("q,escape", "quit", "Leave"),
    ]
    DEFAULT_CSS: ClassVar[str] = """
    RunScreen #head { height: auto; background: $panel; padding: 0 1; }
    RunScreen #tally { height: 1; padding: 0 1; color: $text-muted; }
    RunScreen Table { height: 1fr; scrollbar-size: 1 1; }
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.state = RunState(folder)
        self._order, self._only_failed, self._frame = 0, False, 0
        self._shown: tuple[object, ...] = ()
        self._listed: list[Row] = []

    def compose(self) -> ComposeResult:
        """What the run is, how far it is, its episodes."""
        yield Static(id="head", markup=False)
        yield Static(id="tally", markup=False)
        yield Table()
        yield WholeKeys()

    def on_mount(self) -> None:
        """Read the folder, and again every half second."""
        self.query_one(Table).add_columns(*_COLUMNS)
        self.query_one("#head", Static).update(self.state.title)
        self._read()
        self.set_interval(0.5, self._read)
        self.query_one(Table).focus()

    def _read(self) -> None:
        self._frame += 1
        self.state.read()
        shown = (self.state.version, self.state.problem, self._order, self._only_failed)
        if shown != self._shown:
            self._shown = shown
            self.query_one("#tally", Static).update(self._tally())
            self._fill(self._rows())
        else:
            self._spin()

    def _rows(self) -> list[Row]:
        rows = self.state.rows()
        if self._only_failed:
            rows = [r for r in rows if r.line is None or not r.line.solved]
        return sorted(rows, key=lambda row: _rank(row, _ORDERS[self._order]))

    def _fill(self, rows: list[Row]) -> None:
        table = self.query_one(Table)
        at, before = table.cursor_row, self._listed
        chosen = before[at].job if 0 <= at < len(before) else None
        self._listed = rows
        at = next((n for n, row in enumerate(rows) if row.job == chosen), at)
        table.clear()
        for row in rows:
            table.add_row(*self._cells(row), key=str(row.job.number))
        table.move_cursor(row=min(at, max(0, len(rows) - 1)))

    def _spin(self) -> None:
        """Move the signs of the episodes that are under way."""
        table = self.query_one(Table)
        for place, row in enumerate(self._listed):
            if row.under_way:
                table.update_cell_at(Coordinate(place, 0), self._sign(row))

    def _cells(self, row: Row) -> list[str]:
        job, line = row.job, row.line
        head = [self._sign(row), str(job.number), one_line(job.task, 24)]
        tail = [one_line(job.method, 24), one_line(line.model if line else job.model, 60)]
        if line is None:
            return [*head, _state(row), "", "", "", "", *tail]
        usage = line.usage
        cost = "?" if usage.cost is None else words.money(usage.cost) if usage.cost else ""
        spent = [f"{usage.tokens:,}", words.duration(usage.seconds), cost]
        return [*head, _result(line), str(usage.turns), *spent, *tail]

    def _sign(self, row: Row) -> str:
        if row.under_way:
            return SPINNER[self._frame % len(SPINNER)]
        if row.line is None:
            return "!" if row.broken_off else "·"
        if row.line.is_infrastructure:
            return "!"
        return {True: "✓", False: "✗", None: "-"}[row.line.solved]

    def _tally(self) -> str:
        lines, jobs = list(self.state.lines.values()), len(self.state.jobs)
        solved = sum(line.solved is True for line in lines)
        judged = sum(line.solved is not None for line in lines)
        parts = [f"{len(lines)} of {jobs} done"]
        if judged:
            parts.append(f"{solved} solved ({solved / judged:.0%})")
        rows = self.state.rows()
        if under_way := sum(row.under_way for row in rows):
            parts.append(f"{under_way} under way")
        if broken_off := sum(row.broken_off for row in rows):
            parts.append(f"{broken_off} broken off: `eval --resume` goes on with the run")
        cost = sum(line.usage.cost or 0 for line in lines)
        parts += [words.money(cost)] if cost else []
        parts += [self.state.problem] if self.state.problem else []
        return " · ".join([*parts, f"by {_ORDERS[self._order]}"])

    # ------------------------------------------------------------------ keys
    @on(Table.RowSelected)
    def _open(self, event: Table.RowSelected) -> None:
        if not 0 <= event.cursor_row < len(self._listed):
            return
        trace = self.state.trace(self._listed[event.cursor_row])
        if trace is None:
            self.notify("this episode has not begun: it has no trace yet", timeout=3)
        else:
            self.app.push_screen(PlanScreen(TraceFeed(trace)))

    def action_sort(self) -> None:
        """By another column."""
        self._order = (self._order + 1) % len(_ORDERS)
        self._read()

    def action_only(self) -> None:
        """Leave the solved ones out, or not."""
        self._only_failed = not self._only_failed
        self._read()

    def action_quit(self) -> None:
        """To the screen before, or out."""
        if len(self.app.screen_stack) > 2:
            self.app.pop_screen()
        else:
            self.app.exit()


def _state(row: Row) -> str:
    if row.under_way:
        return "under way"
    return "broken off" if row.broken_off else "to come"


def _result(line: EpisodeLine) -> str:
    if line.is_infrastructure:
        return "fault"
    if line.solved is None:
        return one_line(line.stop_reason, 24)
    score = f" {line.score:.2f}" if line.score is not None and 0 < line.score < 1 else ""
    word = "solved" if line.solved else f"no: {line.stop_reason}"
    return one_line(word + score, 28)


def _rank(row: Row, order: str) -> tuple[float, int]:
    line = row.line
    values = {
        "number": 0.0,
        "result": _order_of(line),
        "tokens": -line.usage.tokens if line else 1.0,
        "time": -line.usage.seconds if line else 1.0,
    }
    return values[order], row.job.number


def _order_of(line: EpisodeLine | None) -> float:
    """Faults first, then what was not solved, what was, and what is to come."""
    if line is None:
        return 9.0
    return 0.0 if line.is_infrastructure else 2.0 if line.solved else 1.0
