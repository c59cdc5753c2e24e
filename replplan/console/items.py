"""What there is to show of a plan, whatever it is shown on: events as items of harmless text."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import singledispatchmethod
from pathlib import Path
from typing import Literal

from replplan import events
from replplan.cell import Answer, CellResult
from replplan.console import fence, words
from replplan.console.clean import one_line, shortened
from replplan.showing import call_text, readable

Kind = Literal[
    "title", "fact", "prose", "code", "rejected", "call", "output", "value", "error", "limit",
    "world", "opened", "about", "answered", "failed", "good", "bad",
]  # fmt: skip


_PAGES = 64
"""A page of the world that was among the last so many is named, not shown again."""

_CUTS = {
    "length": "the completion was cut off at its greatest length",
    "content_filter": "the endpoint held the completion, or the rest of it, back",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to show. All its text is harmless; make it with `line` or `block`.

    Attributes:
        kind: what it is, which decides how it looks.
        text: one or more lines.
        label: the word, or the number of the turn, that stands before it.
        reply: for a call, what came back.
        wrong: a call that failed.
    """

    kind: Kind
    text: str
    label: str = ""
    reply: str | None = None
    wrong: bool = False

    @property
    def gutter(self) -> str:
        """What stands before the first line; further lines are set in as far."""
        if not self.label:
            return ""
        return f"{self.label} " if self.label[0] == "[" else f"  {self.label}: "


def line(kind: Kind, text: str, label: str = "", reply: str | None = None) -> Item:
    """An item of one line."""
    reply = None if reply is None else one_line(reply)
    return Item(kind, one_line(text), label, reply)


def block(kind: Kind, text: str, label: str = "", lines: int = 20) -> Item:
    """An item of several lines, the middle left out where they are too many."""
    return Item(kind, shortened(text, lines), label)


def said(answer: Answer) -> str:
    """An answer as Python writes it."""
    return repr(answer.value) if answer.exact else str(answer.value)


