"""Kinds of answers that `ask` can be asked for: the schema of each, and how a reply is read."""

from __future__ import annotations

import json
import math
import re
import typing
from collections.abc import Callable, Iterable
from typing import Any

_FENCE = re.compile(r"```[\w-]*[ \t]*\n(.*?)\n?[ \t]*```", re.DOTALL)
_TRUE, _FALSE = {"yes", "y", "true"}, {"no", "n", "false"}


class NotValidError(Exception):
    """A reply that is not of the kind; the message tells the model what is wrong."""


class Kind:
    """A kind of answer.

    Attributes:
        name: for messages.
        schema: JSON schema of the reply, always of an object; None where text is asked for.
    """

    name = "text"
    schema: dict[str, Any] | None = None

    def read(self, reply: str) -> Any:
        """The value that a reply gives.

        Raises:
            NotValidError: it gives none.
        """
        text = reply.strip()
        if not text:
            raise NotValidError("the reply is empty")
        return text


class _Wrapped(Kind):
    """A value that is no object, asked for as `{"answer": value}`."""

    def __init__(self, name: str, schema: dict[str, Any]) -> None:
        inner = dict(schema)
        defined = inner.pop("$defs", None)
        self.name = name
        self.schema = {
            "type": "object",
            "properties": {"answer": inner},
            "required": ["answer"],
            "additionalProperties": False,
        } | ({"$defs": defined} if defined else {})

    def read(self, reply: str) -> Any:
        found, value = parse_json(reply)
        if found and isinstance(value, dict) and "answer" in value:
            value = value["answer"]
        return self.value(value if found else reply.strip())

    def value(self, value: Any) -> Any:
        """Validate a value from JSON, or the text of a reply that holds none."""
        raise NotImplementedError


class _Scalar(_Wrapped):
    """A bool, an int or a float."""

    def __init__(self, kind: type, schema: str) -> None:
        super().__init__(kind.__name__, {"type": schema})
        self.kind = kind

    def value(self, value: Any) -> Any:
        if isinstance(value, str):
            value = _scalar_of(value)
        if self.kind is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if self.kind is int and isinstance(value, float) and value.is_integer():
            return int(value)
        if type(value) is not self.kind or value in (math.inf, -math.inf) or value != value:
            raise NotValidError(f"{_short(value)} is no {self.name}")
        return value


class _Choice(_Wrapped):
    """One of some objects, chosen by their text."""

    def __init__(self, choices: Iterable[Any]) -> None:
        self.choices = dict[str, Any]()
        for choice in choices:
            same = self.choices.setdefault(str(choice), choice)
            if same is not choice and same != choice:
                raise ValueError(f"two choices read the same: {_short(str(choice))}")
        if not self.choices:
            raise ValueError("ask() has no choices to choose from")
        super().__init__("choice", {"enum": list(self.choices)})

    def value(self, value: Any) -> Any:
        text = str(value)
        if text in self.choices:
            return self.choices[text]
        fitting = [choice for own, choice in self.choices.items() if _bare(own) == _bare(text)]
        if len(fitting) != 1:
            listed = ", ".join(_short(own) for own in self.choices)
            raise NotValidError(f"{_short(value)} is none of the choices {listed[:1000]}")
        return fitting[0]


class _List(_Wrapped):
    """Any number of values of a kind."""

    def __init__(self, item: Kind) -> None:
        schema = item.schema["properties"]["answer"] if item.schema else {"type": "string"}
        super().__init__(f"list of {item.name}", {"type": "array", "items": schema})
        self.item = item

    def value(self, value: Any) -> Any:
        if not isinstance(value, list):
            raise NotValidError(f"{_short(value)} is no list")
        return [self._one(item) for item in value]

    def _one(self, item: Any) -> Any:
        if isinstance(self.item, _Wrapped):
            return self.item.value(item)
        if not isinstance(item, str):
            raise NotValidError(f"{_short(item)} is no text")
        return item


class _Validated(_Wrapped):
    """Any type that pydantic can validate."""

    def __init__(self, wanted: Any) -> None:
        from pydantic import TypeAdapter  # heavy: only for those who ask for it

        self.adapter: TypeAdapter[Any] = TypeAdapter(wanted)
        schema = _closed(self.adapter.json_schema())
        super().__init__(getattr(wanted, "__name__", str(wanted)), schema)
        self.bare = schema.get("type") == "object"
        if self.bare:
            self.schema = schema

    def read(self, reply: str) -> Any:
        found, value = parse_json(reply)
        if not found:
            raise NotValidError("the reply is no JSON")
        if not self.bare and isinstance(value, dict) and "answer" in value:
            value = value["answer"]
        return self.value(value)

    def value(self, value: Any) -> Any:
        from pydantic import ValidationError

        try:
            return self.adapter.validate_python(value)
        except ValidationError as error:
            lines = [
                f"{'.'.join(str(part) for part in wrong['loc']) or 'the answer'}: {wrong['msg']}"
                for wrong in error.errors(include_url=False)
            ]
            raise NotValidError("; ".join(lines)) from None


def _closed(schema: Any) -> Any:
    """The schema with every object held to just its properties, all of them.

    So an endpoint can hold a reply to it strictly; defaults are for replies that are not held.
    """
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(part) for key, part in schema.items() if key != "default"}
    for name in ("properties", "$defs"):
        if name in schema:
            closed[name] = {key: _closed(part) for key, part in schema[name].items()}
    if "properties" in schema:
        closed.setdefault("additionalProperties", False)
        closed["required"] = list(schema["properties"])
    return closed


_SCALARS = {bool: "boolean", int: "integer", float: "number"}


def kind_of(wanted: Any, choices: Any = None) -> Kind:
    """The kind for `ask`'s arguments.

    Raises:
        TypeError: nobody can be asked for a value of that type.
    """
    is_list = wanted is list or typing.get_origin(wanted) is list
    if choices is not None:
        return _List(_Choice(choices)) if is_list else _Choice(choices)
    (item,) = (typing.get_args(wanted) or (str,)) if is_list else (wanted,)
    simple = _simple(item)
    if simple is not None:
        return _List(simple) if is_list else simple
    try:
        return _Validated(wanted)
    except Exception as error:  # noqa: BLE001 - pydantic is missing, or the type is none
        raise TypeError(f"ask() cannot ask for a {wanted!r}: {error}") from None


def _simple(wanted: Any) -> Kind | None:
    if wanted is str:
        return Kind()
    for kind, schema in _SCALARS.items():
        if wanted is kind:
            return _Scalar(kind, schema)
    return None


def parse_json(reply: str) -> tuple[bool, Any]:
    """The JSON of a reply, also in a code fence or between words; whether there is any."""
    texts = [reply.strip(), *(fenced.strip() for fenced in _FENCE.findall(reply))]
    for read in (json.loads, _first_object):
        for text in texts:
            try:
                return True, read(text)
            except (ValueError, RecursionError):
                continue
    return False, None


def _first_object(text: str) -> Any:
    start = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=-1)
    if start < 0:
        raise ValueError("no object")
    return json.JSONDecoder().raw_decode(text, start)[0]


def _bare(text: str) -> str:
    return " ".join(text.casefold().strip(" \t\n\r.!\"'`*").split())


def _scalar_of(text: str) -> Any:
    word = _bare(text)
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    readers: tuple[Callable[[str], Any], ...] = (int, float)
    for read in readers:
        try:
            return read(word)
        except ValueError:
            continue
    return text


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else text[:97] + "..."
