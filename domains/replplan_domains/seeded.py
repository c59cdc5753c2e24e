"""Tasks that follow from a number: splits of such numbers, each task made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import overload

from replplan.domain import Task
from replplan.errors import ConfigError

SEEDS: Mapping[str, range] = {
    "train": range(1000, 2000),
    "dev": range(100),
    "test": range(100, 300),
}
"""The numbers of each split; no number is in two."""


class SeededTasks(Sequence[Task]):
    """The tasks of a split."""

    def __init__(self, seeds: range, make: Callable[[int], Task]) -> None:
        self._seeds, self._make = seeds, make

    def __len__(self) -> int:
        return len(self._seeds)

    @overload
    def __getitem__(self, index: int) -> Task: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Task]: ...
    def __getitem__(self, index: int | slice) -> Task | Sequence[Task]:
        if isinstance(index, slice):
            return SeededTasks(self._seeds[index], self._make)
        return self._make(self._seeds[index])


def seeds_of(world: str, split: str) -> range:
    """The numbers of a split.

    Raises:
        ConfigError: there is no such split.
    """
    if split not in SEEDS:
        raise ConfigError(f"{world} has no split {split!r}; choose one of {', '.join(SEEDS)}.")
    return SEEDS[split]


def read_id(id: str) -> tuple[str, str, int]:  # noqa: A002 the surface's own word
    """What an id such as "coin-3-dev-17" says: what is before the split, the split, the number.

    Raises:
        KeyError: it is no such id, or the number is not one of the split's.
    """
    before, _, number = id.rpartition("-")
    what, _, split = before.rpartition("-")
    if not what or not number.isdecimal() or int(number) not in SEEDS.get(split, ()):
        raise KeyError(id)
    return what, split, int(number)
