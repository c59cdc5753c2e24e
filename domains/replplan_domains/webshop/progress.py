"""Says how far long work has come, where it is long."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds between two words. Work that is done sooner is done in silence."""

_LOOK = 1000
"""The clock is looked at once in so many things."""


class Progress:
    """Counts things as they pass. Its words are warnings, which are seen where none set up logs."""

    def __init__(self, what: str, patience: float = PATIENCE) -> None:
        self._what, self._patience = what, patience

    def watch(self, things: Iterable[T]) -> Iterator[T]:
        """The things as they are."""
        last, before = time.monotonic(), 0
        for number, thing in enumerate(things, 1):
            yield thing
            if number % _LOOK:
                continue
            passed = time.monotonic() - last
            if passed > self._patience:
                log.warning(
                    "building the shop, once: %s %s so far, %.0f a second",
                    f"{number:,}",
                    self._what,
                    (number - before) / passed,
                )
                last, before = time.monotonic(), number
