"""Gives a kernel on another machine the modules of this package, out of the text of their sources.

This one is run by itself, before there is any other.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from types import ModuleType
from typing import Any

PACKAGE = "replplan_kernels"
_NOWHERE = "/<replplan>"


class Sources(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds modules of the package, whatever of that name is installed there.

    Args:
        sources: their texts, by names such as `inside/install`.
    """

    def __init__(self, sources: dict[str, str]) -> None:
        self.sources = sources

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        """Called by Python's import."""
        if fullname == PACKAGE:
            installed = importlib.machinery.PathFinder.find_spec(PACKAGE)
            return installed or importlib.machinery.ModuleSpec(PACKAGE, self, is_package=True)
        if fullname == f"{PACKAGE}.inside":
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        known = _place(fullname) in self.sources
        return importlib.machinery.ModuleSpec(fullname, self) if known else None

    def exec_module(self, module: ModuleType) -> None:
        """Called by Python's import."""
        place = _place(module.__name__)
        if place in self.sources:
            module.__file__ = f"{_NOWHERE}/{place}.py"
            code = compile(self.sources[place], module.__file__, "exec")
            exec(code, vars(module))  # noqa: S102 - the host's own modules


def _place(name: str) -> str:
    """Where a module stands among the sources."""
    own = name.startswith(f"{PACKAGE}.")
    return name.removeprefix(f"{PACKAGE}.").replace(".", "/") if own else ""


def unpack(sources: dict[str, str]) -> None:
    """Let these sources be imported, and no others that an earlier host has brought."""
    for finder in tuple(sys.meta_path):
        if type(finder).__name__ == Sources.__name__:
            sys.meta_path.remove(finder)
    for name in tuple(sys.modules):
        if name == f"{PACKAGE}.inside" or _place(name) in sources:
            del sys.modules[name]
    sys.meta_path.insert(0, Sources(sources))
