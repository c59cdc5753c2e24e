"""A REPL of the kernel: a namespace, what was answered, and its children by name."""

from __future__ import annotations

import asyncio
import builtins
import itertools
import threading
from collections.abc import Callable
from typing import Any

from replplan_kernels.inside.history import History
from replplan_kernels.inside.json_form import answer_form
from replplan_kernels.inside.unwinding import Answered

Names = Callable[["Repl"], dict[str, Any]]
"""Makes the names that are bound in a REPL, new for each."""


class Arguments(tuple[Any, ...]):
    """What a sub-task was called with: values by position, and those by name as attributes."""

    kwargs: dict[str, Any]

    def __new__(cls, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> Arguments:
        """Take up the arguments of a call."""
        made = super().__new__(cls, args)
        made.__dict__.update(kwargs or {}, kwargs=kwargs or {})
        return made

    def __repr__(self) -> str:
        parts = [repr(value) for value in self]
        parts += [f"{name}={value!r}" for name, value in self.kwargs.items()]
        return f"({', '.join(parts)}{',' if len(parts) == 1 and not self.kwargs else ''})"


class Repl:
    """One REPL, the root's or a sub-task's.

    Attributes:
        number: unique in the kernel; 0 is the root.
        name: that of the sub-task, as it was called.
        parent: the REPL whose cell called it; None for the root.
        namespace: the variables of its cells.
        cells: how many cells it has run.
        flags: what `from __future__ import ...` of its cells switched on.
        arguments: of the present call.
        answer_form: the present turn's answer as JSON or as text; None before there is one.
        answer_value: the answer itself.
        in_turn: somebody waits for its answer.
        history: the cells that have run.
        runner: the event loop of its top-level awaits, where it is not the kernel's own.
    """

    _numbers = itertools.count()

    def __init__(self, name: str, namespace: dict[str, Any], parent: Repl | None = None) -> None:
        self.number = next(self._numbers)
        self.name, self.namespace, self.parent = name, namespace, parent
        self.cells = self.flags = 0
        self.history = History()
        self.arguments = Arguments()
        self.answer_form: dict[str, Any] | None = None
        self.answer_value: Any = None
        self.in_turn = False
        self.runner: asyncio.Runner | None = None
        self._children, self._lock = dict[str, list[Repl]](), threading.Lock()

    def begin_turn(self, arguments: Arguments | None = None) -> None:
        """Be called, or in the root: begin a cell. There is no answer yet."""
        self.arguments = arguments or Arguments()
        self.answer_form = self.answer_value = None
        self.in_turn = True

    def end_turn(self) -> Any:
        """The answer of this turn, which the REPL forgets."""
        value, self.answer_value, self.in_turn = self.answer_value, None, False
        return value

    def get_args(self) -> Arguments:
        """The arguments of the present call.

        Raises:
            RuntimeError: this is the root, which nobody called.
        """
        if self.parent is None:
            raise RuntimeError("get_args() is for sub-tasks: nobody called this REPL, the root")
        return self.arguments

    def answer(self, value: Any = None) -> None:
        """Record the answer of this turn and end the cell.

        Raises:
            Answered: always, but where there is an answer already or nobody waits for one.
        """
        form = answer_form(value)
        with self._lock:
            if not self.in_turn:
                raise RuntimeError(f"nobody waits for an answer of {self.name} any more")
            if self.answer_form is not None:
                raise RuntimeError(f"already answered {str(self.answer_form['value'])[:100]!r}")
            self.answer_form, self.answer_value = form, value
        raise Answered(self)

    def children(self) -> list[Repl]:
        """All of its children so far."""
        return [child for children in self._children.values() for child in children]

    def forget_children(self) -> None:
        """Have none: a further plan makes its own."""
        with self._lock:
            self._children.clear()

    def enter(self, name: str, names: Names) -> Repl:
        """The child of that name, in a turn; a new one while a call is inside the others."""
        with self._lock:
            children = self._children.setdefault(name, [])
            for child in children:
                if not child.in_turn:
                    break
            else:
                child = Repl(name, {"__name__": "__main__", "__builtins__": builtins}, self)
                child.namespace.update(names(child))
                children.append(child)
            child.in_turn = True
            return child
