"""Questions over messy tables as a domain."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from replplan.answers import AnswerType
from replplan.cell import Answer
from replplan.domain import Environment, Task
from replplan_domains.questions import Questions
from replplan_domains.seeded import check_split
from replplan_domains.tables.naive import read_naively
from replplan_domains.tables.questions import KINDS
from replplan_domains.tables.tasks import DOMAIN, SIZES, case_of, files_of, tasks_of

DESCRIPTION = """\
A question about data in files that nobody has cleaned: look at them first. The same thing may be \
written in several ways (dates, amounts of money, blanks and capitals, nothing at all).
There is no world to act in. When you know the result, call answer(value) with it."""


class Tables(Questions):
    """Questions over the orders and customers of a shop, in messy CSV, JSON and SQLite files.

    What `replplan plan` does, with questions whose answers are known: `train` (100), `dev` (50)
    and `test` (100), by seed.
    """

    name: ClassVar[str] = DOMAIN
    summary: ClassVar[str] = "questions over messy CSV, JSON and SQLite files, answers of a type"
    baseline: ClassVar[str] = "by rule: files read as they are, nothing cleaned"

    @property
    def description(self) -> str:
        """What the files are like, and how to finish."""
        return DESCRIPTION

    def splits(self) -> tuple[str, ...]:
        """Train, dev and test: no shop is in two."""
        return tuple(SIZES)

    def tasks(self, split: str) -> Sequence[Task]:
        """The questions of a split.

        Raises:
            ConfigError: there is no such split.
        """
        check_split(DOMAIN, split, SIZES)
        return tasks_of(split)

    def files(self, task: Task) -> tuple[Path, ...]:
        """The files, written when they are first asked for."""
        return files_of(str(task.data["split"]), int(task.data["number"]))

    def answer_type(self, task: Task) -> AnswerType:
        """The type of the answer."""
        return AnswerType(KINDS[self.kind(task)].type)

    def right_answer(self, task: Task) -> Any:
        """The right answer."""
        return case_of(task).answer

    def play(self, task: Task, world: Environment | None) -> Answer:
        """Read the files as if they were clean."""
        kind = KINDS[self.kind(task)]
        shop = read_naively(self.files(task))
        return Answer(value=kind.answer(shop, case_of(task).named))

    @property
    def demos(self) -> Path:
        """Demonstrations."""
        return Path(__file__).parent / "demos"
