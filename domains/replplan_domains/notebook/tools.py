"""The functions of a goal: given as they are, or taken from a Python file."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from replplan.errors import ConfigError
from replplan.tools import check_tools

Functions = tuple[Callable[..., Any], ...]


def load_functions(path: Path) -> Functions:
    """All public functions that a Python file defines, in the order of the file.

    Raises:
        ConfigError: the file is missing, fails to load, or defines no public function.
    """
    module = _load(path)
    functions = [value for name, value in vars(module).items() if _defines(module, name, value)]
    if not functions:
        raise ConfigError(f"the tools file {path} defines no public function.")
    return check_tools(functions)


def describe_functions(functions: Iterable[Callable[..., Any]]) -> Iterator[str]:
    """The docstrings of those that say more than a line, which all lists of functions have."""
    for function in functions:
        first, _, more = (inspect.getdoc(function) or "").strip().partition("\n")
        if more.strip():
            yield f"More about {function.__name__}: {first}\n{textwrap.indent(more.strip(), '  ')}"


def _defines(module: ModuleType, name: str, value: Any) -> bool:
    """Whether this is a public function made in the module, under its own name."""
    if name.startswith("_") or isinstance(value, type) or not callable(value):
        return False
    home, own = getattr(value, "__module__", None), getattr(value, "__name__", None)
    return home == module.__name__ and own == name


def _load(path: Path) -> ModuleType:
    if not path.is_file():
        raise ConfigError(f"the tools file {path} does not exist: name a Python file.")
    name = f"replplan_tools_{hashlib.sha256(bytes(path.resolve())).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"the tools file {path} is no Python file: its name should end in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pydantic look their module up there
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise ConfigError(
            f"the tools file {path} fails to load in line {_line(error, spec.origin)}: "
            f"{type(error).__name__}: {error}."
        ) from error
    return module


def _line(error: BaseException, file: str | None) -> int | None:
    """The last line of the file that the error went through."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    return next((f.lineno for f in reversed(frames) if f.filename == file), None)
