"""One REPL of a plan: its transcript, its place in the tree."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from replplan.cell import Answer
from replplan.kernel import Repl
from replplan.model import Digest, Message


@dataclass
class Session:
    """A REPL and all that its model has seen of it.

    Attributes:
        id: its path in the tree, such as "root/find_and_take"; a second REPL of the same name
            under the same parent ends in "#2".
        name: the REPL's name: "root", or that of the undefined function.
        repl: where its cells run.
        parent: the session whose cell called it; None for the root.
        messages: the transcript as the model saw it last. It only ever grows.
        answer: what it answered in this entry.
        sent: how many of them the sinks have been told of.
        digest: names the messages.
        turns: model calls that were to write a cell, over all entries.
        entries: how often it was entered.
        in_review: the cell of its last reply waits for somebody's verdict.
        busy: held by whoever runs a cell in it.
    """

    id: str
    name: str
    repl: Repl
    parent: Session | None = None
    messages: list[Message] = field(default_factory=list)
    answer: Answer | None = None
    turns: int = 0
    entries: int = 0
    sent: int = 0
    digest: Digest = field(default_factory=Digest)
    in_review: bool = False
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)
    _unsaid: list[str] = field(default_factory=list)

    @property
    def depth(self) -> int:
        """0 for the root."""
        return 0 if self.parent is None else self.parent.depth + 1

    @property
    def unsaid(self) -> tuple[str, ...]:
        """What the model is to read before its next turn."""
        return tuple(self._unsaid)

    def tell(self, text: str) -> None:
        """Have the model read this before its next turn."""
        self._unsaid.append(text)

    def prompt(self) -> tuple[Message, ...]:
        """The transcript, with what was told since as its last message."""
        if self._unsaid:
            self.enter(Message(role="user", content="\n\n".join(self._unsaid)))
            self._unsaid.clear()
        return tuple(self.messages)

    def said(self, text: str) -> None:
        """Enter what the model replied."""
        self.enter(Message(role="assistant", content=text))

    def enter(self, *messages: Message) -> None:
        """Put messages at the end of the transcript."""
        for message in messages:
            self.messages.append(message)
            self.digest.add(message)
