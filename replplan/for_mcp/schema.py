"""A JSON schema as Python types: what a function made of a tool of the protocol is told by."""

from __future__ import annotations

import inspect
import keyword
import operator
import re
from collections.abc import Collection, Mapping
from functools import reduce
from typing import Any, Literal

from replplan.record import Json

Schema = Mapping[str, Json]

_PLAIN: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "null": None,
    "object": dict[str, Any],
    "array": list[Any],
}


def identifier(name: str) -> str:
    """A name that Python can call something by."""
    word = re.sub(r"\W", "_", name)
    word = f"_{word}" if not word or word[0].isdigit() else word
    return f"{word}_" if keyword.iskeyword(word) else word


def type_of(schema: Json, root: Schema) -> Any:
    """The Python type whose values a schema takes; Any where it has no name for one.

    Args:
        schema: the schema, or a part of one.
        root: the whole, which `$ref` leads into.
    """
    if not isinstance(schema, Mapping):
        return Any
    if isinstance(schema.get("$ref"), str):
        return _referred(schema["$ref"], root)
    if isinstance(choices := schema.get("enum"), list) and choices:
        return _literal(choices)
    if "const" in schema:
        return _literal([schema["const"]])
    if isinstance(parts := schema.get("anyOf") or schema.get("oneOf"), list):
        return _union([type_of(part, root) for part in parts])
    if isinstance(kinds := schema.get("type"), list):
        return _union([type_of({**schema, "type": kind}, root) for kind in kinds])
    if schema.get("type") == "array" and "items" in schema:
        return list[type_of(schema["items"], root)]  # type: ignore[misc]
    return _PLAIN.get(str(schema.get("type")), Any)


def _referred(place: str, root: Schema) -> Any:
    """What a reference leads to; of what may lead back to itself no more than that it is a dict."""
    found: Json = root
    for part in place.removeprefix("#/").split("/"):
        found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, Mapping) and "enum" in found:
        return type_of(found, root)
    return _PLAIN.get(str(found.get("type")), Any) if isinstance(found, Mapping) else Any


def _literal(choices: Collection[Json]) -> Any:
    named = all(c is None or type(c) in (str, int, bool) for c in choices)
    return Literal[tuple(choices)] if named else Any


def _union(types: Collection[Any]) -> Any:
    if Any in types or not types:
        return Any
    return reduce(operator.or_, dict.fromkeys(type(None) if t is None else t for t in types))


def parameters_of(schema: Schema) -> dict[str, inspect.Parameter]:
    """The parameters of a tool's arguments, by the names that the protocol has for them.

    Those that must be given come first; the others are None where nothing is to be sent.
    """
    properties = schema.get("properties") or {}
    required = [n for n in properties if n in (schema.get("required") or ())]
    made: dict[str, inspect.Parameter] = {}
    for name in [*required, *(n for n in properties if n not in required)]:
        type_ = type_of(properties[name], schema)
        if name not in required:
            type_ = Any if type_ is Any else _union([type_, None])
        made[name] = inspect.Parameter(
            _free(name, made),
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            annotation=type_,
            default=inspect.Parameter.empty if name in required else None,
        )
    return made


def _free(name: str, made: Mapping[str, inspect.Parameter]) -> str:
    word, taken = identifier(name), {p.name for p in made.values()}
    while word in taken:
        word += "_"
    return word