class Teller:
    """Turns events into items.

    It remembers the domain, each session's last completion, and the last pages of the world.
    """

    def __init__(self) -> None:
        self._domain = ""
        self._pages: deque[str] = deque(maxlen=_PAGES)
        self.trace: str | Path | None = None
        self._named: str | Path | None = None
        self._replies: dict[str, str] = {}

    def tell(self, event: events.Event) -> list[Item]:
        """What there is to show of an event; often nothing."""
        tell = _TELL.dispatcher.dispatch(type(event))
        told: list[Item] = tell(self, event)
        return [item for item in told if item.text or item.reply is not None]

    def where(self) -> list[Item]:
        """Where the trace lies, if that is known and has not been told yet."""
        if not self.trace or self.trace == self._named:
            return []
        self._named = self.trace
        return [Item("fact", one_line(str(self.trace), 4000), "trace")]

    @singledispatchmethod
    def _tell(self, event: events.BaseEvent) -> list[Item]:
        return []

    @_tell.register
    def _(self, event: events.PlanStarted) -> list[Item]:
        self._domain = event.domain
        return [
            block("title", event.goal, lines=12),
            line("about", words.setting(event)),
            line("about", words.allowed(event.limits), "limits"),
        ]

    @_tell.register
    def _(self, event: events.SessionOpened) -> list[Item]:
        if event.parent is None:
            return []
        call = event.call or f"{event.name}({', '.join(event.args)})"
        name = event.session.rpartition("/")[2]
        which = f", {name}" if name != event.name else ""
        again = f", entry {event.entry}" if event.entry > 1 else ""
        more = f"  ({(which + again).removeprefix(', ')})" if which or again else ""
        plain = [arg for arg in event.args if arg.replace("'", '"') not in call.replace("'", '"')]
        return [
            line("opened", call + more, "called"),
            block("about", event.comment, lines=4),
            line("about", ", ".join(event.args) if plain else "", "args"),
        ]

    @_tell.register
    def _(self, event: events.SessionClosed) -> list[Item]:
        self._replies.pop(event.session, None)
        if event.session == "root":  # the end of the plan tells of it
            return []
        if event.failure is not None:
            return [block("failed", event.failure, "failed", lines=6)]
        if event.answer is None:
            return [line("failed", "closed without an answer", "failed")]
        return [line("answered", said(event.answer), "answer")]

    @_tell.register
    def _(self, event: events.ModelReplied) -> list[Item]:
        if event.purpose == "ask":
            return []
        self._replies[event.session] = event.text
        cut = _CUTS.get(event.finish)
        return [line("limit", cut, "note")] if cut else []

    @_tell.register
    def _(self, event: events.CellStarted) -> list[Item]:
        reply = self._replies.pop(event.session, "")
        return [
            block("prose", fence.before_code(reply), lines=6),
            block(
                "code",
                (event.code.strip() and event.code) or "# an empty cell",
                f"[{event.turn}]",
                lines=100,
            ),
        ]

    @_tell.register
    def _(self, event: events.TurnRejected) -> list[Item]:
        reply = self._replies.pop(event.session, "").strip()
        number = f"[{event.turn}]"
        text = block("rejected", reply or "(no text)", number, lines=6)
        return [text, block("rejected", event.reason, "rejected", lines=4)]

    @_tell.register
    def _(self, event: events.AnswerRefused) -> list[Item]:
        return [block("rejected", event.reason, "answer refused", lines=4)]

    @_tell.register
    def _(self, event: events.CellFinished) -> list[Item]:
        result = event.result
        return [
            block("output", result.output, "out"),
            *(line("value", f"{shown.text} ({shown.mime})", "shown") for shown in result.displays),
            block("value", result.value or "", "value"),
            *_ends(result),
        ]

    @_tell.register
    def _(self, event: events.WorldReset) -> list[Item]:
        return [block("world", readable(self._domain, event.observation), "world", lines=10)]

    @_tell.register
    def _(self, event: events.Acted) -> list[Item]:
        acted = [*self._thought(event), *self._acted(event)]
        if not event.terminated and not event.truncated:
            return acted
        how = "ended" if event.terminated else "cut off by its own limit"
        return [*acted, line("world", f"{how}, reward {event.reward:g}", "world")]

    def _acted(self, event: events.Acted) -> list[Item]:
        """The action with what the world said: beside it, or below it where that is a page."""
        shown = readable(self._domain, event.observation)
        if shown == event.observation:
            return [line("call", event.action, "act", shown)]
        if shown in self._pages:
            return [line("call", event.action, "act", f"as before: {shown.partition(chr(10))[0]}")]
        self._pages.append(shown)
        return [line("call", event.action, "act"), block("world", shown, "world", lines=16)]

    @_tell.register
    def _(self, event: events.Asked) -> list[Item]:
        return [_called("ask", event.question, event.answer, event.error)]

    @_tell.register
    def _(self, event: events.FunctionCalled) -> list[Item]:
        called = _called("call", call_text(self._domain, event), event.value, event.error)
        return [*self._thought(event), called]

    def _thought(self, event: events.BaseEvent) -> list[Item]:
        """The completion that led to an action with no cell between the two."""
        reply = self._replies.pop(event.session, "").strip()
        return [block("prose", reply, lines=6)]

    @_tell.register
    def _(self, event: events.LimitReached) -> list[Item]:
        whose = "" if event.session == "root" else " of this session"
        return [line("limit", words.fallen(event) + whose, "limit")]

    @_tell.register
    def _(self, event: events.Resumed) -> list[Item]:
        return [line("fact", f"what {event.origin} holds is lived through first", "resumed")]

    @_tell.register
    def _(self, event: events.TranscriptFolded) -> list[Item]:
        return [line("fact", words.folded(event), "transcript")]

    @_tell.register
    def _(self, event: events.PlanFinished) -> list[Item]:
        answer = event.answer
        text = answer and (answer.value if isinstance(answer.value, str) else said(answer))
        score = event.score.value
        return [
            Item(words.verdict(event), one_line(words.outcome(event), 400)),
            line("fact", "" if score is None else f"{score:g}", "score"),
            block("fact", text or "", "answer"),
            line("fact", words.done(event.usage), "usage"),
            line("fact", words.spent(event.usage), "spent"),
            *self.where(),
        ]


_TELL = vars(Teller)["_tell"]
"""Asked for itself: as an attribute it is made anew for each event, and there are thousands."""


def _called(label: str, what: str, value: object, error: str | None) -> Item:
    if error is None:
        return line("call", what, label, repr(value))
    return Item("call", one_line(what), label, one_line(error), wrong=True)


def _ends(result: CellResult) -> list[Item]:
    """How a cell ended that did not end well."""
    found = []
    if result.stopped in ("timeout", "interrupt"):  # the end of the plan is told by itself
        how = {"timeout": "at its time limit", "interrupt": "by an interrupt from outside"}
        took = f" after {words.duration(result.seconds)}"
        found.append(line("limit", how[result.stopped] + took, "stopped"))
    if result.error:
        text = result.error.traceback or f"{result.error.name}: {result.error.message}"
        found.append(block("error", text, "error"))
    return found
