"""`history`: what the earlier cells of a REPL were, and what came of them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Any

from replplan_kernels.output import BoundedText

OUTPUT_LIMIT = 100_000
"""Characters of printed text that are kept of one cell: head and tail of a longer one."""

VALUE_LIMIT = 20_000
"""Characters that are kept of the repr of a cell's value."""

TOTAL_LIMIT = 1_000_000
"""Characters of code, output and values that are kept of all cells of one REPL."""

FORGOTTEN = "[no longer kept]"

_AT_ONCE = 1 << 16
"""Characters that are taken up together, about."""


class PastCell:
    """A cell that has run.

    Attributes:
        number: as tracebacks name it: `cell 3`.
        code: as it was written.
        output: what it printed.
        value: the repr of its last expression; None if there was none.
        error: the traceback of the error that ended it; None if none did.
    """

    def __init__(self, number: int, code: str) -> None:
        self.number, self.code = number, code
        self.output = ""
        self.value: str | None = None
        self.error: str | None = None

    @property
    def size(self) -> int:
        """Characters that it takes."""
        return sum(len(text or "") for text in (self.code, self.output, self.value, self.error))

    def forget(self) -> None:
        """Keep no more of it than that it was."""
        self.code = self.output = FORGOTTEN
        self.value = self.value and FORGOTTEN
        self.error = self.error and FORGOTTEN

    def __repr__(self) -> str:
        parts = [self.code, self.output, self.value and f"Out: {self.value}", self.error]
        return "\n".join([f"cell {self.number}", *(part.rstrip() for part in parts if part)])


class Recording:
    """A cell that runs, being listened to. `cell` is None before it has a number."""

    def __init__(self) -> None:
        self.cell: PastCell | None = None
        self._printed, self._lock = BoundedText(OUTPUT_LIMIT), threading.RLock()
        self._parts, self._size = deque[str](), 0

    def print(self, text: str) -> None:
        """Take up printed text, of whichever thread of the cell: many small pieces at once."""
        self._parts.append(text)
        self._size += len(text)
        if self._size > _AT_ONCE:
            self._take_up()

    def _take_up(self) -> None:
        with self._lock:
            self._size, parts = 0, list[str]()
            while self._parts:
                parts.append(self._parts.popleft())
            self._printed.write("".join(parts))

    def show(self, kind: str, data: dict[str, Any]) -> None:
        """Take up a value, or something that was displayed, as plain text."""
        text = data.get("text/plain")
        if not isinstance(text, str):
            return
        if kind != "execute_result":
            self.print(text + "\n")
        elif self.cell is not None:
            self.cell.value = text[:VALUE_LIMIT]

    def end(self, error: str | None) -> None:
        """The cell has ended."""
        self._take_up()
        if self.cell is not None:
            self.cell.output, self.cell.error = self._printed.text, error


class History:
    """The cells that a REPL has run, by their numbers: `history[3]`; `history[-1]` is the last."""

    def __init__(self) -> None:
        self._cells: dict[int, PastCell] = {}
        self._size, self._oldest = 0, 0

    def add(self, recording: Recording) -> None:
        """Enter a cell that has ended; where there are too many, the oldest are forgotten."""
        cell = recording.cell
        if cell is None:
            return
        self._cells[cell.number] = cell
        self._size += cell.size
        while self._size > TOTAL_LIMIT and self._oldest < cell.number - 1:
            self._oldest += 1
            if oldest := self._cells.get(self._oldest):
                self._size -= oldest.size
                oldest.forget()
                self._size += oldest.size

    def __len__(self) -> int:
        return len(self._cells)

    def __iter__(self) -> Iterator[PastCell]:
        return iter(tuple(self._cells.values()))

    def __getitem__(self, number: int) -> PastCell:
        """The cell of that number, or so many from the end.

        Raises:
            IndexError: there is none.
        """
        if not isinstance(number, int):
            raise TypeError(f"history[3] is cell 3; {number!r} is no number of a cell")
        numbers = list(self._cells)
        if -len(numbers) <= number < 0:
            number = numbers[number]
        if number not in self._cells:
            there = f"cells 1 to {numbers[-1]} have run" if numbers else "no cell has run yet"
            raise IndexError(f"there is no cell {number}: {there}")
        return self._cells[number]

    def __repr__(self) -> str:
        return f"<history of {len(self._cells)} cells; history[3].output is what cell 3 printed>"
