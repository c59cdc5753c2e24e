"""Long texts in parts that a model can read one at a time."""

from __future__ import annotations

from collections.abc import Iterator

_ENDS = ("\n\n", "\n", ". ", " ")
"""Where a part may end, the best first: a paragraph, a line, a sentence, a word."""

_OVERLAP = 20
"""One in so many characters of a part is the end of the part before it."""


def chunks(text: str, size: int) -> list[str]:
    """The text in parts of at most `size` characters, in order.

    A part ends with a paragraph where one ends in its second half, else with a line, a sentence or
    a word, else anywhere. Each begins with the last few lines or words of the one before, so that
    nothing is torn apart that the cut goes through.

    Raises:
        ValueError: no part can be that small.
    """
    if size < _OVERLAP:
        raise ValueError(f"a part of {size} characters is too small: at least {_OVERLAP}")
    return list(_chunks(text, size))


def _chunks(text: str, size: int) -> Iterator[str]:
    begin = 0
    while len(text) - begin > size:
        end = _end(text, begin + size // 2, begin + size)
        yield text[begin:end]
        begin = _begin(text, end - size // _OVERLAP, end)
    yield text[begin:]


def _end(text: str, first: int, last: int) -> int:
    """The best place to end a part, not before `first` and not after `last`."""
    for mark in _ENDS:
        at = text.rfind(mark, first, last)
        if at >= 0:
            return at + len(mark)
    return last


def _begin(text: str, first: int, last: int) -> int:
    """Where the next part begins: after the first line end or blank of the overlap."""
    for mark in _ENDS[1:]:
        at = text.find(mark, first, last)
        if 0 <= at < last - len(mark):
            return at + len(mark)
    return last
