"""What a model has seen of its session: messages that only grow, but for a rare fold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from replplan.cell import CellResult
from replplan.model import Digest, Message

_LINE = 100


@dataclass(frozen=True)
class Part:
    """One of the texts that a message of the user's side is put together from.

    Attributes:
        text: the text.
        kind: an "output" is what came of a turn and may be folded; a "call" is over when the
            session is called again; what is "said" of a turn is over with it; a "note" stays.
        line: of an output, its most telling line.
        number: of a cell's output, the number of the cell in its REPL.
        field: which field of the REPL's `history[number]` holds it.
    """

    text: str
    kind: Literal["output", "call", "said", "note"] = "note"
    line: str = ""
    number: int = 0
    field: str = "output"

    @classmethod
    def of_cell(cls, shown: str, result: CellResult) -> Part:
        """What is shown of a cell."""
        error = result.error
        line = f"{error.name}: {error.message}" if error else _first_line(shown)
        held = "output" if result.output else "error" if error else "value"
        return cls(shown, "output", _cut(line), result.number, held)

    @classmethod
    def of_world(cls, observation: str) -> Part:
        """What was observed without a cell."""
        return cls(observation, "output", _cut(_first_line(observation)))


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _cut(line: str) -> str:
    line = " ".join(line.split())
    return line if len(line) <= _LINE else line[: _LINE - 4] + " ..."


@dataclass
class Transcript:
    """The messages of a session.

    Attributes:
        messages: as the model saw them last; between folds they only grow.
        parts: what those of the user's side are made of, by their number; the opening has none.
        digest: names the messages.
        length: their characters.
        sent: how many of them the sinks have been told of.
        left_out: how many turns a fold has left out.
    """

    messages: list[Message] = field(default_factory=list)
    parts: dict[int, list[Part]] = field(default_factory=dict)
    digest: Digest = field(default_factory=Digest)
    length: int = 0
    sent: int = 0
    left_out: int = 0
    _unsaid: list[Part] = field(default_factory=list)

    def tell(self, part: Part) -> None:
        """Have the model read this before its next turn."""
        self._unsaid.append(part)

    def prompt(self) -> tuple[Message, ...]:
        """The messages, with what was told since as the last one."""
        if self._unsaid:
            self.parts[len(self.messages)] = self._unsaid
            self.enter(Message(role="user", content=joined(self._unsaid)))
            self._unsaid = []
        return tuple(self.messages)

    def enter(self, *messages: Message) -> None:
        """Put messages at the end."""
        for message in messages:
            self.messages.append(message)
            self.digest.add(message)
            self.length += message.length

    def become(self, prompt: tuple[Message, ...]) -> None:
        """Be this prompt, which is as it was recorded."""
        now = self.prompt()
        if now == prompt:
            return
        first = min(self.parts)
        parts = {}
        for number, message in enumerate(prompt):
            if message.role == "user" and number >= first:
                same = now[number : number + 1] == (message,)
                part = Part.of_world(message.content) if number > first else Part(message.content)
                parts[number] = self.parts[number] if same else [part]
        self.replace(list(prompt), parts)

    def copy(self, *, without_last: bool = False) -> Transcript:
        """Another one that goes on from here, or from before the last message."""
        messages = self.messages[:-1] if without_last else self.messages
        twin = Transcript(left_out=self.left_out)
        twin.replace(messages, {n: p for n, p in self.parts.items() if n < len(messages)})
        twin.sent, twin._unsaid = min(self.sent, len(messages)), list(self._unsaid)
        return twin

    def replace(self, messages: list[Message], parts: dict[int, list[Part]]) -> None:
        """Begin anew with these: the sinks know none of them."""
        self.messages, self.parts = [], parts
        self.digest, self.length, self.sent = Digest(), 0, 0
        self.enter(*messages)


def joined(parts: list[Part]) -> str:
    """The text of the message that parts make."""
    return "\n\n".join(part.text for part in parts)
