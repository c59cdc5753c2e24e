"""What a scripted endpoint is told to say, and what it received."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]

PATIENCE = 120.0
"""Seconds after which a test that waits for something that never comes is given up."""


@dataclass(frozen=True)
class Said:
    """A completion. `finish` "length": cut off at its token limit. `after` holds it back.
    `thoughts` are told apart, before the text."""

    text: str = ""
    finish: str = "stop"
    after: threading.Event | None = None
    thoughts: str = ""


@dataclass(frozen=True)
class Refused:
    """An error with a status, in the JSON form that such endpoints give."""

    status: int
    message: str = "refused by the script"
    param: str | None = None
    code: str | None = None
    retry_after: float | None = None


@dataclass(frozen=True)
class Cut:
    """A stream that says `text` and breaks: the connection is lost, or an `error` is streamed, or
    it just ends in good form with no finish reason (`clean`)."""

    text: str = ""
    error: str | None = None
    clean: bool = False


@dataclass(frozen=True)
class Hang:
    """Says `text`, then nothing more until the client leaves or the endpoint is closed."""

    text: str = ""


@dataclass(frozen=True)
class Page:
    """A reply that is no completion at all, such as the page of a proxy."""

    content: str = "<html><body>Welcome</body></html>"
    kind: str = "text/html"
    status: int = 200


Told = str | Said | Refused | Cut | Hang | Page

Step = Told | Callable[[Body], Told]


@dataclass(frozen=True)
class Received:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: Body
