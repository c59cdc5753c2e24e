"""What a REPL's variables are, for people who watch: names, types, and values in short.

No code of a cell's own is run for it: only values of the types below are looked into, and their
parts only where these are of such types too.
"""

from __future__ import annotations

import reprlib
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from replplan_kernels.inside.repl import Repl

MOST, WIDTH = 200, 160
"""Variables that are told of, and characters of a value."""

_PLAIN = (int, float, complex, bool, str, bytes, type(None), range)
_HOLDERS = (list, tuple, set, frozenset, dict)
_SHAPED = (("numpy", "ndarray"), ("pandas", "DataFrame"), ("pandas", "Series"))


def variables(repl: Repl, hidden: set[str]) -> list[list[str]]:
    """Name, type and value of each variable that a cell of a REPL made, the newest last."""
    names = [n for n in list(repl.namespace) if not n.startswith("_") and n not in hidden]
    return [_told(name, repl.namespace.get(name)) for name in names[-MOST:]]


def find(root: Repl, number: int) -> Repl | None:
    """The REPL of that number, under this root."""
    return next((repl for repl in _all(root) if repl.number == number), None)


def _all(repl: Repl) -> Iterator[Repl]:
    yield repl
    for child in repl.children():
        yield from _all(child)


def _told(name: str, value: Any) -> list[str]:
    return [name[:WIDTH], type(value).__name__[:WIDTH], _value(value)[:WIDTH]]


def _value(value: Any) -> str:
    kind = type(value)
    try:
        if kind in _PLAIN or kind in _HOLDERS:
            return _SHORT.repr(value)
        if any(kind is getattr(sys.modules.get(m), n, None) for m, n in _SHAPED):
            return f"shape {value.shape}"
    except RuntimeError:  # a cell's thread changed it meanwhile
        return "..."
    if kind is ModuleType:
        return str(value.__name__)
    return ""


class _Short(reprlib.Repr):
    """Short forms of plain values; for any other, its type."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring, self.maxother = 120, 60
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdict = 8

    def repr1(self, x: Any, level: int) -> str:
        kind = type(x)
        if kind is bytes:
            return repr(x[: self.maxstring])
        if kind in _PLAIN or kind in _HOLDERS:
            return super().repr1(x, level)
        return f"<{kind.__name__}>"


_SHORT = _Short()
