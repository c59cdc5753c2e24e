"""Where demonstrations lie: the project's, the user's, and the domain's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from replplan.domain import Domain
from replplan.errors import ConfigError
from replplan.pool.choose import Pool

PROJECT = Path("demos")
_DOMAIN = re.compile(r"\w[\w.-]*")


@dataclass(frozen=True)
class Place:
    """A folder of demonstrations: whose it is, and for which domain; None for every domain."""

    owner: Literal["project", "user", "domain"]
    folder: Path
    domain: str | None = None


def project_place() -> Place:
    """`demos` in the working folder, beside `replplan.toml`. Its notebooks name their domains."""
    return Place("project", PROJECT.absolute())


def user_place(domain: str) -> Place:
    """The user's own demonstrations for a domain.

    Raises:
        ConfigError: that cannot be the name of a domain.
    """
    if not _DOMAIN.fullmatch(domain):
        raise ConfigError(f"{domain!r} is no name of a domain")
    return Place("user", _user_folder() / domain, domain)


def places(domain: Domain) -> tuple[Place, ...]:
    """Where the demonstrations for a domain lie, in the order in which they count."""
    own = (Place("domain", domain.demos, domain.name),) if domain.demos else ()
    return (project_place(), user_place(domain.name), *own)


def domain_pool(domain: Domain) -> Pool:
    """The demonstrations for a domain."""
    return Pool(tuple(p.folder for p in places(domain)), domain.name)


def all_places(domain: str | None = None) -> Iterator[Place]:
    """Where demonstrations for this domain may lie; None for every domain.

    Raises:
        ConfigError: a domain cannot be loaded.
    """
    from replplan.plugins import domain_class, domain_names

    yield project_place()
    if (folder := _user_folder()).is_dir():
        for found in sorted(p for p in folder.iterdir() if p.is_dir() and domain in (None, p.name)):
            yield Place("user", found, found.name)
    for name in domain_names() if domain is None else {domain} & {*domain_names()}:
        if demos := domain_class(name)().demos:
            yield Place("domain", demos, name)


def repl_folder(place: Place, name: str) -> Path:
    """The folder of a REPL's demonstrations.

    Raises:
        ConfigError: that cannot be the name of a REPL.
    """
    if not name.isidentifier():
        raise ConfigError(f"{name!r} is no name of a REPL: a REPL's name is a Python identifier")
    return place.folder / name


def _user_folder() -> Path:
    import platformdirs

    return platformdirs.user_data_path("replplan") / "demos"
