"""What is closed when the `with` that it stands in is left."""

from __future__ import annotations

from typing import Self


class Closing:
    """A context manager that is entered as it is and whose end is `close`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what it holds."""
