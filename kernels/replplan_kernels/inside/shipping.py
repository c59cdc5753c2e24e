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

PACKAGE = "replplan_kernels.inside"
_ABOVE = PACKAGE.partition(".")[0]
_NOWHERE = "/<replplan>/inside"


class Sources(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of the package, whatever of that name is installed there."""

    def __init__(self, sources: dict[str, str]) -> None:
        self.sources = sources

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        """Called by Python's import."""
        package, _, name = fullname.rpartition(".")
        own = fullname == PACKAGE or (package == PACKAGE and name in self.sources)
        if not own and not (fullname == _ABOVE and self._is_missing()):
            return None
        is_package = package != PACKAGE
        return importlib.machinery.ModuleSpec(fullname, self, is_package=is_package)

    def _is_missing(self) -> bool:
        return importlib.machinery.PathFinder.find_spec(_ABOVE) is None

    def exec_module(self, module: ModuleType) -> None:
        """Called by Python's import."""
        name = module.__name__.rpartition(".")[2]
        if module.__name__.startswith(PACKAGE + "."):
            module.__file__ = f"{_NOWHERE}/{name}.py"
            code = compile(self.sources[name], module.__file__, "exec")
            exec(code, vars(module))  # noqa: S102 - the host's own modules


def unpack(sources: dict[str, str]) -> None:
    """Let these sources be imported, and no others that an earlier host has brought."""
    for finder in tuple(sys.meta_path):
        if type(finder).__name__ == Sources.__name__:
            sys.meta_path.remove(finder)
    for name in tuple(sys.modules):
        if name == PACKAGE or name.startswith(PACKAGE + "."):
            del sys.modules[name]
    sys.meta_path.insert(0, Sources(sources))
