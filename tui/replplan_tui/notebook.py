"""A REPL's notebook on the screen: a virtual list, of which only the rows in sight are drawn."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from replplan.console import fence
from replplan.console.clean import harmless
from replplan_tui.page import Entry, Page
from replplan_tui.palette import highlight, palette_of
from replplan_tui.rows import GUTTER, Line, Sight, height, height_of, lines_of, row_of, wrapped
from replplan_tui.strips import Frame, bar_of, state_of, strips_of

_KEPT, _LIVE_ROWS, _STREAMED = 400, 20, 6000
_OF_HEIGHT = ("width", "hidden", "unfolded")


class Notebook(ScrollView, can_focus=True):
    """Shows a page as it stands, or stood. The entry under the cursor has a bar at its left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Cell up", show=False),
        Binding("down,j", "move(1)", "Cell down", show=False),
        Binding("g,home", "ends(0)", "First cell", show=False),
        Binding("G,end", "ends(1)", "Last cell, and follow", show=False),
        Binding("enter", "unfold", "Unfold", show=False),
    ]

    class Chosen(Message):
        """Another entry is under the cursor."""

    def __init__(self) -> None:
        super().__init__()
        self.page = Page("root")
        self.sight = Sight(80)
        self.cursor = 0
        self.following = True
        self._tops: list[int] = [0]
        self._versions: list[int] = []
        self._last = self._forgotten = 0
        self._live: list[Line] = []
        self._drawn: OrderedDict[tuple[object, ...], list[Strip]] = OrderedDict()

    # ------------------------------------------------------------------ what is shown
    def show(self, page: Page) -> None:
        """Turn to another page."""
        self.page, self.following, self._versions, self._tops = page, True, [], [0]
        self._forgotten = page.forgotten
        self._drawn.clear()
        self.cursor = 0
        self.refresh_page()

    def look(self, **changes: object) -> None:
        """Look at the page in another way: fields of `Sight`."""
        before = self.sight
        self.sight = replace(before, **changes)  # type: ignore[arg-type]
        if any(getattr(before, n) != getattr(self.sight, n) for n in _OF_HEIGHT):
            self._versions, self._tops = [], [0]
        self.refresh_page()

    def refresh_page(self) -> None:
        """Take up what has changed in the page."""
        self._lay_out()
        count = self._count
        total = self._tops[max(count - 1, 0)]
        if count:
            self._last = height(lines_of(self.page.entries[count - 1], self.sight), self._width)
        else:
            self._last = 0
        self._live = self._under_way()
        live = height(self._live, self._width)
        self.virtual_size = Size(self._width, total + self._last + live)
        if self.following:
            self.cursor = max(0, count - 1)
            self.scroll_end(animate=False, immediate=True, force=True)
        self.cursor = min(self.cursor, max(0, count - 1))
        self.refresh()

    def _let_go(self) -> None:
        """Of the entries that the page has let go of; what is in sight stays where it is."""
        gone = min(self.page.forgotten - self._forgotten, len(self._versions))
        self._forgotten = self.page.forgotten
        if gone <= 0:
            return
        rows = self._tops[gone]
        del self._versions[:gone]
        self._tops = [top - rows for top in self._tops[gone:]]
        self.cursor = max(0, self.cursor - gone)
        if not self.following:  # who follows is taken to the end anyway, and goes on following
            self.scroll_relative(y=-rows, animate=False, immediate=True, force=True)

    def _lay_out(self) -> None:
        """Heights of all entries, from the first that is not as it was."""
        self._let_go()
        entries = self.page.entries
        start = min(len(self._versions), len(entries))
        while start and self._versions[start - 1] != entries[start - 1].version:
            start -= 1
        del self._versions[start:]
        del self._tops[start + 1 :]
        now = Sight(self._width, None, self.sight.hidden, self.sight.unfolded)
        for entry in entries[start:]:
            self._versions.append(entry.version)
            self._tops.append(self._tops[-1] + height_of(entry, now))

    @property
    def _count(self) -> int:
        """How many entries are in sight and laid out; the page may have more by now."""
        return min(self.page.count(self.sight.moment), len(self._versions))

    @property
    def _width(self) -> int:
        return self.sight.width

    def _under_way(self) -> list[Line]:
        """The completion as it comes, or the end of what the running cell prints."""
        page = self.page
        if self.sight.moment is not None:
            return []
        if page.proposed:
            signs = ["       ? ", *[""] * page.proposed.count("\n")]
            found = zip(signs, highlight(page.proposed), strict=False)
            return [Line(sign, pieces, "limit", on_cell=True) for sign, pieces in found]
        if page.output.strip():
            return self._last_rows("live", harmless(page.output).rstrip(), "     out ")
        if page.stream:
            return self._streamed("".join(page.stream)[-_STREAMED:])
        return []

    def _last_rows(self, style: str, text: str, gutter: str) -> list[Line]:
        room = max(self._width - GUTTER, 8)
        rows = [row for line in text.split("\n") for row in wrapped(line, room)][-_LIVE_ROWS:]
        return [Line("" if n else gutter, ((row, style),)) for n, row in enumerate(rows)]

    def _streamed(self, text: str) -> list[Line]:
        """A completion as far as it has come: what it says, and its code."""
        lines: list[Line] = []
        for part in fence.parts(text):
            shown = harmless(part.text)
            if part.kind == "code":
                last = "\n".join(shown.split("\n")[-_LIVE_ROWS:])
                lines += [Line("", pieces, on_cell=True) for pieces in highlight(last)]
            else:
                lines += self._last_rows("prose", shown, "")
        lines = lines[-_LIVE_ROWS:]
        if lines:
            lines[0].gutter, lines[0].gutter_style = "       … ", "live"
        return lines

    # ------------------------------------------------------------------ drawing
    def render_lines(self, crop: Region) -> list[Strip]:
        """Rows of the window as they are: they bring their ground, and have no border or padding,
        so that there is nothing that Textual would have to style anew in each frame."""
        strips = [self.render_line(y) for y in crop.line_range]
        for line_filter in self.get_line_filters():
            ground = self.background_colors[1]
            strips = [strip.apply_filter(line_filter, ground) for strip in strips]
        start, end = crop.column_span
        return (
            strips
            if start == 0 and end >= self.size.width
            else [s.crop(start, end) for s in strips]
        )

    def render_line(self, y: int) -> Strip:
        """One row of the window."""
        strip, width = self._row(y + self.scroll_offset.y), self.size.width
        if strip.cell_length == width:
            return strip
        ground = palette_of(self.app).ground
        return strip.extend_cell_length(width, ground).crop(0, width)

    def _row(self, row: int) -> Strip:
        count = self._count
        before = self._tops[max(count - 1, 0)]
        if row >= before + self._last or not count:
            at = row - before - self._last
            rows = strips_of(self._live, self.sight, palette_of(self.app), Frame())
        else:
            number = count - 1 if row >= before else bisect_right(self._tops, row) - 1
            at = row - self._tops[number]
            rows = self._strips(number, last=number == count - 1)
        return rows[at] if 0 <= at < len(rows) else self._blank

    @property
    def _blank(self) -> Strip:
        return Strip.blank(self._width, palette_of(self.app).ground)

    def _strips(self, number: int, *, last: bool) -> list[Strip]:
        """An entry's rows; the ones drawn last are kept."""
        entry, sight = self.page.entries[number], self.sight
        moment = sight.moment if last else None
        seen = len(entry.at(moment))
        folded, chosen = entry.moment in sight.unfolded, number == self.cursor
        looks = (sight.width, sight.hidden, sight.find, chosen, chosen and self.has_focus)
        state = state_of(entry, moment)
        key = (entry.moment, entry.version, seen, folded, state, *looks)
        if key not in self._drawn:
            then = replace(sight, moment=moment)
            frame = Frame(*bar_of(state, chosen), chosen and self.has_focus)
            self._drawn[key] = strips_of(lines_of(entry, then), then, palette_of(self.app), frame)
            if len(self._drawn) > _KEPT:
                self._drawn.popitem(last=False)
        return self._drawn[key]

    def notify_style_update(self) -> None:
        """Take the colours of another theme."""
        super().notify_style_update()
        self._drawn.clear()

    # ------------------------------------------------------------------ moving
    @property
    def chosen(self) -> Entry | None:
        """The entry under the cursor."""
        count = self._count
        return self.page.entries[min(self.cursor, count - 1)] if count else None

    def choose(self, number: int) -> None:
        """Put the cursor on an entry and bring it into sight."""
        count = self._count
        if not count:
            return
        self.cursor = max(0, min(number, count - 1))
        self.following = self.cursor == count - 1 and self.sight.moment is None
        top = self._tops[self.cursor]
        tall = self._tops[self.cursor + 1] - top
        self.scroll_to_region(
            Region(0, top, 1, min(tall, self.size.height)), animate=False, force=True
        )
        self.refresh()
        self.post_message(self.Chosen())

    def action_move(self, by: int) -> None:
        """To the next entry, or the one before; within a tall one by rows."""
        top, bottom = self._tops[self.cursor], self._tops[min(self.cursor + 1, len(self._tops) - 1)]
        window = self.scroll_offset.y, self.scroll_offset.y + self.size.height
        if by > 0 and bottom > window[1] and bottom - top > self.size.height:
            self.scroll_relative(y=self.size.height // 2, animate=False)
        elif by < 0 and top < window[0] and bottom - top > self.size.height:
            self.following = False
            self.scroll_relative(y=-self.size.height // 2, animate=False)
        else:
            self.choose(self.cursor + by)

    def action_ends(self, which: int) -> None:
        """To the first entry, or the last."""
        self.choose(len(self.page.entries) if which else 0)
        if which:
            self.scroll_end(animate=False, force=True)

    def action_unfold(self) -> None:
        """Show all of an entry, or fold it again."""
        entry = self.chosen
        if entry is not None:
            self.look(unfolded=self.sight.unfolded ^ {entry.moment})
            self.choose(self.cursor)

    def seek(self, number: int, text: str) -> None:
        """To a text in an entry, which is unfolded where the text is in what was folded."""
        self.choose(number)
        self.following = False
        entry, sight = self.page.entries[self.cursor], self.sight
        whole = replace(sight, unfolded=sight.unfolded | {entry.moment})
        if row_of(text, entry, sight) is None and row_of(text, entry, whole) is not None:
            self.look(unfolded=whole.unfolded)
        if (row := row_of(text, entry, self.sight)) is not None:
            place = Region(0, self._tops[self.cursor] + row, 1, 1)
            self.scroll_to_region(place, animate=False, force=True)

    def on_resize(self, event: events.Resize) -> None:
        """Lay it out anew."""
        self.look(width=self.scrollable_content_region.width)

    def on_click(self, event: events.Click) -> None:
        """Choose the entry that was clicked."""
        row = event.y + self.scroll_offset.y
        self.choose(bisect_right(self._tops, row) - 1)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolling up by hand ends the following."""
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value:
            self.following = self.following and new_value >= self.max_scroll_y - 1
        elif new_value >= self.max_scroll_y and self.sight.moment is None:
            self.following = True
