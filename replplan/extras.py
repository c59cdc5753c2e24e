"""What is not installed by default, and how it is had."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import dataclass

from replplan.errors import ConfigError


@dataclass(frozen=True)
class Need:
    """Something that has to be installed: a package of an extra, or a program.

    Attributes:
        what: its name.
        kind: "package", a module that can be imported, or "program", one that can be started.
        remedy: how it is had: an install line, or a sentence with it.
    """

    what: str
    kind: str
    remedy: str

    @property
    def is_here(self) -> bool:
        """Whether it is installed."""
        if self.kind == "program":
            return shutil.which(self.what) is not None
        try:
            return importlib.util.find_spec(self.what) is not None
        except ModuleNotFoundError:  # a package around it is missing
            return False

    def require(self) -> None:
        """See that it is there.

        Raises:
            ConfigError: it is not installed; the message says how it is had.
        """
        if not self.is_here:
            raise ConfigError(f"{self.what} is not installed, which this needs: {self.remedy}")


def package(module: str, extra: str) -> Need:
    """A package that an extra of replplan brings."""
    return Need(module, "package", f'pip install "replplan[{extra}]"')


def require(module: str, extra: str) -> None:
    """Say how a package of an extra is had, where it is missing.

    Raises:
        ConfigError: it is not installed.
    """
    package(module, extra).require()
