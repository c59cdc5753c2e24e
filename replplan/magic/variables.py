"""Which of a notebook's variables a plan is handed."""

from __future__ import annotations

import datetime
import decimal
import fractions
import keyword
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from replplan.crossing import CannotCross, freeze
from replplan.errors import ConfigError
from replplan.tools import OURS

LARGEST = 200_000_000
"""Bytes, pickled, of a variable that is handed over without having been named."""

_SIMPLE = (
    *(bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, range),
    *(datetime.date, datetime.time, datetime.timedelta, decimal.Decimal, fractions.Fraction),
)
_TABLES = ("numpy", "pandas", "polars", "pyarrow", "scipy")


def named(names: str, namespace: Mapping[str, Any], what: str = "variable") -> dict[str, Any]:
    """What these names, with commas between them, stand for.

    Raises:
        ConfigError: one of them stands for nothing.
    """
    found = {}
    for name in filter(None, (part.strip() for part in names.split(","))):
        if name not in namespace:
            raise ConfigError(f"this notebook has no {what} {name!r}")
        found[name] = namespace[name]
    return found


def simple(
    namespace: Mapping[str, Any], hidden: Mapping[str, Any], left_out: list[str]
) -> dict[str, Any]:
    """The variables that hold plain data; the names of what is too large are put into a list."""
    found = {}
    for name, value in _own(namespace, hidden):
        try:
            size = len(freeze(value))
        except CannotCross:  # it holds what is not plain
            continue
        if size > LARGEST:
            left_out.append(name)
        else:
            found[name] = value
    return found


def _own(namespace: Mapping[str, Any], hidden: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in tuple(namespace.items()):
        ours = name.startswith("_") or name in hidden or name in OURS or keyword.iskeyword(name)
        if not ours and name not in ("plan_result", "plan_cells") and _is_simple(value):
            yield name, value


def _is_simple(value: Any) -> bool:
    module = type(value).__module__.partition(".")[0]
    return value is None or isinstance(value, _SIMPLE) or module in _TABLES


def functions(names: str, namespace: Mapping[str, Any]) -> list[Callable[..., Any]]:
    """The functions of these names.

    Raises:
        ConfigError: one is none.
    """
    found = named(names, namespace, "function")
    for name, value in found.items():
        if not callable(value):
            raise ConfigError(f"{name} is no function that cells could call")
    return list(found.values())
