"""What of the user's own files cells see where it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mount:
    """A file or folder of the user that cells see at its own place.

    Attributes:
        path: where it is.
        writable: whether cells may change it.
    """

    path: Path
    writable: bool = False

    @classmethod
    def parse(cls, text: str) -> Mount:
        """Out of `DIR`, or `DIR:rw` for one that cells may change."""
        path, colon, how = text.rpartition(":")
        if colon and how in ("ro", "rw"):
            return cls(Path(path), writable=how == "rw")
        return cls(Path(text))
