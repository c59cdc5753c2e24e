"""From the lines of a notebook to styled rows of a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from textual.strip import Strip

from replplan_tui.page import Entry
from replplan_tui.palette import Palette, Piece
from replplan_tui.rows import GUTTER, Line, Sight


@dataclass(frozen=True)
class Frame:
    """What stands around the rows of an entry.

    Attributes:
        bar: the sign at their left.
        style: the name of its style.
        chosen: they stand on the ground of what is under the cursor.
    """

    bar: str = " "
    style: str = "dim"
    chosen: bool = False


def state_of(entry: Entry, moment: int | None) -> str:
    """How a cell stood at a moment, as the name of a style; empty for what is no cell."""
    if entry.kind not in ("turn", "own"):
        return ""
    if entry.end is None or (moment is not None and moment < entry.end):
        return "live"
    return "bad" if entry.wrong else "good"


def bar_of(state: str, chosen: bool) -> tuple[str, str]:
    """The sign at the left of an entry, and the name of its style."""
    return "▌" if chosen else "│" if state else " ", state or "dim"


def strips_of(lines: list[Line], sight: Sight, palette: Palette, frame: Frame) -> list[Strip]:
    """The rows of lines, styled and as wide as the notebook."""
    bar = Segment(frame.bar, palette.on_row(frame.style, chosen=frame.chosen))
    return [strip for line in lines for strip in _strips(line, sight, palette, bar, frame.chosen)]


def _strips(
    line: Line, sight: Sight, palette: Palette, bar: Segment, chosen: bool
) -> Iterator[Strip]:
    room, on_cell, styled = max(sight.width - GUTTER, 8), line.on_cell, palette.on_row
    gutter = Segment((line.gutter or " " * GUTTER)[1:], styled(line.gutter_style, False, chosen))
    if line.strip is not None:
        drawn = Strip([gutter, *line.strip]).apply_style(styled("", False, chosen))
        rest = Segment(" " * (room - line.strip.cell_length), styled("", False, chosen))
        yield Strip([bar, *drawn, rest], GUTTER + room)
        return
    for row, left in _broken(_marked(line.pieces, sight.find), room):
        segments = [bar, gutter]
        segments += [Segment(text, styled(style, on_cell, chosen)) for text, style in row]
        if left > 0:
            segments.append(Segment(" " * left, styled("", on_cell, chosen)))
        yield Strip(segments, GUTTER + room - min(left, 0))
        gutter = Segment(" " * (GUTTER - 1), styled("", False, chosen))


def _marked(pieces: tuple[Piece, ...], find: str) -> Iterator[Piece]:
    """Pieces with what was searched for in a style of its own."""
    if not find:
        yield from pieces
        return
    small = find.lower()
    for text, style in pieces:
        start, low = 0, text.lower()
        while len(low) == len(text) and (at := low.find(small, start)) >= 0:
            yield text[start:at], style
            yield text[at : at + len(find)], f"found:{style}"
            start = at + len(find)
        yield text[start:], style


def _broken(pieces: Iterable[Piece], room: int) -> Iterator[tuple[list[Piece], int]]:
    """Pieces as rows of at most so many cells, each with the cells that it leaves; one row at
    least, though it is empty."""
    row: list[Piece] = []
    left = room
    for text, style in pieces:
        rest = text
        while rest:
            taken, rest = _cut(rest, left)
            if not taken and left < room:
                yield row, left
                row, left = [], room
                continue
            if not taken:  # no cell wide, or wider than a row
                taken, rest = rest[0], rest[1:]
            row.append((taken, style))
            left -= len(taken) if taken.isascii() else cell_len(taken)
            if rest:
                yield row, left
                row, left = [], room
    yield row, left


def _cut(text: str, room: int) -> tuple[str, str]:
    if text.isascii():
        return text[:room], text[room:]
    if cell_len(text) <= room:
        return text, ""
    first = chop_cells(text, room)[0] if room > 1 else ""
    return first, text[len(first) :]
