"""Questions over long texts as a domain."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from replplan.answers import AnswerType
from replplan.carried import Value
from replplan.cell import Answer
from replplan.crossing import freeze
from replplan.domain import Environment, Task
from replplan.errors import ConfigError
from replplan_domains.longtext.questions import KINDS
from replplan_domains.longtext.tasks import DOMAIN, LENGTHS, SIZES, case_of, tasks_of
from replplan_domains.longtext.text import KEYS, Letter, Text, day_number
from replplan_domains.longtext.words import PLACES, TOPICS
from replplan_domains.questions import Questions
from replplan_domains.seeded import check_split

LEAST = 2_000

DESCRIPTION = """\
A question about a long text. The variable `text` holds it: messages to a town hall in no order, a \
line each, "2031-05-17 | person 1234 | MESSAGE".
Each message is about one topic: {topics}; or about a key. Hardly one says by name what it is \
about: it has to be read. The text is far too long for that: pick with code the lines that matter, \
and have their messages read by ask.map or ask.over.
There is no world to act in. When you know the result, call answer(value) with it."""


class LongText(Questions):
    """Questions over texts of 10,000 to 10 million tokens: needle, count, pairs, aggregation.

    After what Recursive Language Models (Zhang, Kraska and Khattab, arXiv 2512.24601) are measured
    by. `train` (32), `dev` (16) and `test` (64), by seed.
    """

    name: ClassVar[str] = DOMAIN
    summary: ClassVar[str] = "questions over texts of 10^4 to 10^7 tokens: needle, count, pairs"
    baseline: ClassVar[str] = "by rule: a message is about the topic whose name is in its words"

    def __init__(self, size: int = 0) -> None:
        """Choose the length of the texts.

        Args:
            size: how many tokens, of four characters, each text has; 0 for 10,000, 100,000,
                1,000,000 and 10,000,000 in turns.

        Raises:
            ConfigError: that is too short or too long.
        """
        if size and not LEAST <= size <= LENGTHS[-1]:
            raise ConfigError(f"size is {size}: texts have {LEAST:,} to {LENGTHS[-1]:,} tokens.")
        self.size = size

    @property
    def description(self) -> str:
        """What the text holds, and how to go about it."""
        return DESCRIPTION.format(topics=", ".join(TOPICS))

    def splits(self) -> tuple[str, ...]:
        """Train, dev and test: each text is of one task alone."""
        return tuple(SIZES)

    def tasks(self, split: str) -> Sequence[Task]:
        """The questions of a split.

        Raises:
            ConfigError: there is no such split.
        """
        check_split(DOMAIN, split, SIZES)
        return tasks_of(split, self.size)

    def values(self, task: Task) -> tuple[Value, ...]:
        """The text."""
        return (Value("text", freeze(self.text(task))),)

    def text(self, task: Task) -> str:
        """The text of a task."""
        return case_of(task).text.written

    def answer_type(self, task: Task) -> AnswerType:
        """The type of the answer."""
        return AnswerType(KINDS[self.kind(task)].type)

    def right_answer(self, task: Task) -> Any:
        """The right answer."""
        return case_of(task).answer

    def play(self, task: Task, world: Environment | None) -> Answer:
        """Take a message for what a word of it names, and any key for the right one."""
        here = case_of(task)
        return Answer(value=KINDS[here.kind].answer(_skimmed(self.text(task)), here.named))

    @property
    def demos(self) -> Path:
        """Demonstrations."""
        return Path(__file__).parent / "demos"


_NUMBER = re.compile(r"\d{4}")


def _skimmed(text: str) -> Text:
    """What somebody makes of a text who looks at single words."""
    letters, keys = list[Letter](), dict[str, int]()
    for line in text.splitlines():
        day, person, words = line.split(" | ", 2)
        topic = next((topic for topic in TOPICS if topic.rstrip("s") in words), KEYS)
        letters.append(Letter(day_number(day), int(person.split()[1]), topic, words))
        place = next((place for place in PLACES if place in words), None)
        if place and (number := _NUMBER.search(words)):
            keys.setdefault(place, int(number[0]))
    return Text(tuple(letters), keys)
