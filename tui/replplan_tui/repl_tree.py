"""The tree of REPLs: what each is doing, its turns, what it has cost."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from replplan.console import words
from replplan.console.clean import one_line
from replplan.console.gauge import SPINNER
from replplan_tui.page import Doing, Page, SessionSpent
from replplan_tui.palette import palette_of
from replplan_tui.story import Story

_SIGNS: dict[Doing, tuple[str, str]] = {
    "waits": ("·", "dim"),
    "child": ("↳", "dim"),
    "person": ("‖", "limit"),
    "closed": ("✓", "good"),
    "failed": ("✗", "bad"),
}
MOST = 2000
"""REPLs that are shown."""


class ReplTree(Tree[str]):
    """The sessions of one plan; the data of a node is the session's id."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
        Binding("space", "screen.play", show=False),  # the tree's own would fold it
    ]

    def __init__(self) -> None:
        super().__init__("root", "root")
        self.root.expand()
        self.guide_depth = 2
        self._places: dict[str, TreeNode[str]] = {"root": self.root}
        self._labels: dict[str, tuple[object, ...]] = {}
        self._frame = 0

    def show(self, story: Story, moment: int | None, frame: int, asks: str = "") -> None:
        """Bring it up to date; `frame` moves the spinners, `asks` waits for a person."""
        self._frame = frame
        for path, page in story.pages.items():
            node = self._places.get(path) or self._add(path)
            if node is not None:
                self._label(node, page, moment, asks)

    def _add(self, path: str) -> TreeNode[str] | None:
        parent = self._places.get(path.rpartition("/")[0])
        if parent is None or len(self._places) >= MOST:
            return None
        parent.allow_expand = True
        node = parent.add(one_line(path.rpartition("/")[2]), path, expand=True, allow_expand=False)
        self._places[path] = node
        return node

    def _label(self, node: TreeNode[str], page: Page, moment: int | None, asks: str) -> None:
        doing, spent = page.doing.at(moment, "waits"), page.spent.at(moment, SessionSpent())
        doing = "person" if moment is None and page.path == asks else doing
        there = moment is None or page.opened <= moment
        working = doing in ("model", "cell")
        frame = self._frame if working and moment is None else 0
        state = (doing, spent, there, frame, self.app.theme)
        if self._labels.get(page.path) == state:
            return
        self._labels[page.path] = state
        node.set_label(self._text(page, doing, spent, there, frame))

    def _text(self, page: Page, doing: Doing, spent: SessionSpent, there: bool, frame: int) -> Text:
        palette = palette_of(self.app)
        sign, style = _SIGNS.get(doing, (SPINNER[frame % len(SPINNER)], "live"))
        cost = f" {words.money(spent.cost)}" if spent.cost else ""
        turns = f" {spent.turns}" if spent.turns else ""
        if not there:
            return Text(f"  {one_line(page.name)}", palette.style("dim"))
        return Text.assemble(
            (f"{sign} ", palette.style(style)),
            one_line(page.name),
            (turns + cost, palette.style("dim")),
        )

    def render_label(self, node: TreeNode[str], base_style: Style, style: Style) -> Text:
        """The label as it is, on the ground of its row."""
        label = node.label.copy() if isinstance(node.label, Text) else Text(str(node.label))
        label.stylize(style) if node is self.cursor_node else label.stylize(base_style, 0, 0)
        return label

    def go_to(self, path: str) -> None:
        """Put the cursor on a session."""
        node = self._places.get(path)
        if node is not None and node is not self.cursor_node:
            self.move_cursor(node)
