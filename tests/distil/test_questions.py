"""The questions that the embedded model is taught and asked: true, and as often yes as no."""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

from distil import wordings
from distil.knowledge import Knowledge
from distil.questions import NUMBER, YES_NO, Asked, Asker, ask_about, transcript
from replplan_domains.alfworld import ALFWorld
from replplan_domains.alfworld.game import Game
from replplan_domains.alfworld.records import read_record


def drawn(new: bool = False, count: int = 1500) -> list[Asked]:
    games = [Game.from_record(read_record(t.data)) for t in ALFWorld().tasks("train")[:40]]
    asker = Asker(random.Random("test"), new)
    return list(islice(ask_about(games, Knowledge(games), asker), count))


@pytest.fixture(scope="module")
def asked() -> list[Asked]:
    return drawn()


def so(question: Asked, sort: tuple[wordings.Wording, ...]) -> tuple[bool, str]:
    """Whether it asks what is so or the opposite, and what thing or place it is about."""
    for wording in sort:
        pattern = (
            re.escape(wording.text).replace(r"\{thing\}", r"(\w+)").replace(r"\{place\}", ".+")
        )
        if found := re.fullmatch(pattern, question.text):
            return wording.so, found[1] if found.groups() else ""
    raise AssertionError(question.text)


def test_who_always_says_yes_is_right_in_half_of_them(asked):
    yes_no = [q for q in asked if q.fits is YES_NO]
    assert len({q.sort for q in yes_no}) >= 10
    assert abs(sum(q.answer for q in yes_no) / len(yes_no) - 0.5) < 0.03
    for sort in ("there", "closed", "usual"):
        answers = Counter(q.answer for q in yes_no if q.sort == sort)
        assert abs(answers[True] - answers[False]) <= 0.1 * answers.total() + 2


def test_what_is_there_is_what_the_text_says(asked):
    found = [q for q in asked if q.sort == "there"]
    for question in found:
        direct, thing = so(question, wordings.THERE)
        seen = re.search(rf"\ba {thing} \d", " ".join(question.context))
        assert question.answer is (bool(seen) is direct)
    assert len(found) > 100


def test_of_closed_doors_there_are_as_many_as_of_open_ones(asked):
    found = [q for q in asked if q.sort == "closed" and len(q.context) == 1]
    for question in found:
        direct, _ = so(question, wordings.CLOSED)
        text = question.context[0]
        shut = "is closed" in text or text.startswith("You close")
        assert question.answer is (shut is direct)
    assert len(found) > 30


def test_numbers_are_counted(asked):
    found = [q for q in asked if q.fits is NUMBER]
    for question in found:
        (thing,) = re.findall(r"How many (?:of )?(\w+?)s? (?:are|do)", question.text)
        assert question.answer == len(re.findall(rf"\ba {thing}s? \d", " ".join(question.context)))
    assert found


def test_new_words_are_those_that_are_never_taught(asked):
    new = {q.text for q in drawn(new=True, count=300) if q.fits is YES_NO}
    assert new
    assert not new & {q.text for q in asked}


def test_a_question_is_put_as_a_cell_would(asked):
    rows = transcript(next(q for q in asked if q.fits is YES_NO))["messages"]
    assert [r["role"] for r in rows] == ["system", "user", "assistant"]
    assert rows[0]["content"].startswith("Answer the question. Reply with JSON alone")
    assert rows[2]["content"] in ('{"answer": true}', '{"answer": false}')
