"""What is not installed by default, and how it is had."""

from __future__ import annotations

import importlib.util

from replplan.errors import ConfigError


def require(module: str, extra: str) -> None:
    """Say how a package of an extra is had, where it is missing.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        found = importlib.util.find_spec(module)
    except ModuleNotFoundError:  # a package around it is missing
        found = None
    if found is None:
        raise ConfigError(
            f'{module} is not installed, which this needs: pip install "replplan[{extra}]"'
        )
