"""Which processes a test has started."""

from __future__ import annotations

from contextlib import suppress

import psutil


def running(word: str, *, recursive: bool = False) -> list[psutil.Process]:
    """Those below this process that run and have `word` in their command line."""
    below = psutil.Process().children(recursive=recursive)
    return [process for process in below if _has(process, word)]


def _has(process: psutil.Process, word: str) -> bool:
    with suppress(psutil.Error):  # it ended while it was looked at
        return any(word in part for part in process.cmdline())
    return False
