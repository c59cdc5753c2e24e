"""Splits whose tasks are made when they are asked for, most of them from a number."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Generic, TypeVar, overload

from replplan.domain import Task
from replplan.errors import ConfigError

K = TypeVar("K")

SEEDS: Mapping[str, range] = {
    "train": range(1000, 2000),
    "dev": range(100),
    "test": range(100, 300),
}
"""The numbers of each split; no number is in two."""


class MadeTasks(Sequence[Task], Generic[K]):
    """The tasks of a split: one for each key, made of it."""

    def __init__(self, keys: Sequence[K], make: Callable[[K], Task]) -> None:
        self._keys, self._make = keys, make

    def __len__(self) -> int:
        return len(self._keys)

    @overload
    def __getitem__(self, index: int) -> Task: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Task]: ...
    def __getitem__(self, index: int | slice) -> Task | Sequence[Task]:
        if isinstance(index, slice):
            return MadeTasks(self._keys[index], self._make)
        return self._make(self._keys[index])


def check_split(world: str, split: str, splits: Collection[str]) -> None:
    """See that a world has a split.

    Raises:
        ConfigError: there is no such split.
    """
    if split not in splits:
        raise ConfigError(f"{world} has no split {split!r}; choose one of {', '.join(splits)}.")


def in_turns(
    world: str, split: str, names: Sequence[str], make: Callable[[str, str, int], Task]
) -> MadeTasks[int]:
    """A task for each number of a split; the names (of levels, say) take turns.

    Args:
        world: its name, for people.
        split: one of `SEEDS`.
        names: what takes turns.
        make: makes a task of a name, the split and a number.

    Raises:
        ConfigError: there is no such split.
    """
    check_split(world, split, SEEDS)
    return MadeTasks(SEEDS[split], lambda number: make(names[number % len(names)], split, number))


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
