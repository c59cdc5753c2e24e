"""What a notebook shows of a plan while it works, and when it has."""

from __future__ import annotations

import html
import threading
import uuid
from collections import deque
from typing import Any

from replplan.console import words
from replplan.console.items import Item, Teller
from replplan.events import Event, ModelReplied, PlanFinished, TextStreamed

_SHOWN = 12
"""Items that are shown while the plan works; all of them are, folded, at its end."""

_KEPT = 2000
_STYLE = {
    "code": "background:rgba(128,128,128,.12);padding:2px 6px",
    "error": "color:#c0392b", "failed": "color:#c0392b", "bad": "color:#c0392b;font-weight:bold",
    "rejected": "color:#c0392b", "good": "color:#1e8449;font-weight:bold",
    "prose": "font-style:italic", "about": "opacity:.7", "title": "font-weight:bold",
}  # fmt: skip


class Progress:
    """A sink, which takes events in one thread, and a display, which is shown in another.

    Everything shown is text, escaped: what a model writes is never taken for a page.
    """

    def __init__(self, shell: Any, heading: str) -> None:
        self._publish, self._heading = shell.display_pub.publish, heading
        self._in_place = getattr(shell, "kernel", None) is not None  # a terminal only ever adds
        self._id, self._lock = uuid.uuid4().hex, threading.Lock()
        self._teller, self._items = Teller(), deque[tuple[str, Item]](maxlen=_KEPT)
        self._news, self._shown, self._typed = True, False, 0
        self._status, self._over = "starting", False

    def __call__(self, event: Event) -> None:
        """Take up an event."""
        with self._lock:
            self._items.extend((event.session, item) for item in self._teller.tell(event))
            if isinstance(event, TextStreamed):
                self._typed += len(event.text)
            elif isinstance(event, ModelReplied):
                self._typed, usage = 0, event.usage
                turns, tokens = ("turns", usage.turns), ("tokens", usage.tokens)
                self._status = ", ".join(words.amount(*spent) for spent in (turns, tokens))
            elif isinstance(event, PlanFinished):
                self._over = True
            self._news = True

    def refresh(self) -> None:
        """Show what there is, if there is news."""
        with self._lock:
            if not self._news or not (self._in_place or self._over):
                return
            self._news = False
            data = {"text/plain": self._as_text(), "text/html": self._as_html()}
        self._publish(data, {}, transient={"display_id": self._id}, update=self._shown)
        self._shown = True

    def _now(self) -> str:
        if self._over:
            return ""
        return (
            f"{self._status}, {self._typed:,} characters of a reply"
            if self._typed
            else self._status
        )

    def _visible(self) -> list[tuple[str, Item]]:
        if self._over:
            return [pair for pair in self._items if pair[1].kind in ("good", "bad", "fact")]
        return list(self._items)[-_SHOWN:]

    def _as_text(self) -> str:
        lines = [self._heading, *(_text(*pair) for pair in self._visible()), self._now()]
        return "\n".join(line for line in lines if line)

    def _as_html(self) -> str:
        parts = [f"<div style='opacity:.7'>{html.escape(self._heading)}</div>"]
        parts += [_html(*pair) for pair in self._visible()]
        if self._over:
            inner = "".join(_html(*pair) for pair in self._items)
            parts.append(f"<details><summary>the plan's cells</summary>{inner}</details>")
        else:
            parts.append(f"<div>\N{HOURGLASS WITH FLOWING SAND} {html.escape(self._now())}</div>")
        return f"<div style='font-size:90%'>{''.join(parts)}</div>"


def _words(session: str, item: Item) -> str:
    where = "" if session == "root" else f"{session.rpartition('/')[2]} | "
    reply = "" if item.reply is None else f" -> {item.reply}"
    return f"{where}{item.gutter.strip()} {item.text}{reply}".strip()


def _text(session: str, item: Item) -> str:
    return _words(session, item)


def _html(session: str, item: Item) -> str:
    style = _STYLE.get(item.kind, "")
    depth = session.count("/")
    return (
        f"<pre style='margin:1px 0 1px {depth * 20}px;white-space:pre-wrap;{style}'>"
        f"{html.escape(_words(session, item))}</pre>"
    )
