"""Python values as JSON, as far as that says the same."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import math
import pathlib
import sys
import uuid
from typing import Any

REPR_LIMIT = 10_000
"""Characters of a repr that stands for a value without a JSON form."""

_TIMES = (datetime.date, datetime.time)
_AS_TEXT = (*_TIMES, decimal.Decimal, uuid.UUID, pathlib.PurePath)
"""What a loose form has as text, out of which the type can be made again."""

_ITEMS, _CHARACTERS, _DEPTH, _BITS = 200_000, 8_000_000, 100, 10_000


class NotJsonError(Exception):
    """A value has no JSON form; `value` is the part that has none, or the whole is too large."""

    def __init__(self, value: object, too_large: bool = False) -> None:
        super().__init__(f"{type(value).__name__} is no JSON value")
        self.value, self.too_large = value, too_large

    def kind_of(self, whole: object) -> str:
        """What a value without a JSON form is, and what it holds that has none."""
        kind = type(whole).__name__
        if self.too_large:
            return f"{kind} too large or too deep for JSON"
        held = type(self.value).__name__
        return kind if self.value is whole else f"{kind} that holds a {held}"


def json_form(value: Any, *, loose: bool = False) -> Any:
    """The value made of None, bool, int, finite float, str, lists and dicts.

    Tuples become lists; numpy scalars, pydantic models and dataclasses what they hold.

    Args:
        value: to be converted.
        loose: take sets for lists as well, and arrays; dates, times, decimals and paths for text.

    Raises:
        NotJsonError: it has no such form, or is far too large for one.
    """
    return _Converter(loose).convert(value, 0)


class _Converter:
    def __init__(self, loose: bool) -> None:
        self.loose, self.items, self.characters = loose, _ITEMS, _CHARACTERS

    def convert(self, value: Any, depth: int) -> Any:
        self.items -= 1
        if self.items < 0 or depth > _DEPTH:
            raise NotJsonError(value, too_large=True)
        if value is None or isinstance(value, bool | int | float | str):
            return self.scalar(value)
        if isinstance(value, list | tuple) or (self.loose and isinstance(value, set | frozenset)):
            return [self.convert(item, depth + 1) for item in value]
        if isinstance(value, dict):
            return {self.key(k): self.convert(v, depth + 1) for k, v in value.items()}
        return self.convert(self.inner(value), depth + 1)

    def scalar(self, value: Any) -> Any:
        if isinstance(value, str):
            self.characters -= len(value)
            if self.characters < 0:
                raise NotJsonError(value, too_large=True)
            return str.__str__(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            if value.bit_length() > _BITS:
                raise NotJsonError(value, too_large=True)
            return int(value)
        if not math.isfinite(value):
            raise NotJsonError(value)
        return float(value)

    def key(self, key: Any) -> str:
        if not isinstance(key, str):
            raise NotJsonError(key)
        return str(self.scalar(key))

    def inner(self, value: Any) -> Any:
        """What a value of a library's type holds."""
        numpy, pydantic = sys.modules.get("numpy"), sys.modules.get("pydantic")
        if numpy and isinstance(value, numpy.generic) and not isinstance(value, numpy.void):
            return self.changed(value, value.item())
        if numpy and self.loose and isinstance(value, numpy.ndarray):
            return value.tolist()
        if pydantic and isinstance(value, pydantic.BaseModel):
            return value.model_dump(mode="json")
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        if self.loose and isinstance(value, _AS_TEXT):
            return value.isoformat() if isinstance(value, _TIMES) else str(value)
        raise NotJsonError(value)

    def changed(self, value: Any, item: Any) -> Any:
        if type(item) is type(value):  # such as numpy.longdouble, whose item is itself
            raise NotJsonError(value)
        return item


def answer_form(value: Any) -> dict[str, Any]:
    """An answer as `value` in JSON and `exact`; or else its repr, cut, and what `kind` it is."""
    try:
        return {"value": json_form(value), "exact": True}
    except NotJsonError as error:
        kind = error.kind_of(value)
    except Exception:  # noqa: BLE001 - a value of a cell's own class may raise anything
        kind = type(value).__name__
    shown = safe_repr(value)
    if len(shown) > REPR_LIMIT:
        shown = f"{shown[:REPR_LIMIT]} ... [{len(shown):,} characters in all]"
    return {"value": shown, "exact": False, "kind": kind}


def safe_repr(value: Any) -> str:
    """Its repr, also where that raises."""
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - as above
        return f"<{type(value).__name__} object that cannot be shown>"


def arguments_form(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a call to the host in JSON.

    Raises:
        TypeError: one of them has no JSON form; says which.
    """
    by_position = [_argument(name, f"argument {i}", v) for i, v in enumerate(args, 1)]
    return by_position, {k: _argument(name, f"argument {k!r}", v) for k, v in kwargs.items()}


def _argument(name: str, which: str, value: Any) -> Any:
    if type(value) is str and len(value) < _CHARACTERS:  # as most are
        return value
    try:
        return json_form(value, loose=True)
    except NotJsonError as error:
        kind = error.kind_of(value)
        hint = "; hand over what its to_dict() gives" if hasattr(error.value, "to_dict") else ""
        text = f"{name}() takes JSON values; {which} is a {kind}{hint}"
        raise TypeError(text) from None
