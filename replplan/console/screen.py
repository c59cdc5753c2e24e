"""How items look on a terminal: rows of styled text, set in under their parents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.syntax import ANSISyntaxTheme, Syntax
from rich.text import Text

from replplan.console.board import Block, Pane, Shown
from replplan.console.clean import harmless, one_line
from replplan.console.fence import parts
from replplan.console.items import Item, Kind

NARROW = 72
"""Below this width a level is set in by two cells instead of four."""

_STYLES: dict[Kind, str] = {
    "title": "bold", "prose": "dim italic", "rejected": "dim", "error": "red", "limit": "yellow",
    "opened": "bold", "about": "dim", "answered": "green", "failed": "red",
    "good": "bold green", "bad": "bold red",
}  # fmt: skip
_LABELS: dict[str, str] = {
    "act": "cyan", "ask": "magenta", "call": "cyan", "error": "red", "limit": "yellow",
}  # fmt: skip
_BEGINS = ("prose", "code", "rejected", "good", "bad")
_HEADS = ("opened", "about", "prose")


# Colours that can be read on a dark ground and on a light one.
_THEME = ANSISyntaxTheme(
    {
        ("Comment",): Style(dim=True),
        ("Keyword",): Style(color="magenta"),
        ("Operator", "Word"): Style(color="magenta"),
        ("Literal", "String"): Style(color="green"),
        ("Literal", "Number"): Style(color="cyan"),
        ("Name", "Builtin"): Style(color="cyan"),
        ("Name", "Function"): Style(bold=True),
        ("Name", "Class"): Style(bold=True),
        ("Name", "Decorator"): Style(color="magenta"),
    }
)


@lru_cache(maxsize=64)
def _python(code: str) -> Text:
    text = Syntax("", "python", theme=_THEME).highlight(code)
    text.rstrip()
    text.no_wrap = False
    return text


def _unfinished(pane: Pane) -> Iterator[Item]:
    """The completion as it comes, or the last lines of what a cell prints."""
    if pane.output.strip():
        yield Item("output", "\n".join(harmless(pane.output).rstrip().split("\n")[-8:]), "out")
    if pane.doing != "model":
        return
    found = parts("".join(pane.text))
    if not found:
        yield Item("prose", "  …")
    for part in found:
        lines = harmless(part.text).split("\n")
        if part.kind == "code":
            yield Item("code", "\n".join(lines[-200:]), f"[{pane.turn + 1}]")
        else:
            yield Item("prose", "\n".join(lines[-6:]))


@dataclass(frozen=True)
class Page:
    """Where rows are laid out: a console, and the cells that a row may fill."""

    console: Console
    width: int

    def rows(self, block: Block) -> list[Text]:
        """A block, row by row."""
        rows: list[Text] = []
        if block.heading:
            rows += self._tied("├", block.depth, Text(f"{block.heading} goes on"), "dim")
        before = "opened" if block.heading else ""
        for shown in block.shown:
            kind = shown.item.kind
            if kind in _BEGINS and before not in (*_HEADS, kind):
                rows.append(Text(self._guides(block.depth).rstrip(), "dim"))
            rows += self._item(shown, block)
            before = kind
        return rows

    def under_way(self, pane: Pane, named: bool) -> list[Text]:
        """What a session has not finished, its path above it where it must be `named`."""
        named = named and not (pane.items and pane.items[0].item.kind == "opened")
        path = Text(one_line(pane.path))
        rows = self._tied("├", pane.depth, path, "dim") if named else []
        items = [*pane.items, *(Shown(item) for item in _unfinished(pane))]
        return rows + self.rows(Block(pane.name, pane.depth, items))

    def _item(self, shown: Shown, block: Block) -> list[Text]:
        item, depth = shown.item, block.depth
        if item.kind == "call":
            return [self._call(item, shown.count, depth)]
        if item.kind == "opened":
            return self._tied("┌", depth, Text(item.text), "bold")
        if depth and item.kind in ("answered", "failed"):
            mark = "->" if item.kind == "answered" else "failed:"
            end = Text(f"{block.name} {mark} {item.text}")
            return self._tied("└", depth, end, _STYLES[item.kind])
        return self._plain(item, depth)

    def _plain(self, item: Item, depth: int) -> list[Text]:
        """Label, then text; further lines stand under the first."""
        style = _STYLES.get(item.kind, "")
        body = _python(item.text) if item.kind == "code" else Text(item.text, style)
        guides, gutter = self._guides(depth), item.gutter
        label = Text(gutter, _LABELS.get(item.label, "dim"))
        room = self.width - cell_len(guides + gutter)
        lead, inset = Text(guides, "dim"), Text(guides + " " * len(gutter), "dim")
        first, *rest = self._lines(body, room)
        return [_joined(lead, label, first), *(_joined(inset, line) for line in rest)]

    def _tied(self, sign: str, depth: int, body: Text, style: str) -> list[Text]:
        """A row that begins, takes up or ends a session: its sign sits on the guide line."""
        body.style = style
        guides = self._guides(depth)
        first, *rest = self._lines(body, self.width - len(guides))
        lead = Text(guides[::-1].replace("│", sign, 1)[::-1], "dim")
        inset = Text(guides if sign != "└" else " ".join(guides.rsplit("│", 1)), "dim")
        return [_joined(lead, first), *(_joined(inset, line) for line in rest)]

    def _lines(self, body: Text, room: int) -> list[Text]:
        lines: list[Text] = []
        for line in body.split("\n", allow_blank=True):
            if line.cell_len <= room:
                lines.append(line)
            else:
                lines += line.wrap(self.console, max(room, 8), overflow="fold")
        return lines

    def _call(self, item: Item, count: int, depth: int) -> Text:
        """A call and what came back, cut so that both can be read in one row."""
        guides, label = Text(self._guides(depth), "dim"), Text(item.gutter, _LABELS[item.label])
        mark = "" if item.reply is None else " -> error: " if item.wrong else " -> "
        arrow = Text(mark, "red" if item.wrong else "dim")
        times = Text(f"  ×{count}" if count > 1 else "", "dim")
        call, reply = Text(item.text), Text(item.reply or "", "red" if item.wrong else "")
        taken = sum(part.cell_len for part in (guides, label, arrow, times))
        room = max(self.width - taken, 8)
        call.truncate(max(room - reply.cell_len, room // 2), overflow="ellipsis")
        reply.truncate(max(room - call.cell_len, 1), overflow="ellipsis")
        return _joined(guides, label, call, arrow, reply, times)

    def _guides(self, depth: int) -> str:
        """The lines of the parents; at most half the width is given to them."""
        unit = "  │ " if self.width >= NARROW else "│ "
        return unit * min(depth, self.width // 2 // len(unit))


@dataclass(frozen=True)
class Scrolled:
    """Blocks on their way up."""

    blocks: list[Block]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        page = Page(console, options.max_width)
        for block in self.blocks:
            yield from drawn(page.rows(block), console)


def drawn(rows: Iterable[Text], console: Console) -> Iterator[Segment]:
    """Rows as they are, without another look for where they break."""
    for row in rows:
        yield from row.render(console, end="\n")


def _joined(*texts: Text) -> Text:
    """Texts in a row, each in its own style."""
    return Text("").join(texts)
