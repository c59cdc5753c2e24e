"""Splitting a text into words as Lucene's StandardTokenizer does: Unicode's rules (UAX #29).

Each character gets a letter for its class; one regular expression over these letters then finds
the words.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 255
"""A longer word is chopped at this length into several."""

# fmt: off
_PICTURES = (
    (0xA9, 0xA9), (0xAE, 0xAE), (0x203C, 0x203C), (0x2049, 0x2049), (0x2122, 0x2122),
    (0x2139, 0x2139), (0x2194, 0x2199), (0x21A9, 0x21AA), (0x231A, 0x231B), (0x2328, 0x2328),
    (0x2388, 0x2388), (0x23CF, 0x23CF), (0x23E9, 0x23F3), (0x23F8, 0x23FA), (0x25AA, 0x25AB),
    (0x25B6, 0x25B6), (0x25C0, 0x25C0), (0x25FB, 0x25FE), (0x2600, 0x2605), (0x2607, 0x2612),
    (0x2614, 0x2685), (0x2690, 0x2705), (0x2708, 0x2712), (0x2714, 0x2714), (0x2716, 0x2716),
    (0x271D, 0x271D), (0x2721, 0x2721), (0x2728, 0x2728), (0x2733, 0x2734), (0x2744, 0x2744),
    (0x2747, 0x2747), (0x274C, 0x274C), (0x274E, 0x274E), (0x2753, 0x2755), (0x2757, 0x2757),
    (0x2763, 0x2767), (0x2795, 0x2797), (0x27A1, 0x27A1), (0x27B0, 0x27B0), (0x27BF, 0x27BF),
    (0x2934, 0x2935), (0x2B05, 0x2B07), (0x2B1B, 0x2B1C), (0x2B50, 0x2B50), (0x2B55, 0x2B55),
    (0x3030, 0x3030), (0x303D, 0x303D), (0x3297, 0x3297), (0x3299, 0x3299), (0x1F000, 0x1F0FF),
    (0x1F10D, 0x1F10F), (0x1F12F, 0x1F12F), (0x1F16C, 0x1F171), (0x1F17E, 0x1F17F),
    (0x1F18E, 0x1F18E), (0x1F191, 0x1F19A), (0x1F201, 0x1F20F), (0x1F21A, 0x1F21A),
    (0x1F22F, 0x1F22F), (0x1F232, 0x1F23A), (0x1F249, 0x1F3FA), (0x1F400, 0x1F53D),
    (0x1F546, 0x1F64F), (0x1F680, 0x1F6FF), (0x1F774, 0x1F77F), (0x1F7D5, 0x1F7FF),
    (0x1F80C, 0x1F8FF), (0x1F900, 0x1FAFF),
)
_MARKS = {
    "_": "_\u203f\u2040\u2054\u202f\uff3f",
    ":": ":\u00b7\u0387\u2027\uff1a",
    ",": ",;\u037e\u2044\uff0c\uff1b",
    ".": ".\u2018\u2019\u2024\uff07\uff0e",
    "'": "'",
    "Z": "\u200d",
    "K": "\u30fc",
    "E": "\u20e3\uff9e\uff9f" + "".join(map(chr, range(0x1F3FB, 0x1F400))),
    " ": "\u200b",
}
_RANGES = (
    ("h", ((0x3041, 0x309F),)),
    ("K", ((0x30A1, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9D))),
    ("H", ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x3FFFD), (0xF900, 0xFAFF),
           (0x3005, 0x3005), (0x3007, 0x3007))),
)
# fmt: on
_MARK_OF = {mark: kind for kind, marks in _MARKS.items() for mark in marks}

_WORD = re.compile(
    r"(?:L[EZ]*(?:[:.'][EZ]*(?=L))?|D[EZ]*(?:[,.'][EZ]*(?=D))?|_[EZ]*)+"  # letters, digits
    r"|(?:K[EZ]*(?:_[EZ]*(?=K))?)+"  # Katakana
    r"|[Hh][EZ]*"  # Han and Hiragana, one by one
    r"|(?:T[EZ]*)+"  # Thai and Lao
    r"|XE*(?:ZXE*)*|RR"  # pictures and flags
)


_JOINERS = "_EZ"


class _Classes(dict[int, str]):
    """The class of each code point, found when it is first met."""

    def __missing__(self, point: int) -> str:
        self[point] = kind = _classify(chr(point), point)
        return kind


def _classify(char: str, point: int) -> str:
    if char in _MARK_OF:
        return _MARK_OF[char]
    category = unicodedata.category(char)
    if 0x1F1E6 <= point <= 0x1F1FF:
        return "R"  # a regional indicator: two of them make a flag
    if category[0] != "L" and any(low <= point <= high for low, high in _PICTURES):
        return "X"
    if category == "Nd":
        return "D"
    if category in ("Mn", "Mc", "Me", "Cf"):
        return "E"
    return _script(category, point)


def _script(category: str, point: int) -> str:
    for kind, ranges in _RANGES:
        if any(low <= point <= high for low, high in ranges):
            return kind
    if category[0] == "L" and 0x0E00 <= point <= 0x0EFF:
        return "T"
    if category[0] == "L" or category == "Nl" or 0x24B6 <= point <= 0x24E9:
        return "L"
    return " "


_CLASSES = _Classes()


def words(text: str) -> list[str]:
    """The words of a text, as they are written."""
    classes = text.translate(_CLASSES)
    spans = [m.span() for m in _WORD.finditer(classes)]
    found = [text[a:b] for a, b in spans if classes[a] not in _JOINERS or _is_word(classes[a:b])]
    if any(b - a > LONGEST for a, b in spans):
        return [w[i : i + LONGEST] for w in found for i in range(0, len(w), LONGEST)]
    return found


def _is_word(classes: str) -> bool:
    """Whether there is anything in it beside what joins words."""
    return bool(classes.strip(_JOINERS))
