"""From a text to the terms it is found by, as Lucene's English analyser makes them."""

from __future__ import annotations

from functools import lru_cache

from replplan_domains.webshop.search.porter import stem
from replplan_domains.webshop.search.words import words

_STOP = (
    "a an and are as at be but by for if in into is it no not of on or such that the their then"
    " there these they this to was will with"
)
STOP_WORDS = frozenset(_STOP.split())


def analyse(text: str) -> list[str]:
    """The terms of a text, in its order, with repeats."""
    return [term for word in words(text) if (term := _term(word))]


@lru_cache(maxsize=1 << 18)
def _term(word: str) -> str:
    """A word without a possessive 's, in lower case, stemmed; nothing for a stop word."""
    if len(word) >= 2 and word[-1] in "sS" and word[-2] in "'\u2019\uff07":
        word = word[:-2]
    # Lower case is made letter by letter, as Java does it.
    word = word.lower() if word.isascii() else "".join(c.lower()[0] for c in word)
    return "" if word in STOP_WORDS else stem(word)
