"""What helps with an error: the names, keys and attributes that may have been meant."""

from __future__ import annotations

import ast
import builtins
import contextlib
import linecache
import reprlib
import sys
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import islice
from types import FrameType, TracebackType
from typing import Any

from replplan_kernels.inside.repl import Repl
from replplan_kernels.inside.runs import CELL

HINT_LIMIT = 400
"""Characters that a hint has at most."""

_SHOWN, _LOOKED_AT, _CLOSE = 8, 5000, 0.7
_NOT_MEANT = {"In", "Out", "exit", "quit", "get_ipython", "copyright", "credits", "license"}

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 60


def hint(error: BaseException, repl: Repl) -> str:
    """A sentence that helps to mend the error of a cell of this REPL; empty if there is none."""
    try:
        return " ".join("; ".join(_hints(error, repl)).split())[:HINT_LIMIT]
    except Exception:  # noqa: BLE001 - the objects looked at are a cell's: they may raise anything
        return ""


def _hints(error: BaseException, repl: Repl) -> Iterator[str]:
    frame = _failing_frame(error)
    if frame is None:
        return
    if isinstance(error, UnboundLocalError):
        yield from _for_local(error, frame)
    elif isinstance(error, NameError):
        yield from _for_name(error, frame, repl)
    elif isinstance(error, AttributeError):
        yield from _for_attribute(error)
    elif isinstance(error, KeyError | IndexError):
        yield from _for_place(error)


# ---------------------------------------------------------------------- names
def _for_name(error: NameError, frame: FrameType, repl: Repl) -> Iterator[str]:
    name = error.name or ""
    if not name:
        return
    if name in sys.stdlib_module_names:
        yield f"import {name} first"
    elif close := _close(name, _names(frame, repl)):
        yield f"did you mean {_or(close)}?"
    if "__subtask__" in repl.namespace:
        yield from _about_subtasks(name, frame, repl)


def _about_subtasks(name: str, frame: FrameType, repl: Repl) -> Iterator[str]:
    """Where a name was meant as a sub-task's that is none there."""
    called = {child.name for child in repl.children()}
    if not frame.f_code.co_filename.startswith(CELL):
        yield f"{name}(...) is a sub-task only where a cell's own text calls it"
    elif name in called:
        yield f"{name} is a sub-task: it can be called, {name}(...), but is no value"
    elif close := _close(name, called):
        yield f"you have called the sub-task {_or(close)}"


def _names(frame: FrameType, repl: Repl) -> set[str]:
    """What can be read there, but for what nobody would mean."""
    names = {*frame.f_locals, *frame.f_globals, *repl.namespace, *vars(builtins)}
    return {n for n in names if not n.startswith("_")} - _NOT_MEANT


def _for_local(error: UnboundLocalError, frame: FrameType) -> Iterator[str]:
    name = error.name or str(error).split("'")[1]
    if name in frame.f_globals:
        yield f"the function assigns {name}, so it is local there: 'global {name}' takes the outer"


# ---------------------------------------------------------------------- attributes
def _for_attribute(error: AttributeError) -> Iterator[str]:
    name = error.name
    if not name or error.obj is None:
        return
    alike = [n for n in dir(error.obj) if n.startswith("_") == name.startswith("_")]
    if close := _close(name, alike):
        yield f"did you mean {_or([f'.{n}' for n in close])}?"


# ---------------------------------------------------------------------- keys and indices
def _for_place(error: KeyError | IndexError) -> Iterator[str]:
    container = _container(error)
    if isinstance(error, IndexError):
        if isinstance(container, list | tuple | str):
            yield f"its length is {len(container)}"
        return
    keys = _keys(container)
    if keys is None:
        return
    if not keys:
        yield "it is empty"
        return
    wanted = error.args[0] if error.args else None
    near = (
        _close(wanted, (k for k in keys if isinstance(k, str))) if isinstance(wanted, str) else []
    )
    first = [*near, *(k for k in keys if k not in near)][:_SHOWN]
    more = f", ... ({len(keys)} in all)" if len(keys) > len(first) else ""
    yield f"its keys are {', '.join(map(_short.repr, first))}{more}"


def _keys(container: Any) -> list[Any] | None:
    if isinstance(container, dict):
        return list(islice(dict.keys(container), _LOOKED_AT))
    pandas = sys.modules.get("pandas")
    if pandas and isinstance(container, pandas.DataFrame | pandas.Series):
        return list(islice(container.keys(), _LOOKED_AT))
    return None


def _container(error: BaseException) -> Any:
    """What `container[key]` was asked, where that can be told without running any code."""
    step = _last_of_cells(error)
    match _failing_expression(step) if step else None:
        case ast.Subscript(asked) | ast.Call(ast.Attribute(asked, "pop")) if step:
            with contextlib.suppress(LookupError, TypeError):
                return _value(asked, step.tb_frame)
    return None


def _value(node: ast.expr, frame: FrameType) -> Any:
    """The value of names, plain attributes, and items of plain lists and dicts.

    Raises:
        LookupError, TypeError: it is not of these.
    """
    match node:
        case ast.Name(name):
            for names in (frame.f_locals, frame.f_globals, vars(builtins)):
                if name in names:
                    return names[name]
        case ast.Constant(value):
            return value
        case ast.Attribute(base, name):
            return vars(_value(base, frame))[name]
        case ast.Subscript(base, key):
            container = _value(base, frame)
            if type(container) in (dict, list, tuple):
                return container[_value(key, frame)]
    raise LookupError


# ---------------------------------------------------------------------- where it happened
def _steps(error: BaseException) -> Iterator[TracebackType]:
    step = error.__traceback__
    while step is not None:
        yield step
        step = step.tb_next


def _failing_frame(error: BaseException) -> FrameType | None:
    steps = list(_steps(error))
    return steps[-1].tb_frame if steps else None


def _last_of_cells(error: BaseException) -> TracebackType | None:
    own = [s for s in _steps(error) if s.tb_frame.f_code.co_filename.startswith(CELL)]
    return own[-1] if own else None


def _failing_expression(step: TracebackType) -> ast.expr | None:
    """The expression that a step of a traceback was at, parsed from its cell's text."""
    code = step.tb_frame.f_code
    position = next(islice(code.co_positions(), step.tb_lasti // 2, None), None)
    if position is None or None in position:
        return None
    first, last, begin, end = position
    lines = linecache.getlines(code.co_filename)[first - 1 : last]  # type: ignore[operator]
    if not lines:
        return None
    encoded = [line.encode() for line in lines]
    encoded[-1] = encoded[-1][:end]
    encoded[0] = encoded[0][begin:]
    try:
        return ast.parse(b"(" + b"".join(encoded) + b")", mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _close(name: Any, names: Iterable[str]) -> list[str]:
    known = [n for n in islice(names, _LOOKED_AT) if isinstance(n, str)]
    by_case = {n.casefold(): n for n in known}
    found = get_close_matches(name.casefold(), by_case, 3, _CLOSE)
    return [by_case[n] for n in found]


def _or(names: list[str]) -> str:
    return " or ".join(names)
