"""What somebody may have meant by a word that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence that refuses a word: the known one that is most like it, if any is."""
    close = get_close_matches(word, [*known], 1)
    return f"; did you mean {close[0]}?" if close else ""
