"""Names and keyword arguments as they are typed on a command line."""

from __future__ import annotations

import ast
from typing import Any

from replplan.errors import ConfigError


def listed(text: str) -> tuple[str, ...]:
    """`name, ...`, without blanks around them and without empty ones."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def keywords(text: str) -> dict[str, Any]:
    """`name=value, ...` as keyword arguments, the values as Python writes them.

    Raises:
        ConfigError: that is not how it is written.
    """
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        assert isinstance(call, ast.Call)
        found = {k.arg or "": ast.literal_eval(k.value) for k in call.keywords}
    except (SyntaxError, ValueError):
        found, call = {"": None}, ast.Call(ast.Name("f"), [], [])
    if call.args or "" in found:
        raise ConfigError(
            f"the options {text!r} are not written as name=value, separated by commas, with values"
            " as Python writes them"
        )
    return found
