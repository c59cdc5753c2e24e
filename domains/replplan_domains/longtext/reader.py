"""Who reads without error, for tests and benchmarks: the words of a message taken apart again."""

from __future__ import annotations

import json
import re
from functools import cache

from replplan_domains.longtext.words import OPENS, STREETS, TIMES, TOPICS

_PARTS = {
    "{street}": f"(?:{'|'.join(STREETS)})",
    "{house}": r"\d{1,3}",
    "{time}": f"(?:{'|'.join(TIMES)})",
    "{place}": r"(?P<place>[a-z ]+)",
    "{number}": r"(?P<number>\d{4})",
}


def _pattern(form: str) -> re.Pattern[str]:
    words = re.split(r"(\{\w+\})", form)
    return re.compile("".join(_PARTS.get(word, re.escape(word)) for word in words))


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((topic, _pattern(form)) for topic, forms in TOPICS.items() for form in forms)


def topics_of(words: str) -> set[str]:
    """The topics that a message is about: one, or none where it is about keys."""
    return {topic for topic, pattern in _patterns() if pattern.fullmatch(words)}


def key_in(words: str) -> tuple[str, int] | None:
    """A place and the number of the key that opens it, if the message says so."""
    for form in OPENS:
        if found := _pattern(form).fullmatch(words):
            return found["place"], int(found["number"])
    return None


def reply_to(prompt: str) -> str:
    """What a model without error replies to a question about messages, in JSON.

    The question is the last paragraph; the messages are the lines before it. It asks which key
    opens a place (or for every such key, of which a text may have none), or what the message, or
    each of the messages, is about.

    Raises:
        ValueError: it asks something else, or the messages do not tell.
    """
    before, _, question = prompt.rpartition("\n\n")
    messages = [line.rsplit(" | ", 1)[-1] for line in before.splitlines()]
    if "opens" in question:
        found = [key for key in map(key_in, messages) if key and key[0] in question]
        numbers = [number for _, number in found]
        return json.dumps(numbers if "every" in question else numbers[0])
    about = [next(iter(topics_of(message)), "keys") for message in messages]
    if "each" in question:
        return json.dumps(about)
    if len(about) != 1:
        raise ValueError(f"{len(about)} messages, and one is asked about: {prompt[:200]!r}")
    return json.dumps(about[0])
