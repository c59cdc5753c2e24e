"""The words of yes-or-no questions about households; a cell may put them in many ways.

Of each sort, those that say what is so and those that say the opposite. Those called new are
never taught: `answers.py --new` asks them, to see whether a sentence was learnt or a question.
"""

from __future__ import annotations

from typing import NamedTuple


class Wording(NamedTuple):
    """A question, with places for what it is about; `so`: whether yes means that it is so."""

    text: str
    so: bool
    new: bool


def _sort(
    *texts: str, opposite: tuple[str, ...] = (), new: str, others: tuple[Wording, ...] = ()
) -> tuple[Wording, ...]:
    taught = [Wording(t, True, False) for t in texts] + [Wording(t, False, False) for t in opposite]
    return (*taught, Wording(new, True, True), *others)


THERE = _sort(
    "Is there a {thing}?",
    "Is there a {thing} here?",
    "Do you see a {thing}?",
    "Is any {thing} here?",
    "Are there any {thing}s?",
    "Is a {thing} seen here?",
    "Does the text mention a {thing}?",
    "Does this place have a {thing}?",
    "Was a {thing} found?",
    "{thing}?",
    opposite=("Is there no {thing} here?", "Is a {thing} missing here?"),
    new="Can a {thing} be found here?",
)
"""A type of thing, in what is seen."""

NAMED = _sort(
    "Is {thing} here?",
    "Is the {thing} here?",
    "Do you see the {thing}?",
    "Is the {thing} in or on the {place}?",
    new="Does one see {thing} here?",
)
"""A thing by its name and number."""

CLOSED = _sort(
    "Is the {place} closed?",
    "Is {place} closed?",
    "Is it closed?",
    "Must the {place} be opened first?",
    "Do I have to open the {place}?",
    "Does the {place} need to be opened?",
    opposite=("Is the {place} open?", "Is {place} open?", "Is it open?"),
    new="Is the {place} still shut?",
    others=(
        Wording("Is the {place} shut?", True, True),
        Wording("Does it say that the {place} is closed?", True, True),
        Wording("Is the door of the {place} closed?", True, True),
        Wording("Would I have to open the {place} first?", True, True),
        Wording("Does it say that the {place} is open?", False, True),
        Wording("Is the {place} already open?", False, True),
        Wording("Is the {place} standing open?", False, True),
        Wording("Has the {place} been opened?", False, True),
        Wording("Can one look into the {place}?", False, True),
    ),
)

EMPTY = _sort(
    "Is the {place} empty?",
    "Is it empty?",
    "Is there nothing on or in the {place}?",
    opposite=("Is there anything in or on the {place}?", "Is something there?"),
    new="Is the {place} without anything?",
)

HOLDING = _sort(
    "Am I holding a {thing}?",
    "Am I carrying a {thing}?",
    "Is a {thing} in my inventory?",
    "Do I have a {thing}?",
    "Is there a {thing} in my hand?",
    "Did I pick up a {thing}?",
    new="Is it a {thing} that I carry?",
)

FREE = _sort(
    "Is my hand empty?",
    "Are my hands free?",
    "Is my inventory empty?",
    opposite=("Am I carrying anything?", "Am I holding something?"),
    new="Have I nothing in my hand?",
)

WORKED = _sort(
    "Did it work?",
    "Did the action succeed?",
    "Did that work?",
    "Was the command done?",
    opposite=("Did it fail?", "Was the action refused?", "Did nothing happen?"),
    new="Did the action have an effect?",
)

STATE = _sort(
    "Is the {thing} {state}?",
    "Is it {state}?",
    "Is the {thing} {state} now?",
    new="Does it say that the {thing} is {state}?",
)

TASK = _sort(
    "Must the {thing} be {state}?",
    "Does the task ask for a {state} {thing}?",
    "Is a {state} {thing} wanted?",
    "Should it be {state}?",
    new="Does the {thing} have to be {state}?",
)
"""What has to be done to a thing, in the sentence of a task."""

WANTED = _sort(
    "Is a {thing} wanted?",
    "Is the task about a {thing}?",
    "Do I need a {thing}?",
    new="Am I asked for a {thing}?",
)

TWO = _sort(
    "Are two things wanted?",
    "Does the task ask for two?",
    opposite=("Is one thing enough?",),
    new="Do I need two of them?",
)

USUAL = _sort(
    "Is a {thing} usually in or on a {place}?",
    "Would one look for a {thing} in a {place}?",
    "Is a {thing} often found in or on a {place}?",
    "Could there be a {thing} in or on the {place}?",
    "Is the {place} a good place to look for a {thing}?",
    new="Does a {place} usually hold a {thing}?",
)
