"""From a text to the terms it is found by, as Lucene's English analyser makes them."""

from __future__ import annotations

from replplan_domains.webshop.search.porter import stem
from replplan_domains.webshop.search.words import words

_STOP = (
    "a an and are as at be but by for if in into is it no not of on or such that the their then"
    " there these they this to was will with"
)
STOP_WORDS = frozenset(_STOP.split())


def analyse(text: str) -> list[str]:
    """The terms of a text, in its order, with repeats.

    Words without a possessive 's, in lower case, without stop words, stemmed.
    """
    terms = []
    for written in words(text):
        word = _plain(written)
        if word and word not in STOP_WORDS:
            terms.append(stem(word))
    return terms


def _plain(word: str) -> str:
    if len(word) >= 2 and word[-1] in "sS" and word[-2] in "'\u2019\uff07":
        word = word[:-2]
    if word.isascii():
        return word.lower()
    return "".join(c.lower()[0] for c in word)  # letter by letter, as Java does it
