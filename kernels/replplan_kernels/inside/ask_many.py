"""`ask.map` and `ask.over`: one question about many things, or about a text too long to be read."""

from __future__ import annotations

import json
import typing
from collections.abc import Iterable
from typing import Any

from replplan_kernels.inside.ask import Ask, Asking, Part, check_question, readable, readable_all
from replplan_kernels.inside.at_once import at_once
from replplan_kernels.inside.chunks import chunks
from replplan_kernels.inside.functions import CellFunction
from replplan_kernels.inside.kinds import Kind, kind_of
from replplan_kernels.inside.unwinding import AskError

JOBS = 16
"""How many questions are asked at once where nothing else is said: as many as the host has with the
model at a time."""

_SHORTER = 0.9
"""The length that notes may have at most, against what they are notes of."""


def make_ask(asking: Asking) -> Ask:
    """`ask` with its two further forms."""
    ask: Any = Ask(asking)
    ask.map, ask.over = AskMap(asking), AskOver(asking)
    return ask  # type: ignore[no-any-return]


class AskMap(CellFunction):
    """`ask.map(question, items, *context)`, of one REPL."""

    __name__ = __qualname__ = "ask.map"

    def __init__(self, asking: Asking) -> None:
        super().__init__(asking.link)
        self._asking = asking

    def __call__(
        self,
        question: str,
        items: Iterable[Any],
        *context: Any,
        choices: Any = None,
        type: Any = str,  # noqa: A002 - what cells write
        jobs: int = JOBS,
        errors: str = "raise",
    ) -> list[Any]:
        """Ask the same question of every item, several at once.

        Args:
            question: in plain words; what it is about is each item.
            items: one question each; of those that read the same, one is asked.
            context: what every one of the questions is about, besides.
            choices: as for `ask`.
            type: as for `ask`.
            jobs: how many are asked at once.
            errors: "return" for the exception in place of an answer that could not be had.

        Returns:
            The answers, in the order of the items.

        Raises:
            AskError: some could not be answered. Its `done` holds what errors="return" gives.
            TypeError, ValueError: an argument is wrong; nothing was asked.
        """
        check_question("ask.map", question)
        if isinstance(items, str | bytes):
            raise TypeError("ask.map() takes a list of items, not one text; see ask() for that")
        if errors not in ("raise", "return"):
            raise ValueError(f"errors of ask.map() is 'raise' or 'return', not {errors!r}")
        _check_number("jobs of ask.map()", jobs, 1)
        kind, common = kind_of(type, choices), readable_all(context)
        parts = [readable(item) for item in items]
        answers = _ask_all(self._asking, question, parts, common, kind, jobs)
        return answers if errors == "return" else _all_good(answers, parts)


def _ask_all(
    asking: Asking, question: str, parts: list[Part], common: list[Part], kind: Kind, jobs: int
) -> list[Any]:
    """An answer or an exception for each part; of equal ones, one is asked."""
    keys = [json.dumps(part) for part in parts]
    first = dict(zip(reversed(keys), reversed(parts), strict=True))
    different = list(dict.fromkeys(keys))
    answers = at_once(
        asking.link, lambda key: asking.ask(question, [*common, first[key]], kind), different, jobs
    )
    by_key = dict(zip(different, answers, strict=True))
    return [by_key[key] for key in keys]


def _all_good(answers: list[Any], parts: list[Part]) -> list[Any]:
    failed = [i for i, answer in enumerate(answers) if isinstance(answer, Exception)]
    if not failed:
        return answers
    at = failed[0]
    error = AskError(
        f"{len(failed)} of {len(answers)} items could not be answered; the first of them is item "
        f"{at}, {str(parts[at])[:100]!r}: {answers[at]}; the other answers are in .done of this "
        "error, or use errors='return'"
    )
    error.done = answers
    raise error from answers[at]


class AskOver(CellFunction):
    """`ask.over(question, text)`, of one REPL."""

    __name__ = __qualname__ = "ask.over"

    def __init__(self, asking: Asking) -> None:
        super().__init__(asking.link)
        self._asking = asking

    def __call__(
        self,
        question: str,
        text: Any,
        *,
        choices: Any = None,
        type: Any = str,  # noqa: A002 - what cells write
        chunk: int | None = None,
        jobs: int = JOBS,
    ) -> Any:
        """Ask about a text that may be too long for the model: of its parts, then of the whole.

        A bool is true where it is for any part; a list holds what the parts give, each once. For
        all else the model takes notes of each part, and answers from the notes.

        Args:
            question: in plain words.
            text: what it is about.
            choices: as for `ask`.
            type: as for `ask`.
            chunk: characters of a part; by default what the model can read.
            jobs: how many parts are read at once.

        Raises:
            AskError: a part, or the whole, could not be answered.
            TypeError, ValueError: an argument is wrong; nothing was asked.
        """
        check_question("ask.over", question)
        written = readable(text)
        if not isinstance(written, str):
            raise TypeError("ask.over() takes a text, not a picture; see ask() for that")
        _check_number("chunk of ask.over()", self._asking.room if chunk is None else chunk, 100)
        _check_number("jobs of ask.over()", jobs, 1)
        kind, size = kind_of(type, choices), chunk or max(100, self._asking.room - len(question))
        reading = _Reading(self._asking, question, size, jobs)
        if len(written) <= size:
            return self._asking.ask(question, [written], kind)
        if type is bool and choices is None:
            return any(reading.of_parts(written, kind, "part"))
        if type is list or typing.get_origin(type) is list:
            return _merged(reading.of_parts(written, kind, "part"))
        return reading.of_notes(written, kind)


class _Reading:
    """A long text being read for one question, in parts of some size."""

    def __init__(self, asking: Asking, question: str, size: int, jobs: int) -> None:
        self.asking, self.question, self.size, self.jobs = asking, question, size, jobs

    def of_parts(self, text: str, kind: Kind, stage: str) -> list[Any]:
        """An answer for each part."""
        texts = chunks(text, self.size)

        def one(number: int) -> Any:
            told = (stage, number, len(texts))
            return self.asking.ask(self.question, [texts[number - 1]], kind, told)

        numbers = range(1, len(texts) + 1)
        return _all_good(at_once(self.asking.link, one, numbers, self.jobs), list(texts))

    def of_notes(self, text: str, kind: Kind) -> Any:
        """The answer from notes of the parts, which are condensed until they can be read at once.

        Raises:
            AskError: notes of notes do not get shorter.
        """
        count = 0
        while len(text) > self.size:
            notes = self.of_parts(text, Kind(), "note")
            shorter = "\n\n".join(f"Part {i}: {note}" for i, note in enumerate(notes, 1))
            if len(shorter) > _SHORTER * len(text):
                raise AskError(
                    f"the model's notes of {len(notes)} parts are hardly shorter than the text: "
                    "ask for less, or read the text with code first"
                )
            text, count = shorter, count or len(notes)
        return self.asking.ask(self.question, [text], kind, ("combine", count, count))


def _merged(lists: list[list[Any]]) -> list[Any]:
    """All their values in order, each once."""
    merged = list[Any]()
    for value in (value for values in lists for value in values):
        if value not in merged:
            merged.append(value)
    return merged


def _check_number(what: str, value: Any, least: int) -> None:
    if not isinstance(value, int) or value < least:
        raise ValueError(f"{what} is a whole number of at least {least}, not {value!r}")
