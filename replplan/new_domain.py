"""A package of somebody's own with a world in it, written from templates."""

from __future__ import annotations

import keyword
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from string import Template

from replplan.errors import ConfigError
from replplan.plugins import domain_names

_TEMPLATES = Path(__file__).parent / "templates" / "domain"
_PLACES = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "__init__.py": "{name}/__init__.py",
    "domain.py": "{name}/domain.py",
    "world.py": "{name}/world.py",
    "1-halving.ipynb": "{name}/demos/root/1-halving.ipynb",
    "test_domain.py": "tests/test_{name}.py",
}
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def new_domain(name: str, folder: Path | None = None) -> list[Path]:
    """Write a package with a world, a scorer, a demonstration and tests, which runs at once.

    Args:
        name: that of the domain and of its package: lower-case letters, digits, underscores.
        folder: where to; by default a new folder of that name in the working folder.

    Returns:
        The files.

    Raises:
        ConfigError: the name cannot be that of a package or is taken, or the folder is there.
    """
    _check(name)
    root = folder or Path(name)
    try:
        if root.exists() and any(root.iterdir()):
            raise ConfigError(
                f"{root} is there already: choose another name or --to another folder"
            )
        return [
            _write(template, root / place.format(name=name), name)
            for template, place in _PLACES.items()
        ]
    except OSError as error:
        raise ConfigError(f"{root} cannot be written: {error.strerror}") from error


def _check(name: str) -> None:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise ConfigError(
            f"{name!r} cannot be the name of a package: lower-case letters, digits, underscores"
        )
    if name in domain_names():
        raise ConfigError(f"there is a domain {name} already: choose another name")
    if name in sys.stdlib_module_names or find_spec(name) is not None:
        raise ConfigError(f"there is a Python package {name} already: choose another name")


def _write(template: str, path: Path, name: str) -> Path:
    text = (_TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")
    cls = "".join(word.capitalize() for word in name.split("_"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(Template(text).safe_substitute(name=name, cls=cls), encoding="utf-8")
    return path
