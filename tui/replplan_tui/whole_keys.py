"""A footer that shows no key in part."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey


class WholeKeys(Footer):
    """The keys for which there is room, the first ones first; help tells of all."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)

    def compose(self) -> ComposeResult:
        """As many as fit."""
        room = self.app.size.width
        for key in super().compose():
            if isinstance(key, FooterKey):
                room -= len(f"{key.key_display} {key.description} ")
            if room < -1:  # the last one needs no space behind it
                return
            yield key

    def on_resize(self) -> None:
        """Have as many as fit now."""
        self.refresh(recompose=True)
