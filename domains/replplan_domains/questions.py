"""Worlds of questions whose answers have a type and are exactly right or not."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from replplan.answers import AnswerType, WrongAnswer
from replplan.cell import Answer
from replplan.domain import Domain, Score, Task, Transition


class Questions(Domain):
    """Questions without a world to act in; a task's data say their `kind`."""

    has_world: ClassVar[bool] = False

    @abstractmethod
    def answer_type(self, task: Task) -> AnswerType:
        """The type of the answer."""

    @abstractmethod
    def right_answer(self, task: Task) -> Any:
        """The right answer."""

    def kind(self, task: Task) -> str:
        """What kind of question it is."""
        return str(task.data["kind"])

    def complaint(self, task: Task, answer: Answer) -> str | None:
        """Why an answer is not of the type that was asked for."""
        try:
            self._read(task, answer)
        except WrongAnswer as error:
            return str(error)
        return None

    def _read(self, task: Task, answer: Answer) -> Any:
        """Its value; a text is read for what it says, since methods without code answer so."""
        return self.answer_type(task).read(answer, strict=not isinstance(answer.value, str))

    def score(self, task: Task, last: Transition | None, answer: Answer | None) -> Score:
        """Exactly right, or not: to the cent, to the letter, list and dict as they are to be."""
        right = answer is not None and self.complaint(task, answer) is None
        if right and answer is not None:
            given, wanted = self._read(task, answer), self.right_answer(task)
            right = round(given, 6) == wanted if isinstance(wanted, float) else given == wanted
        return Score(value=float(right), solved=right)

    def gold_answer(self, task: Task) -> Answer:
        """The right answer."""
        return Answer(value=self.right_answer(task))
