"""All that one cell printed, in a file, where it is more than the result holds."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import IO

LARGEST = 100_000_000
"""Characters of one cell that are kept in its file at most; a line at its end says so."""


class Spool:
    """Text as it comes. Only what is longer than `limit` characters makes a file.

    Args:
        path: of the file; its folder is made with it.
        limit: characters that need no file.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self.path, self.limit = path, limit
        self._size, self._first = 0, list[str]()
        self._file: IO[str] | None = None

    def write(self, text: str) -> None:
        """Add a piece of text, as it was printed.

        Raises:
            OSError: the file cannot be written.
        """
        if self._size >= LARGEST:
            return
        text = text[: LARGEST - self._size]
        self._size += len(text)
        if self._file is None and self._size <= self.limit:
            self._first.append(text)
            return
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w", encoding="utf-8", newline="")
            self._file.write("".join(self._first))
            self._first.clear()
        self._file.write(text)
        if self._size >= LARGEST:
            self._file.write(f"\n[... nothing is kept past {LARGEST:,} characters ...]\n")

    def twin(self, path: Path) -> Spool:
        """Another one at a path, with all that there is up to now."""
        twin = Spool(path, self.limit)
        twin._size, twin._first = self._size, list(self._first)
        if self._file is not None:
            self._file.flush()
            shutil.copyfile(self.path, path)
            twin._file = path.open("a", encoding="utf-8", newline="")
        return twin

    def close(self) -> Path | None:
        """End it; the file, if there is one."""
        if self._file is None:
            return None
        self._file.close()
        return self.path
