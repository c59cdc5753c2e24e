"""What the cells of sub-tasks print and show, kept until it is looked at."""

from __future__ import annotations

import sys
from typing import Any
from weakref import WeakKeyDictionary

from replplan_kernels.inside.runner import Outcome
from replplan_kernels.inside.runs import CellRun, current_run

_KEPT: WeakKeyDictionary[CellRun, Printed] = WeakKeyDictionary()


class Printed:
    """What one cell printed and showed, in order, and what came of it; `answer` by its repr."""

    def __init__(self) -> None:
        self.parts: list[str | tuple[dict[str, Any], dict[str, Any]]] = []
        self.outcome: Outcome | None = None
        self.answer: str | None = None

    @classmethod
    def of(cls, run: CellRun) -> Printed:
        """What this cell is going to print."""
        return _KEPT.setdefault(run, cls())

    def show(self) -> None:
        """Show it here and now."""
        from IPython.display import publish_display_data

        for part in self.parts:
            if isinstance(part, str):
                sys.stdout.write(part)
            else:
                publish_display_data(*part)  # type: ignore[no-untyped-call]
        if self.outcome and self.outcome.error:
            print(self.outcome.error["traceback"], file=sys.stderr)
        if self.answer is not None:
            print(f"answered {self.answer}")


def follow(shell: Any) -> None:
    """Keep what cells of sub-tasks print and show from now on; all else goes where it went."""
    publish = shell.display_pub.publish

    def publish_or_keep(data: Any, metadata: Any = None, **more: Any) -> None:
        kept = _here()
        if kept is None:
            publish(data, metadata, **more)
        else:
            kept.parts.append((data, metadata or {}))

    shell.display_pub.publish = publish_or_keep
    sys.stdout, sys.stderr = _Stream(sys.stdout), _Stream(sys.stderr)


class _Stream:
    """A stream that keeps what the cells of sub-tasks print, and is the one before it otherwise.

    An object of its own: IPython puts its own `write` into streams while a cell runs, and takes
    it out again.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Print it, or keep it."""
        kept = _here()
        if kept is None:
            self._stream.write(text)
        else:
            kept.parts.append(text)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _here() -> Printed | None:
    run = current_run()
    return _KEPT.get(run) if run else None
