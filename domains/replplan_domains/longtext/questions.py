"""What is asked of a text: a needle, a count, pairs, and an aggregation over records."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from replplan_domains.longtext.text import DAYS, Letter, Text, count_letters, day_name
from replplan_domains.longtext.words import PLACES, TOPICS

Told = Mapping[str, Any]
"""What a question names: a place, a topic, days."""

TO_READ = 40
"""So many messages about are of the days that a question names: what has to be read."""


@dataclass(frozen=True)
class Kind:
    """A kind of question: its words, the type of its answer, and the answer."""

    words: str
    type: Any
    answer: Callable[[Text, Told], Any]


def draw_names(random: Random, tokens: int) -> dict[str, Any]:
    """What a question names. Its days are so many that about `TO_READ` messages are of them."""
    days = min(DAYS, max(1, round(TO_READ * DAYS / count_letters(tokens))))
    first = random.randrange(DAYS - days + 1)
    return {
        "place": random.choice(PLACES),
        "topic": random.choice(list(TOPICS)),
        "first": first,
        "last": first + days - 1,
        "from": day_name(first),
        "to": day_name(first + days - 1),
    }


def _of_days(text: Text, told: Told) -> Iterator[Letter]:
    return (x for x in text.letters if told["first"] <= x.day <= told["last"] and x.topic)


def _key(text: Text, told: Told) -> int:
    return text.keys[told["place"]]


def _count(text: Text, told: Told) -> int:
    return sum(letter.topic == told["topic"] for letter in _of_days(text, told))


def _pairs(text: Text, told: Told) -> list[list[int]]:
    persons = {x.person for x in _of_days(text, told) if x.topic == told["topic"]}
    return [list(pair) for pair in itertools.combinations(sorted(persons), 2)]


def _by_topic(text: Text, told: Told) -> dict[str, int]:
    counts = Counter(letter.topic for letter in _of_days(text, told))
    return {topic: counts[topic] for topic in TOPICS}


KINDS: dict[str, Kind] = {
    "needle": Kind("What is the number of the key that opens the {place}?", int, _key),
    "count": Kind(
        "How many messages from {from} to {to} (both included) are about {topic}?", int, _count
    ),
    "pairs": Kind(
        "Which pairs of persons have each written about {topic} from {from} to {to} (both"
        " included)? Every such pair of two different persons, as [smaller number, larger number],"
        " sorted.",
        list[list[int]], _pairs,
    ),
    "by-topic": Kind(
        "How many messages from {from} to {to} (both included) are about each topic? All of the"
        " topics, those without any as 0.",
        dict[str, int], _by_topic,
    ),
}  # fmt: skip
