"""The task sets of games that are drawn here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import overload

from replplan.domain import Task
from replplan_domains.alfworld.generate import generate
from replplan_domains.alfworld.kinds import KIND_BY_SHORT, Kind
from replplan_domains.alfworld.records import GameRecord

DOMAIN = "alfworld"
EDITION = "2"
"""Part of every seed; another one would be another set of games."""

TURN = """
pick look clean heat cool two pick clean heat cool two pick two clean pick heat cool two pick look
clean cool two
"""
"""The kinds in turn, by their short names: about as often as official games are of each."""

SIZES = {"train": 3000, "dev": 120, "test": 240}
"""The splits, and how many games each has."""

ID = re.compile(r"([a-z]+)-(\d{4})-([a-z]+)", re.ASCII)


class GeneratedTasks(Sequence[Task]):
    """The games of a split, the kinds by turns (`TURN`). Each is drawn when it is asked for."""

    def __init__(self, split: str, numbers: range | None = None) -> None:
        self._split = split
        self._numbers = range(SIZES[split]) if numbers is None else numbers

    @overload
    def __getitem__(self, index: int) -> Task: ...
    @overload
    def __getitem__(self, index: slice) -> GeneratedTasks: ...
    def __getitem__(self, index: int | slice) -> Task | GeneratedTasks:
        if isinstance(index, slice):
            return GeneratedTasks(self._split, self._numbers[index])
        return _generated(self._split, self._numbers[index])

    def __len__(self) -> int:
        return len(self._numbers)


def generated_task(id: str) -> Task:  # noqa: A002 the surface's own word
    """The drawn task of that id.

    Raises:
        KeyError: there is none.
    """
    match = ID.fullmatch(id)
    if match is None or int(match[2]) >= SIZES.get(match[1], 0):
        raise KeyError(id)
    split, number = match[1], int(match[2])
    if match[3] != _kind(number).short:
        raise KeyError(id)
    return _generated(split, number)


def task_of(record: GameRecord, split: str) -> Task:
    """The task that a game's record stands for; it holds all that is needed to play it."""
    data = record.model_dump(mode="json")
    return Task(id=record.id, domain=DOMAIN, split=split, goal=record.task, data=data)


def _generated(split: str, number: int) -> Task:
    kind = _kind(number)
    seed = f"{DOMAIN}/{EDITION}/{split}/{number}/{kind.short}"
    return task_of(generate(f"{split}-{number:04}-{kind.short}", kind, seed), split)


def _kind(number: int) -> Kind:
    turn = TURN.split()
    return KIND_BY_SHORT[turn[number % len(turn)]]
