"""reasoning-gym as a domain of questions."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from replplan.cell import Answer
from replplan.domain import Domain, Environment, Score, Task, Transition
from replplan.extras import Need
from replplan_domains.keywords import keywords, listed
from replplan_domains.reasoning_gym.answers import admitted
from replplan_domains.reasoning_gym.generators import NEED, check, entry, judge, names
from replplan_domains.seeded import SEEDS, in_turns, read_id

DOMAIN, USUAL, ALL = "reasoning-gym", "letter_counting", "all"

DESCRIPTION = """\
You are asked one question. There is no world to act in: work the answer out with code, check it \
against what the question says, and call answer(value) once. The value is judged as text, so give \
it in the form that the question asks for."""

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


class ReasoningGym(Domain):
    """Questions of generators by name, numbered: `train`, `dev` and `test` share no number."""

    name: ClassVar[str] = DOMAIN
    summary: ClassVar[str] = "questions of a hundred kinds with checked answers (reasoning-gym)"
    has_world: ClassVar[bool] = False
    needs: ClassVar[tuple[Need, ...]] = (NEED,)
    hides: ClassVar[tuple[str, ...]] = ("reasoning_gym",)
    baseline: ClassVar[str] = "by rule: the last number in the question"

    def __init__(self, generator: str = USUAL, options: str = "") -> None:
        """Choose generators.

        Args:
            generator: its name; several, separated by commas, take turns; `all` is every one.
            options: for the generator, such as "min_words=5,max_words=9".

        Raises:
            ConfigError: an option is not written as `name=value`.
        """
        self._asked = listed(generator)
        self._options = tuple(sorted(keywords(options).items()))

    @property
    def generators(self) -> tuple[str, ...]:
        """The generators that take turns.

        Raises:
            ConfigError: there is none of such a name, or the extra is not installed.
        """
        if self._asked == (ALL,):
            return names()
        for name in self._asked:
            check(name)
        return self._asked or (USUAL,)

    @property
    def description(self) -> str:
        """How a question is answered."""
        return DESCRIPTION

    def splits(self) -> tuple[str, ...]:
        """By number."""
        return tuple(SEEDS)

    def tasks(self, split: str) -> Sequence[Task]:
        """The questions of a split. Each is made when it is asked for.

        Raises:
            ConfigError: there is no such split or generator, or the extra is not installed.
        """
        return in_turns(DOMAIN, split, self.generators, self._task)

    def task(self, id: str) -> Task:  # noqa: A002 the surface's own word
        """The question of that id, such as "gcd-dev-7", of whatever generator.

        Raises:
            KeyError: there is none.
        """
        generator, split, number = read_id(id)
        if generator not in names():
            raise KeyError(id)
        return self._task(generator, split, number)

    def _task(self, generator: str, split: str, number: int) -> Task:
        known = entry(generator, number, self._options)
        return Task(
            id=f"{generator}-{split}-{number}",
            domain=DOMAIN,
            split=split,
            goal=str(known["question"]),
            data={"generator": generator, "number": number},
        )

    def kind(self, task: Task) -> str:
        """Its generator."""
        return str(task.data["generator"])

    @property
    def demos(self) -> Path:
        """Demonstrations of the usual generator: how a question becomes code."""
        return Path(__file__).parent / "demos"

    def gold_answer(self, task: Task) -> Answer | None:
        """The generator's own answer, where it has one that says something: a few of its
        integrals are the question again, as `Integral(...)`."""
        kind = self.kind(task)
        known = entry(kind, int(task.data["number"]), self._options)
        answer = None if known["answer"] is None else str(known["answer"])
        return Answer(value=answer) if answer and admitted(kind, answer, known) else None

    def play(self, task: Task, world: Environment | None) -> Answer:
        """The last number of the question."""
        found = _NUMBER.findall(task.goal)
        return Answer(value=found[-1] if found else "")

    def score(self, task: Task, last: Transition | None, answer: Answer | None) -> Score:
        """The generator's own score; solved at 1."""
        if answer is None:
            return Score(value=0.0, solved=False)
        number = int(task.data["number"])
        value = judge(self.kind(task), number, self._options, _text(answer.value))
        return Score(value=value, solved=value >= 1)


def _text(value: Any) -> str | None:
    """An answer as the generators read it."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, list | dict) else str(value)
