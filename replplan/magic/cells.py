"""The cells that a plan wrote, for reading and for inserting."""

from __future__ import annotations

import ast
import html
from typing import Any

from replplan.events import CellFinished, CellStarted, Event


class PlanCells(list[str]):
    """The cells of a plan's root, in order. `good` are the numbers, from 1, of those that ran
    without an error."""

    def __init__(self) -> None:
        super().__init__()
        self.good: list[int] = []

    def __call__(self, event: Event) -> None:
        """Take note of an event: it is a sink."""
        if event.session != "root":
            return
        if isinstance(event, CellStarted):
            self.append(event.code)
        elif isinstance(event, CellFinished) and not event.result.error:
            self.good.append(len(self))

    def code(self, number: int | None = None) -> str:
        """A cell, or all good ones, as they can run in a notebook: an answer shows its value."""
        chosen = [number] if number else self.good
        return "\n\n".join(_in_a_notebook(self[n - 1]) for n in chosen)

    def __repr__(self) -> str:
        return "\n\n".join(f"# [{n}]{self._mark(n)}\n{c}" for n, c in enumerate(self, 1))

    def _repr_html_(self) -> str:
        parts = (
            f"<div>[{n}]{self._mark(n)}</div><pre>{html.escape(c)}</pre>"
            for n, c in enumerate(self, 1)
        )
        return "".join(parts)

    def _mark(self, number: int) -> str:
        return "" if number in self.good else " raised an error"


def _in_a_notebook(code: str) -> str:
    """A cell whose last statement `answer(x)` is just `x`."""
    try:
        last: Any = ast.parse(code).body[-1]
    except (SyntaxError, ValueError, IndexError):
        return code
    match last:
        case ast.Expr(ast.Call(ast.Name("answer"), [value], [])):
            lines = code.splitlines()
            kept = [*lines[: last.lineno - 1], lines[last.lineno - 1][: last.col_offset]]
            return "\n".join(kept) + (ast.get_source_segment(code, value) or "")
    return code
