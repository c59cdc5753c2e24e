"""A table whose columns grow with what is in them."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import DataTable


class Table(DataTable[str]):
    """Rows to choose from.

    A cell that was painted before its column grew would stay cut: Textual keeps what it painted,
    whatever the width is by then.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "Open"),
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
        Binding("g", "scroll_top", show=False),
        Binding("G", "scroll_bottom", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(cursor_type="row", zebra_stripes=True)

    def watch_virtual_size(self) -> None:
        """A column has grown, or there are other rows: paint anew."""
        self.notify_style_update()
