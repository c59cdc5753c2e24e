"""All demonstrations that there are, and which of them are the user's to remove."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from replplan.errors import ConfigError
from replplan.plugins import domain_class
from replplan.pool.choose import Pool
from replplan.pool.notebook import Demonstration, read_demonstration
from replplan.pool.places import Place, all_places


@dataclass(frozen=True)
class Stocked:
    """A notebook in one of the folders: a demonstration, or the `problem` why it is none."""

    place: Place
    path: Path
    demonstration: Demonstration | None
    problem: str = ""

    @property
    def domain(self) -> str | None:
        """The domain that it is for; None for every domain."""
        named = self.demonstration.domain if self.demonstration else None
        return named or self.place.domain


def stock(domain: str | None = None) -> Iterator[Stocked]:
    """The demonstrations for a domain, or for all of them; those that cannot be read among them.

    Raises:
        ConfigError: there is no such domain.
    """
    found = list(all_places(domain))
    if domain is not None and domain not in {p.domain for p in found}:
        domain_class(domain)  # says what domains there are
    for place in found:
        pool = Pool((place.folder,))
        for name in pool.names():
            for path in pool.paths(name):
                stocked = _stocked(place, path)
                if domain is None or stocked.domain in (None, domain):
                    yield stocked


def named(name: str, domain: str | None = None) -> list[Stocked]:
    """The demonstrations of a REPL name, or the one in that file.

    Raises:
        ConfigError: there is none.
    """
    found = list(stock(domain))
    path = Path(name).absolute()
    of_name = [s for s in found if s.path.parent.name == name]
    chosen = of_name or [s for s in found if _same(s.path, path)]
    if not chosen:
        raise ConfigError(_missing(name, {s.path.parent.name for s in found}))
    return chosen


def removable(name: str, found: list[Stocked]) -> list[Stocked]:
    """Those of them that are the user's or the project's, by where they truly lie.

    Raises:
        ConfigError: all of them belong to a domain.
    """
    kept = [p.folder.resolve() for p in all_places() if p.owner == "domain"]
    own = [s for s in found if not any(s.path.parent.resolve().is_relative_to(k) for k in kept)]
    if not own:
        raise ConfigError(f"what there is of {name} belongs to a domain, and stays")
    return own


def discard(stocked: Stocked) -> None:
    """Remove a notebook, and its folder where nothing else is in it.

    Raises:
        ConfigError: it cannot be removed.
    """
    try:
        stocked.path.unlink()
    except OSError as e:
        raise ConfigError(f"{stocked.path} cannot be removed: {e.strerror}") from e
    with suppress(OSError):  # there are others
        stocked.path.parent.rmdir()


def _stocked(place: Place, path: Path) -> Stocked:
    try:
        return Stocked(place, path, read_demonstration(path))
    except ConfigError as e:
        return Stocked(place, path, None, str(e))


def _same(a: Path, b: Path) -> bool:
    return a.absolute() == b or a.resolve() == b.resolve()


def _missing(name: str, known: set[str]) -> str:
    if Path(name).is_file():
        return f"{name} is in none of the folders of demonstrations"
    if close := get_close_matches(name, sorted(known)):
        return f"there is no demonstration of {name!r}; did you mean {' or '.join(close)}?"
    return f"there is no demonstration of {name!r}; `replplan pool list` says what there is"
