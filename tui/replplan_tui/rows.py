"""From an entry of a notebook to its lines, and the rows that these take.

How many rows an entry takes is found without styling it, so that thousands of entries can be laid
out at once and only those in sight are styled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rich.cells import cell_len, chop_cells
from textual.strip import Strip

from replplan.console.items import Item
from replplan_tui.page import Entry, Mark
from replplan_tui.palette import Piece, highlight
from replplan_tui.pictures import picture

GUTTER = 9
FOLDED_OUTPUT, FOLDED_ERROR = 14, 2
_ARROW = " → "
_WORDS = ("prose", "about", "title", "world", "limit", "failed", "fact", "good", "bad", "answered")


@dataclass(frozen=True)
class Sight:
    """How a notebook is looked at.

    Attributes:
        width: cells of a row.
        moment: as it stood then; None for now.
        hidden: kinds of items that are left out.
        unfolded: the entries, by their moments, of which all is shown.
        find: text to mark.
    """

    width: int
    moment: int | None = None
    hidden: frozenset[str] = frozenset()
    unfolded: frozenset[int] = frozenset()
    find: str = ""


@dataclass(slots=True)
class Line:
    """A line before it is broken into rows."""

    gutter: str
    pieces: tuple[Piece, ...]
    gutter_style: str = "dim"
    on_cell: bool = False
    strip: Strip | None = field(default=None)

    @property
    def text(self) -> str:
        """Its text without the gutter."""
        return "".join(text for text, _ in self.pieces)


def lines_of(entry: Entry, sight: Sight, *, plain: bool = False) -> list[Line]:
    """The lines of an entry; `plain` where only their lengths matter."""
    lines: list[Line] = []
    for place, mark in enumerate(entry.at(sight.moment)):
        if mark.item.kind not in sight.hidden:
            if plain and mark.item.kind == "code":
                lines += [Line("", ((text, ""),)) for text in mark.item.text.split("\n")]
            else:
                lines += _lines(entry, mark, sight)
        if entry.skipped and place == 59:
            more = f"… {entry.skipped:,} more calls in the trace"
            lines += _note(more, sight)
    if lines:
        lines.append(Line("", ()))
    return lines


def height(lines: list[Line], width: int) -> int:
    """The rows that lines take."""
    room = max(width - GUTTER, 8)
    return sum([_rows_of(line, room) for line in lines])


def row_of(text: str, entry: Entry, sight: Sight) -> int | None:
    """The row of an entry where a text begins, in small letters or large; None where it is not."""
    lines, small = lines_of(entry, sight), text.lower()
    for number, line in enumerate(lines):
        if small in line.text.lower():
            return height(lines[:number], sight.width)
    return None


def height_of(entry: Entry, sight: Sight) -> int:
    """The rows that an entry takes as it stands now: what `lines_of` and `height` come to,
    found without making lines where each of its parts is short."""
    rows, room = 0, max(sight.width - GUTTER, 8)
    if not entry.skipped:
        for mark in entry.marks:
            if mark.item.kind in sight.hidden:
                continue
            of_mark = _short(mark, room)
            if not of_mark:
                break
            rows += of_mark
        else:
            return rows + 1 if rows else 0
    return height(lines_of(entry, sight, plain=True), sight.width)


def _short(mark: Mark, room: int) -> int:
    """The rows of a part, each of whose lines surely fits in one; 0 where that is not sure."""
    item = mark.item
    size = len(item.text)
    if mark.display is not None or item.kind == "error" or not item.text.isascii():
        return 0
    if item.kind == "call":
        reply, times = item.reply or "", len(_times(mark))
        return int(size + len(_ARROW) + len(reply) + times <= room and reply.isascii())
    rows = item.text.count("\n") + 1
    if rows > FOLDED_OUTPUT:
        return 0
    if size <= room:
        return rows
    return rows if rows > 1 and max(map(len, item.text.split("\n"))) <= room else 0


def _rows_of(line: Line, room: int) -> int:
    if line.strip is not None:
        return 1
    text = line.pieces[0][0] if len(line.pieces) == 1 else line.text
    size = len(text) if text.isascii() else cell_len(text)
    if size <= room:
        return 1
    return -(-size // room) if text.isascii() else len(chop_cells(text, room))


def _lines(entry: Entry, mark: Mark, sight: Sight) -> Iterator[Line]:
    item = mark.item
    match item.kind:
        case "code":
            yield from _code(item)
        case "call":
            yield from _between_words(_call(mark), sight.width)
        case "opened" | "answered" | "failed" if mark.link:
            yield from _between_words(_linked(item), sight.width)
        case "output":
            yield from _folded(item, entry, sight, FOLDED_OUTPUT)
        case "error":
            yield from _error(item, entry, sight)
        case _:
            yield from _text(item, sight.width)
    if mark.display is not None:
        yield from (Line("", (), strip=s) for s in picture(mark.display, sight.width - GUTTER))


def _gutter(label: str) -> str:
    return f"{label[: GUTTER - 2]:>{GUTTER - 1}} "


def _code(item: Item) -> Iterator[Line]:
    label = item.label
    for pieces in highlight(item.text):
        yield Line(_gutter(label), pieces, "link", on_cell=True)
        label = ""


def _call(mark: Mark) -> Line:
    item = mark.item
    arrow, style = (" ✗ ", "error") if item.wrong else (_ARROW, "dim")
    reply = (item.reply or "", "error" if item.wrong else "output")
    pieces = ((item.text, "call"), (arrow, style), reply, (_times(mark), "dim"))
    return Line(_gutter(item.label), pieces, "ask" if item.label == "ask" else "act")


def _times(mark: Mark) -> str:
    return f"  ×{mark.count}" if mark.count > 1 else ""


def _linked(item: Item) -> Line:
    sign = {"opened": "▶", "answered": "◀", "failed": "✗"}[item.kind]
    return Line(_gutter(sign), ((item.text, item.kind),), item.kind)


def _folded(item: Item, entry: Entry, sight: Sight, most: int) -> Iterator[Line]:
    lines = item.text.split("\n")
    more = len(lines) - most
    if more > 1 and entry.moment not in sight.unfolded:
        head = most - most // 3
        note = f"… {more:,} more lines, Enter unfolds"
        yield from _plain(item, lines[:head])
        yield from _note(note, sight)
        yield from _plain(item, lines[len(lines) - most // 3 :], label="")
    else:
        yield from _plain(item, lines)


def _error(item: Item, entry: Entry, sight: Sight) -> Iterator[Line]:
    """A traceback folded to its last line, which says what went wrong."""
    lines = item.text.split("\n")
    if len(lines) > FOLDED_ERROR and entry.moment not in sight.unfolded:
        yield from _plain(item, lines[-1:])
        yield from _note(f"… {len(lines) - 1} lines of traceback, Enter unfolds", sight)
    else:
        yield from _plain(item, lines)


def _note(text: str, sight: Sight) -> Iterator[Line]:
    return _between_words(Line("", ((text, "dim"),)), sight.width)


def _text(item: Item, width: int) -> Iterator[Line]:
    lines: Iterable[str] = item.text.split("\n")
    if item.kind in _WORDS:
        lines = (row for text in lines for row in wrapped(text, max(width - GUTTER, 8)))
    yield from _plain(item, lines)


def _plain(item: Item, lines: Iterable[str], label: str | None = None) -> Iterator[Line]:
    shown = item.label if label is None else label
    for text in lines:
        style = item.kind if item.kind in ("error", "limit", "failed", "answered") else "dim"
        yield Line(_gutter(shown), ((text, item.kind),), style)
        shown = ""


def _between_words(line: Line, width: int) -> Iterator[Line]:
    """A line of pieces as lines that are broken between words."""
    pieces, gutter = list(line.pieces), line.gutter
    for row in wrapped(line.text, max(width - GUTTER, 8)):
        yield Line(gutter, tuple(_taken(pieces, len(row))), line.gutter_style)
        while pieces and pieces[0][0][:1] in ("", " "):  # at the break
            pieces[:1] = [(pieces[0][0][1:], pieces[0][1])] if pieces[0][0] else []
        gutter = ""


def _taken(pieces: list[Piece], size: int) -> Iterator[Piece]:
    """So many characters of pieces, taken away from their beginning."""
    while size > 0 and pieces:
        text, style = pieces.pop(0)
        if len(text) > size:
            pieces.insert(0, (text[size:], style))
        yield text[:size], style
        size -= len(text)


def wrapped(text: str, width: int) -> list[str]:
    """A line broken between words; longer words stay whole."""
    if len(text) <= width:
        return [text]
    rows, row = [], ""
    for word in text.split(" "):
        if row and cell_len(row) + cell_len(word) + 1 > width:
            rows.append(row)
            row = word
        else:
            row = f"{row} {word}" if row else word
    return [*rows, row]
