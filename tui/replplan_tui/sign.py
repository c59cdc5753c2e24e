"""A place for words that are told again and again."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Static


class Sign(Static):
    """Text that is drawn anew only where it is not what stands there already."""

    def __init__(self, id: str) -> None:  # noqa: A002 as Textual calls it
        super().__init__(id=id, markup=False)
        self._said: str | Text = ""

    def say(self, text: str | Text, *, layout: bool = True) -> None:
        """Show this; `layout` where it may take another number of rows than before."""
        if text != self._said:
            self._said = text
            self.update(text, layout=layout)
