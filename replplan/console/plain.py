"""The plain view: a plan as lines without any escape code, for pipes and logs."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TextIO

from replplan.console.clean import one_line
from replplan.console.items import Item, Teller
from replplan.console.view import View
from replplan.events import Event

log = logging.getLogger(__name__)


class PlainView(View):
    """Writes each event as lines, at once; those of a child begin with its session's path.

    `trace` is the path of the trace, shown at the end; it may be set while the plan runs. A stream
    that breaks (a closed pipe) ends the view, not the plan.
    """

    def __init__(self, stream: TextIO, *, trace: str | Path | None = None) -> None:
        self._stream: TextIO | None = stream
        self._teller = Teller()
        self._teller.trace = trace
        self._repeats: dict[str, tuple[Item, int]] = {}
        self._lock = threading.Lock()

    @property
    def trace(self) -> str | Path | None:
        """The path of the trace."""
        return self._teller.trace

    @trace.setter
    def trace(self, trace: str | Path | None) -> None:
        self._teller.trace = trace

    def close(self) -> None:
        """Say what is still held back, and where the trace is."""
        with self._lock:
            lines = [line for session in list(self._repeats) for line in self._repeated(session)]
            told = [line for item in self._teller.where() for line in _lines(item)]
            self._write(lines + told)

    def __call__(self, event: Event) -> None:
        """Write what there is to say of an event."""
        with self._lock:
            items = self._teller.tell(event)
            if items:
                self._write(self._told(event.session, items))

    def _told(self, session: str, items: list[Item]) -> list[str]:
        last, count = self._repeats.get(session, (None, 0))
        if [last] == items:
            self._repeats[session] = (items[0], count + 1)
            return []
        lines = self._repeated(session)
        if items[-1].kind == "call":
            self._repeats[session] = (items[-1], 1)
        prefix = "" if session == "root" else f"{one_line(session)} | "
        return lines + [prefix + line for item in items for line in _lines(item)]

    def _repeated(self, session: str) -> list[str]:
        """What is owed for calls that were not written again."""
        item, count = self._repeats.pop(session, (None, 0))
        if item is None or count < 2:
            return []
        prefix = "" if session == "root" else f"{one_line(session)} | "
        return [f"{prefix}  {item.label}: the same, {count} times in all"]

    def _write(self, lines: list[str]) -> None:
        if self._stream is None or not lines:
            return
        text = "\n".join(lines) + "\n"
        try:
            encoding = getattr(self._stream, "encoding", None) or "utf-8"
            self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
            self._stream.flush()
        except (OSError, ValueError) as error:
            log.warning("The view of the plan ends, its stream is broken: %s", error)
            self._stream = None


def _lines(item: Item) -> list[str]:
    first, *rest = item.text.split("\n")
    mark = " -> error: " if item.wrong else " -> "
    reply = "" if item.reply is None else mark + item.reply
    inset = " " * len(item.gutter)
    return [item.gutter + first + reply, *((inset + line).rstrip() for line in rest)]
