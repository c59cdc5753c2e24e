"""Which demonstrations a session is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from replplan.pool.likeness import rank
from replplan.pool.notebook import Demonstration, read_demonstration

_MOST = 4
_SIMILAR = 0.8
_NAMES = 3
_WHOLE = ("root", "flat")  # names of whole tasks, which nothing calls


def _any(demonstration: Demonstration) -> bool:
    return True


def _cells(demonstration: Demonstration) -> tuple[str, ...]:
    return (demonstration.opening, *(code for code, _ in demonstration.turns))


@dataclass(frozen=True)
class Pool:
    """Demonstrations in folders `<REPL name>/*.ipynb`.

    Attributes:
        folders: where to look; of equally like demonstrations that of an earlier folder is liker.
        domain: the domain whose demonstrations are wanted; None for those of every domain. A
            notebook that names no domain is for every domain.
        most: how many demonstrations are chosen at most.
    """

    folders: tuple[Path, ...] = ()
    domain: str | None = None
    most: int = _MOST

    def choose(
        self,
        name: str,
        like: str = "",
        room: int | None = None,
        fits: Callable[[Demonstration], bool] = _any,
    ) -> tuple[Demonstration, ...]:
        """The demonstrations for a REPL of that name that are likest to it, the likest last.

        Args:
            name: the REPL's name.
            like: what the session is told at its opening: its task, or its call and arguments.
            room: characters that they may take together; None for no limit. One that does not fit
                is left out, a smaller one behind it may fit.
            fits: whether a demonstration may be shown at all.

        Raises:
            ConfigError: a notebook cannot be read or holds no code.
        """
        found = list({_cells(d): d for d in reversed(self.all(name)) if fits(d)}.values())[::-1]
        chosen: list[Demonstration] = []
        for i in rank(like, [d.words for d in found]):
            if len(chosen) < self.most and (room is None or found[i].size <= room):
                chosen.append(found[i])
                room = None if room is None else room - found[i].size
        return tuple(reversed(chosen))

    def all(self, name: str) -> tuple[Demonstration, ...]:
        """Every demonstration of that name: an earlier folder's first, then by file name.

        Raises:
            ConfigError: a notebook cannot be read or holds no code.
        """
        return tuple(self._of_domain(self.paths(name)))

    def similar(self, name: str) -> tuple[str, ...]:
        """Names like this one that have demonstrations, the likest first.

        None where the name has demonstrations itself.

        Raises:
            ConfigError: a notebook cannot be read or holds no code.
        """
        if self._has(name):
            return ()
        known = [n for n in self.names() if n not in _WHOLE]
        close = get_close_matches(name, known, len(known) or 1, _SIMILAR)
        return tuple(n for n in close if self._has(n))[:_NAMES]

    def names(self) -> tuple[str, ...]:
        """The names that have a folder with notebooks, whatever their domain."""
        found = {p.parent.name for f in self.folders for p in f.glob("*/*.ipynb")}
        return tuple(sorted(n for n in found if n.isidentifier()))

    def paths(self, name: str) -> Iterator[Path]:
        """The notebooks for a REPL of that name; there are none for what is no identifier."""
        for folder in self.folders if name.isidentifier() else ():
            found = (folder / name).glob("*.ipynb")
            yield from sorted(p for p in found if not p.name.startswith("."))

    def _has(self, name: str) -> bool:
        return any(True for _ in self._of_domain(self.paths(name)))

    def _of_domain(self, paths: Iterator[Path]) -> Iterator[Demonstration]:
        for path in paths:
            demonstration = read_demonstration(path)
            if self.domain is None or demonstration.domain in (None, self.domain):
                yield demonstration
