"""What ends a cell from outside its own code, and the errors of ours that a cell can catch."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any


class Unwinding(BaseException):
    """Not an `Exception`: no `except Exception` of a cell holds it."""


class Answered(Unwinding):
    """`answer` was called: the cell of that REPL is done."""

    def __init__(self, repl: object) -> None:
        super().__init__("answered")
        self.repl = repl


class PlanEnded(Unwinding):
    """The plan is over: every cell of the tree unwinds."""


class CellStopped(Unwinding):
    """The host stopped this cell. No `KeyboardInterrupt`: cells often catch those."""


class AskError(RuntimeError):
    """The model gave no usable answer to `ask`.

    `done` holds, for `ask.map`, the answers in order, an exception where there is none.
    """

    done: Sequence[Any] = ()


class SubtaskFailed(RuntimeError):
    """A sub-task came to its end without an answer."""


def host_error(kind: str, message: str) -> Exception:
    """The error that the host wants raised: of the class of that name, else a `RuntimeError`."""
    ours = {"AskError": AskError, "SubtaskFailed": SubtaskFailed}
    found = ours.get(kind) or getattr(builtins, kind, None)
    if isinstance(found, type) and issubclass(found, Exception):
        try:
            return found(message)
        except TypeError:  # a class that wants more than a message, such as UnicodeDecodeError
            pass
    return RuntimeError(message)
