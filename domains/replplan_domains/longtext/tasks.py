"""The tasks: a text by seed, of some length, and a question about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from replplan.answers import AnswerType
from replplan.domain import Task
from replplan_domains.longtext.questions import KINDS, draw_names
from replplan_domains.longtext.text import Text, count_letters, draw_text

DOMAIN = "longtext"
LENGTHS = (10_000, 100_000, 1_000_000, 10_000_000)
"""How many tokens the texts have, in turns."""

SIZES = {"train": 32, "dev": 16, "test": 64}


@dataclass(frozen=True)
class Case:
    """All that a task is made of; its text is drawn when it is asked for."""

    seed: str
    kind: str
    tokens: int
    named: dict[str, Any]

    @property
    def text(self) -> Text:
        """The text."""
        return draw_text(self.seed, self.tokens)

    @property
    def answer(self) -> Any:
        """The right answer."""
        return KINDS[self.kind].answer(self.text, self.named)

    @property
    def goal(self) -> str:
        """The question, how long the text is, and the type of the answer."""
        kind = KINDS[self.kind]
        length = f"`text` holds {count_letters(self.tokens):,} messages, {self.tokens:,} tokens."
        return "\n".join((kind.words.format(**self.named), length, AnswerType(kind.type).told))


@cache
def case(split: str, number: int, tokens: int) -> Case:
    """The case of that number; `tokens` is the length of its text."""
    seed = f"longtext {split} {number} {tokens}"
    kind = list(KINDS)[number % len(KINDS)]
    return Case(seed, kind, tokens, draw_names(Random(f"question {seed}"), tokens))


@cache
def tasks_of(split: str, tokens: int) -> tuple[Task, ...]:
    """The tasks of a split: all with texts of that length, or (0) of each length in turns."""
    return tuple(_task(split, number, tokens) for number in range(SIZES[split]))


def _task(split: str, number: int, tokens: int) -> Task:
    length = tokens or LENGTHS[number // len(KINDS) % len(LENGTHS)]
    here = case(split, number, length)
    name = f"{split}-{number}" if not tokens else f"{split}-{number}-{length}"
    data = {"split": split, "number": number, "tokens": length, "kind": here.kind}
    return Task(id=name, domain=DOMAIN, split=split, goal=here.goal, data=data)


def case_of(task: Task) -> Case:
    """The case of a task."""
    data = task.data
    return case(str(data["split"]), int(data["number"]), int(data["tokens"]))
