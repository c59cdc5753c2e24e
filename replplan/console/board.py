"""The state of a plan on the screen: what each session has under way, and what is finished.

It knows nothing of `rich`: it takes events, and gives blocks of items that are to scroll up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import Literal

from replplan import events
from replplan.console.clean import one_line
from replplan.console.items import Item, Teller, block

KEPT = 8000
"""Characters of a running cell's output that are kept for the screen."""

HEAD, MOST = 30, 50
"""Items of a block that are shown from its beginning, and in all."""


@dataclass
class Shown:
    """An item, and how often in a row it came."""

    item: Item
    count: int = 1


@dataclass
class Pane:
    """One session on the screen.

    `items` wait to scroll up, `skipped` of them were too many to keep. `text` is the completion
    as it comes, `output` the end of what the running cell printed, `children` those at work.
    """

    path: str
    items: list[Shown] = field(default_factory=list)
    skipped: int = 0
    text: list[str] = field(default_factory=list)
    output: str = ""
    turn: int = 0
    doing: Literal["nothing", "model", "cell"] = "nothing"
    children: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.parent, _, name = self.path.rpartition("/")
        self.name = one_line(name)
        self.depth = self.path.count("/")

    def add(self, item: Item) -> None:
        """Put an item at the end; a call like the one before it is counted instead."""
        last = self.items[-1] if self.items else None
        if last and item.kind == "call" and last.item == item:
            last.count += 1
            return
        self.items.append(Shown(item))
        if len(self.items) > MOST:
            self.skipped += self.items.pop(HEAD).count

    def take(self) -> list[Shown]:
        """Give all items away."""
        items, skipped, self.items, self.skipped = self.items, self.skipped, [], 0
        if skipped:
            more = Item("about", f"  … {skipped:,} more calls in the trace")
            items.insert(HEAD, Shown(more))
        return items


@dataclass(frozen=True)
class Block:
    """What scrolls up at once, of the session called `name`; `heading` stands above it."""

    name: str
    depth: int
    shown: list[Shown]
    heading: str = ""


class Board:
    """Follows a plan by its events, in whatever order they come."""

    def __init__(self) -> None:
        self.teller = Teller()
        self.current = Pane("root")
        self._panes = {"root": self.current}
        self._last: Pane | None = None

    @property
    def at_work(self) -> list[Pane]:
        """The sessions with something under way, but for those that wait for a child."""
        panes = self._panes.values()
        return [p for p in panes if p.items or (p.doing != "nothing" and not p.children)]

    def tell(self, event: events.Event) -> list[Block]:
        """Take an event, give back what is finished with it."""
        pane = self._pane(event.session)
        if isinstance(event, events.PlanFinished):
            return [*self.finish(), Block("", 0, [Shown(i) for i in self.teller.tell(event)])]
        blocks = self._open(pane) if isinstance(event, events.SessionOpened) else []
        if isinstance(event, events.SessionClosed):
            self._save_output(pane)
        for item in self.teller.tell(event):
            pane.add(item)
        self._note(event, pane)
        ended = isinstance(event, _ENDS) or (isinstance(event, _ASIDE) and pane.doing != "cell")
        return blocks + (self._flush(pane) if ended else [])

    def finish(self) -> list[Block]:
        """Give back all that is left; nothing is under way any more."""
        blocks = []
        for pane in list(self._panes.values()):
            self._save_output(pane)
            pane.doing = "nothing"
            blocks += self._flush(pane)
        return blocks

    def _pane(self, path: str) -> Pane:
        if path not in self._panes:
            self._panes[path] = Pane(path)
        return self._panes[path]

    def _open(self, pane: Pane) -> list[Block]:
        if not pane.parent:
            return []
        parent = self._pane(pane.parent)
        parent.children.add(pane.path)
        return self._flush(parent)

    def _save_output(self, pane: Pane) -> None:
        """Keep what a cell printed whose end was never told."""
        if pane.doing == "cell" and pane.output.strip():
            pane.add(block("output", pane.output, "out"))
        pane.output = ""

    def _flush(self, pane: Pane) -> list[Block]:
        if not pane.items:
            return []
        blocks = self._reentered(pane)
        heading = one_line(pane.path) if self._out_of_sight(pane) else ""
        self._last = pane
        return [*blocks, Block(pane.name, pane.depth, pane.take(), heading)]

    def _reentered(self, pane: Pane) -> list[Block]:
        """The parent's heading, where a child begins that does not stand below its parent."""
        last, begins = self._last, pane.items[0].item.kind == "opened"
        if not begins or last is None or pane.parent in (last.path, last.parent):
            return []
        parent = self._pane(pane.parent)
        return [Block(parent.name, parent.depth, [], one_line(parent.path))]

    def _out_of_sight(self, pane: Pane) -> bool:
        """Whether a reader could not tell whose items these are."""
        last, names_itself = self._last, pane.items[0].item.kind in ("opened", "answered")
        if names_itself or last is pane:
            return False
        if last is None:
            return pane.depth > 0
        return last.parent != pane.path or last.path in pane.children

    @singledispatchmethod
    def _note(self, event: events.BaseEvent, pane: Pane) -> None:
        """Keep what is under way in a session."""

    @_note.register
    def _(self, event: events.SessionClosed, pane: Pane) -> None:
        self._pane(pane.parent or "root").children.discard(pane.path)
        pane.doing, pane.text = "nothing", []

    @_note.register
    def _(self, event: events.ModelCalled, pane: Pane) -> None:
        if event.purpose == "turn":
            pane.doing, pane.text, self.current = "model", [], pane

    @_note.register
    def _(self, event: events.TextStreamed, pane: Pane) -> None:
        if pane.doing != "cell":  # in a cell it is the completion of an `ask`
            pane.doing = "model"
            pane.text.append(event.text)

    @_note.register
    def _(self, event: events.CellStarted, pane: Pane) -> None:
        pane.doing, pane.text, pane.output = "cell", [], ""
        pane.turn, self.current = event.turn, pane

    @_note.register
    def _(self, event: events.OutputStreamed, pane: Pane) -> None:
        pane.output = (pane.output + event.text)[-KEPT:]

    @_note.register
    def _(self, event: events.CellFinished, pane: Pane) -> None:
        pane.doing, pane.output, pane.turn = "nothing", "", event.turn

    @_note.register
    def _(self, event: events.TurnRejected, pane: Pane) -> None:
        pane.doing, pane.text, pane.turn = "nothing", [], event.turn


_ENDS = (events.CellFinished, events.TurnRejected, events.SessionClosed)
_ASIDE = (events.PlanStarted, events.WorldReset, events.LimitReached)
