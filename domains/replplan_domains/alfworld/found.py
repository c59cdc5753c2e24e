"""The task sets found in a folder: slim files and trees of official game files."""

from __future__ import annotations

import gzip
import json
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import overload

from replplan.domain import Task
from replplan.errors import ConfigError, DomainError
from replplan.record import Json
from replplan_domains.alfworld.game import Game
from replplan_domains.alfworld.official import is_playable, official_record
from replplan_domains.alfworld.records import GameRecord, read_record
from replplan_domains.alfworld.tasks import task_of

SLIM = ".jsonl.gz"
GAMES = "*/*/game.tw-pddl"
LEFT_OUT = ("movable", "Sliced")
"""Official folders with these words hold tasks that the benchmark does not play."""


class FoundTasks(Sequence[Task], ABC):
    """The games of one split, each read when it is asked for.

    A task that is handed out can be opened: its game has been built once.
    """

    def __init__(self, split: str, source: Path) -> None:
        self._split, self._source = split, source

    @overload
    def __getitem__(self, index: int) -> Task: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Task]: ...
    def __getitem__(self, index: int | slice) -> Task | Sequence[Task]:
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        return self._task(range(len(self))[index])

    def __len__(self) -> int:
        return len(self.ids)

    def by_id(self, id: str) -> Task:  # noqa: A002 the surface's own word
        """The task of that id.

        Raises:
            KeyError: there is none.
        """
        return self._task(self.ids[id])

    def file(self, id: str) -> Path | None:  # noqa: A002 the surface's own word
        """The official file of a game, if that is what it was read from."""
        return None

    @property
    @abstractmethod
    def ids(self) -> Mapping[str, int]:
        """The ids of the games, with their index."""

    @abstractmethod
    def _place(self, index: int) -> str:
        """Where a game is, for people."""

    @abstractmethod
    def _record(self, index: int) -> GameRecord:
        """A game's record."""

    def _task(self, index: int) -> Task:
        with reading(self._place(index)):
            record = self._record(index)
            Game.from_record(record)
            return task_of(record, self._split)


class SlimFile(FoundTasks):
    """A file of records, one JSON object a line, gzipped."""

    @cached_property
    def _rows(self) -> list[tuple[int, dict[str, Json]]]:
        with reading(str(self._source)):
            lines = gzip.decompress(self._source.read_bytes()).decode().splitlines()
        return [(n, self._row(n, line)) for n, line in enumerate(lines, 1) if line.strip()]

    def _row(self, number: int, line: str) -> dict[str, Json]:
        with reading(f"{self._source}, line {number}"):
            row = json.loads(line)
            if not isinstance(row, dict) or not isinstance(row.get("id"), str):
                raise DomainError("this is no game with an 'id'")
            return row

    @cached_property
    def ids(self) -> Mapping[str, int]:
        """The ids in the file, with their index.

        Raises:
            DomainError: the file is damaged, or two games have one id.
        """
        ids: dict[str, int] = {}
        for i, (number, row) in enumerate(self._rows):
            if ids.setdefault(row["id"], i) != i:
                raise DomainError(
                    f"{self._source}, line {number}: the id {row['id']!r} is not new."
                )
        return ids

    def _place(self, index: int) -> str:
        return f"{self._source}, line {self._rows[index][0]}"

    def _record(self, index: int) -> GameRecord:
        return read_record(self._rows[index][1])


class OfficialFolder(FoundTasks):
    """A tree of official files, `<folder>/<trial>/game.tw-pddl`, in the order of their names."""

    @cached_property
    def _paths(self) -> dict[str, Path]:
        found = {"/".join(path.parts[-3:-1]): path for path in self._source.glob(GAMES)}
        ids = sorted(i for i in found if not any(word in i for word in LEFT_OUT))
        with reading(str(self._source)):
            return {i: found[i] for i in ids if is_playable(found[i])}

    @cached_property
    def ids(self) -> Mapping[str, int]:
        """The ids in the tree, with their index."""
        return {id_: i for i, id_ in enumerate(self._paths)}

    def file(self, id: str) -> Path | None:  # noqa: A002 the surface's own word
        """The official file of a game; None for one of another split."""
        return self._paths.get(id)

    @cached_property
    def _files(self) -> list[Path]:
        return list(self._paths.values())

    def _place(self, index: int) -> str:
        return str(self._files[index])

    def _record(self, index: int) -> GameRecord:
        return official_record(self._files[index])


def find_splits(folder: Path) -> dict[str, FoundTasks]:
    """The splits in a folder, by name: slim files, and trees of official games in it or in one of
    its folders `json_2.1.*`. Where both have a split, the slim file is taken.

    Raises:
        ConfigError: there is no such folder, or no game in it.
    """
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "does not exist"
        raise ConfigError(f"the ALFWorld data {folder} {what}: name a folder of games.")
    trees = {f.name: f for f in _trees(folder)}
    slim = {f.name.removesuffix(SLIM): f for f in folder.glob(f"*{SLIM}")}
    found: dict[str, FoundTasks] = {name: OfficialFolder(name, f) for name, f in trees.items()}
    found |= {name: SlimFile(name, f) for name, f in slim.items()}
    if not found:
        raise ConfigError(
            f"no ALFWorld games in {folder}: it should hold <split>{SLIM}, or the official "
            "<split>/<folder>/<trial>/game.tw-pddl."
        )
    return {name: found[name] for name in sorted(found)}


def _trees(folder: Path) -> Iterator[Path]:
    roots = [folder, *sorted(folder.glob("json_2.1.*"))]
    candidates = [folder, *(f for root in roots for f in sorted(root.iterdir()) if f.is_dir())]
    return (f for f in candidates if next(f.glob(GAMES), None))


@contextmanager
def reading(place: str) -> Iterator[None]:
    """Say of every fault while a game is read where it is.

    Raises:
        DomainError: with the place, what is wrong, and what to do.
    """
    try:
        yield
    except (OSError, EOFError, zlib.error, ValueError, DomainError) as error:
        advice = "get this file anew"
        raise DomainError(f"{place}: damaged game: {error}; {advice}.") from error
