"""The values of a goal: checked, pickled for the kernel, and told of in a line each."""

from __future__ import annotations

import keyword
import reprlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sized
from typing import Any

from replplan.carried import Value
from replplan.cell import Variable
from replplan.crossing import CannotCross, freeze, freeze_function
from replplan.errors import ConfigError
from replplan.tools import check_name

COLUMNS = 40
"""How many columns of a table are named."""

LISTED = 60

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 100


def freeze_values(values: Mapping[str, Any], taken: Collection[str]) -> tuple[Value, ...]:
    """The values, for a kernel.

    Args:
        values: by the names that cells find them under.
        taken: the names of the functions.

    Raises:
        ConfigError: a name is none or is taken, or a value cannot be pickled.
    """
    for name in values:
        if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
            raise ConfigError(f"a value cannot be called {name!r}: give it a variable's name.")
        check_name(name, "the value")
        if name in taken:
            raise ConfigError(f"a value and a function are called {name!r}: rename one of them.")
    return tuple(Value(name, _frozen(name, value)) for name, value in values.items())


def _frozen(name: str, value: Any) -> bytes:
    try:
        return freeze(value)
    except CannotCross as error:
        hint = "hand a function over by tools=" if callable(value) else "hand over plain data"
        raise ConfigError(
            f"the value {name!r} cannot be handed to the kernel: {error}; {hint}."
        ) from error


def freeze_helpers(helpers: Iterable[Callable[..., Any]]) -> tuple[Value, ...]:
    """Functions that are to run in the kernel, for it.

    Raises:
        ConfigError: one refers to what cannot be pickled.
    """
    frozen = []
    for helper in helpers:
        function = getattr(helper, "function", helper)
        try:
            frozen.append(Value(helper.__name__, freeze_function(function), everywhere=True))
        except CannotCross as error:
            raise ConfigError(
                f"the function {helper.__name__!r} cannot be copied into the kernel: {error}; "
                "leave in_kernel out, and it runs here."
            ) from error
    return tuple(frozen)


def describe_values(values: Mapping[str, Any]) -> Iterator[str]:
    """A line for each value: its name, its type, and what it holds in short."""
    if values:
        yield "Variables that are there:"
    yield from (f"- {name}: {describe_value(value)}" for name, value in values.items())


def describe_variables(variables: Collection[Variable]) -> Iterator[str]:
    """A line for each variable that earlier cells of the notebook have left."""
    if variables:
        yield "Variables that earlier cells of this notebook have made:"
    yield from (f"- {v.name}: {v.kind}" for v in list(variables)[:LISTED])
    if len(variables) > LISTED:
        yield f"- and {len(variables) - LISTED} more"


def describe_value(value: Any) -> str:
    """The type of a value and what it holds, in a line."""
    kind = type(value).__name__
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        return f"{kind}, {' x '.join(f'{n:,}' for n in shape)}{_columns(value)}"
    text = " ".join(_short.repr(value).split())
    if isinstance(value, Sized) and not isinstance(value, str):
        return f"{kind} of {len(value):,}, {text}"
    return f"{kind}, {text}"


def _columns(value: Any) -> str:
    columns = getattr(value, "columns", None)
    if columns is None:
        dtype = getattr(value, "dtype", None)
        return f" of {dtype}" if dtype is not None else ""
    names = [str(name) for name in columns]
    more = f" and {len(names) - COLUMNS} more" if len(names) > COLUMNS else ""
    return f", columns: {', '.join(names[:COLUMNS])}{more}"
