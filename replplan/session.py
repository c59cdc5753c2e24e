"""One REPL of a plan: its transcript, its place in the tree."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from replplan.cell import Answer
from replplan.kernel import Repl
from replplan.model import Message
from replplan.transcript import Part, Transcript


@dataclass
class Session:
    """A REPL and all that its model has seen of it.

    Attributes:
        id: its path in the tree, such as "root/find_and_take"; a second REPL of the same name
            under the same parent ends in "#2".
        name: the REPL's name: "root", or that of the undefined function.
        repl: where its cells run.
        parent: the session whose cell called it; None for the root.
        transcript: what its model has seen, and is to be told next.
        answer: what it answered in this entry.
        turns: model calls that were to write a cell, over all entries.
        entries: how often it was entered.
        repeating: its last turns came to the same.
        in_review: the cell of its last reply waits for somebody's verdict.
        midway: in a branch, a cell of its own is under way, which is to be seen out first.
        busy: held by whoever runs a cell in it.
    """

    id: str
    name: str
    repl: Repl
    parent: Session | None = None
    transcript: Transcript = field(default_factory=Transcript)
    answer: Answer | None = None
    turns: int = 0
    entries: int = 0
    repeating: bool = False
    in_review: bool = False
    midway: bool = False
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def depth(self) -> int:
        """0 for the root."""
        return 0 if self.parent is None else self.parent.depth + 1

    def tell(self, what: str | Part) -> None:
        """Have the model read this before its next turn; a plain text is a note, which stays."""
        self.transcript.tell(Part(what) if isinstance(what, str) else what)

    def said(self, text: str) -> None:
        """Enter what the model replied."""
        self.transcript.enter(Message(role="assistant", content=text))
