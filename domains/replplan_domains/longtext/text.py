"""Texts by seed: messages to a town hall, a line each, in no order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from random import Random

from replplan_domains.longtext.words import OPENS, OPENS_NOT, PLACES, STREETS, TIMES, TOPICS

CHARACTERS_A_TOKEN = 4
"""A token is taken for so many characters."""

FIRST, DAYS = date(2021, 1, 1), 3652
_LENGTH = 86.7
"""Characters of a line, on average."""

KEYS = ""
"""The topic of a message about keys: none of those that are asked for."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message: its day (a number from `FIRST` on), who wrote it, of what, in which words."""

    day: int
    person: int
    topic: str
    words: str


@dataclass(frozen=True)
class Text:
    """All messages of a text, and the key of each place."""

    letters: tuple[Letter, ...]
    keys: dict[str, int]

    @property
    def written(self) -> str:
        """The text, a line for each message."""
        days = _days()
        return "".join(f"{days[x.day]} | person {x.person} | {x.words}\n" for x in self.letters)


@cache
def _days() -> tuple[str, ...]:
    return tuple((FIRST + timedelta(days=i)).isoformat() for i in range(DAYS))


def day_name(day: int) -> str:
    """A day as it is written."""
    return _days()[day]


def day_number(name: str) -> int:
    """A day by its number, given as it is written."""
    return (date.fromisoformat(name) - FIRST).days


def count_letters(tokens: int) -> int:
    """How many messages make a text of about so many tokens."""
    return round(tokens * CHARACTERS_A_TOKEN / _LENGTH)


@lru_cache(maxsize=2)
def draw_text(seed: str, tokens: int) -> Text:
    """A text of about so many tokens. There are as many persons as a tenth of the messages.

    For each place there is one message that tells its key, and one of a key that is of no use.
    """
    random, count = Random(seed), count_letters(tokens)
    persons = range(1000, 1000 + max(20, count // 10))
    keys = dict(zip(PLACES, random.sample(range(1000, 10_000), len(PLACES)), strict=True))
    letters = [_letter(random, persons) for _ in range(count - 2 * len(PLACES))]
    for place, key in keys.items():
        other = random.choice([n for n in range(1000, 10_000) if n not in keys.values()])
        for words, number in ((OPENS, key), (OPENS_NOT, other)):
            said = random.choice(words).format(place=place, number=number)
            new = Letter(random.randrange(DAYS), random.choice(persons), KEYS, said)
            letters.insert(random.randrange(len(letters)), new)
    return Text(tuple(letters), keys)


_FORMS = tuple((topic, form) for topic, forms in TOPICS.items() for form in forms)


def _letter(random: Random, persons: range) -> Letter:
    topic, form = _FORMS[int(random.random() * len(_FORMS))]
    words = form.format(
        street=STREETS[int(random.random() * len(STREETS))],
        house=int(random.random() * 200) + 1,
        time=TIMES[int(random.random() * len(TIMES))],
    )
    day, person = int(random.random() * DAYS), persons[int(random.random() * len(persons))]
    return Letter(day, person, topic, words)
