"""How people write the same thing in many ways: dates, money, words, and nothing at all."""

from __future__ import annotations

from datetime import date
from random import Random

_NOTHING = ("", "N/A", "n/a", "-", "null")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class Pen:
    """Whoever filled a file: one way to write decimals, and no care in all else.

    No two values can be read as the same one: the day comes first where dots stand between the
    numbers of a date, and money always has two decimals.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self.comma = random.random() < 0.4

    def chance(self, share: float) -> bool:
        """True in that share of cases."""
        return self._random.random() < share

    def day(self, day: date) -> str:
        """A date in one of four forms."""
        forms = (
            day.isoformat(),
            f"{day.day:02}.{day.month:02}.{day.year}",
            f"{day.day} {_MONTHS[day.month - 1]} {day.year}",
            day.strftime("%Y/%m/%d"),
        )
        return self._random.choices(forms, (5, 2, 2, 1))[0]

    def money(self, cents: int | None) -> str:
        """An amount with two decimals; one of many ways to say that there is none."""
        if cents is None:
            return self._random.choice(_NOTHING)
        grouped = self.chance(0.5)
        text = f"{cents / 100:,.2f}" if grouped else f"{cents / 100:.2f}"
        if self.comma:
            text = text.translate(str.maketrans(",.", ".,"))
        return self._random.choice((text, text, f"{text} EUR", f"EUR {text}"))

    def word(self, word: str) -> str:
        """A word in some case, with blanks around it."""
        forms = (word, word, word, word.upper(), word.title(), f" {word}", f"{word}  ")
        return self._random.choice(forms)

    def number(self, number: int) -> str:
        """A whole number, at times with blanks or as a decimal."""
        return self._random.choices((str(number), f" {number}", f"{number}.0"), (8, 1, 1))[0]
