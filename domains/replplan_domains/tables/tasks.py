"""The tasks: a shop by seed, a question about it, and the form of its files."""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from replplan.answers import AnswerType
from replplan.domain import Task
from replplan_domains.tables.files import (
    CUSTOMERS,
    FORMS,
    ORDERS,
    WRITERS,
    customers_sheet,
    orders_sheet,
)
from replplan_domains.tables.questions import KINDS, draw_names
from replplan_domains.tables.shop import Shop, draw_shop

DOMAIN = "tables"
SIZES = {"train": 100, "dev": 50, "test": 100}

_RULES = (
    "An order number that is there several times is one order. Prices are those of one piece, in"
    " EUR. What is in a file beside its rows, such as a note or a total, is no order."
)
_MARKED = " Rows that are marked as deleted do not count."


@dataclass(frozen=True)
class Case:
    """All that a task is made of."""

    kind: str
    shop: Shop
    named: dict[str, Any]
    forms: dict[str, str]

    @property
    def answer(self) -> Any:
        """The right answer."""
        return KINDS[self.kind].answer(self.shop, self.named)

    @property
    def names(self) -> list[str]:
        """The names of the files."""
        return [f"{table}.{form}" for table, form in self.forms.items()]

    @property
    def goal(self) -> str:
        """The question, what to know of the files, and the type of the answer."""
        rules = _RULES + (_MARKED if "sqlite" in self.forms.values() else "")
        kind = KINDS[self.kind]
        files = f"Files in the working folder: {', '.join(self.names)}"
        return "\n".join(
            (kind.words.format(**self.named), rules, files, AnswerType(kind.type).told)
        )


@cache
def case(split: str, number: int) -> Case:
    """The case of that number. Kinds and forms come in turns, all else by seed."""
    random = Random(f"tables {split} {number}")
    kind = list(KINDS)[number % len(KINDS)]
    shop = draw_shop(random)
    forms = {ORDERS: FORMS[number // len(KINDS) % len(FORMS)]}
    if KINDS[kind].joins:
        forms[CUSTOMERS] = random.choice(FORMS)
    return Case(kind, shop, draw_names(shop, random), forms)


@cache
def tasks_of(split: str) -> tuple[Task, ...]:
    """The tasks of a split."""
    return tuple(map(_task, [split] * SIZES[split], range(SIZES[split])))


def _task(split: str, number: int) -> Task:
    here = case(split, number)
    data = {"number": number, "split": split, "kind": here.kind, "files": here.names}
    return Task(id=f"{split}-{number}", domain=DOMAIN, split=split, goal=here.goal, data=data)


def case_of(task: Task) -> Case:
    """The case of a task."""
    return case(str(task.data["split"]), int(task.data["number"]))


@cache
def _folder() -> Path:
    """Where this process writes files of tasks; it is removed when the process ends."""
    folder = tempfile.TemporaryDirectory(prefix="replplan-tables-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


@cache
def files_of(split: str, number: int) -> tuple[Path, ...]:
    """The files of a task, written."""
    folder = _folder() / f"{split}-{number}"
    folder.mkdir(exist_ok=True)
    return tuple(write_files(case(split, number), folder, f"files {split} {number}"))


def write_files(here: Case, folder: Path, seed: str) -> Iterator[Path]:
    """Write the files of a case into a folder; what in them is a mess follows from the seed."""
    for table, form in here.forms.items():
        random, path = Random(f"{seed} {table}"), folder / f"{table}.{form}"
        if table == ORDERS:
            sheet = orders_sheet(here.shop.orders, random)
        else:
            sheet = customers_sheet(here.shop.customers, random)
        WRITERS[form](sheet, path, random)
        yield path
