"""What a cell can call: the host's functions and sub-tasks."""

from __future__ import annotations
import __future__

import builtins
import inspect
import reprlib
from collections.abc import Callable
from typing import Any

from replplan_kernels.inside.json_form import arguments_form
from replplan_kernels.inside.link import Conversation, Link
from replplan_kernels.inside.repl import Arguments, Names, Repl
from replplan_kernels.inside.runner import CellRunner
from replplan_kernels.inside.runs import CellRun, current_run
from replplan_kernels.inside.thaw import thaw
from replplan_kernels.inside.threads import in_thread
from replplan_kernels.inside.unwinding import SubtaskFailed

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 200


class CellFunction:
    """Something that a cell calls: `f(x)` waits for its value, `await f.aio(x)` awaits it."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Do it and wait for the value."""
        raise NotImplementedError

    async def aio(self, *args: Any, **kwargs: Any) -> Any:
        """The same call, awaited."""
        return await in_thread(self._link.break_off_thread, self, *args, **kwargs)

    def __repr__(self) -> str:
        return f"<function {getattr(self, '__name__', type(self).__name__)}>"


class HostFunction(CellFunction):
    """A function of the host by its name."""

    def __init__(self, link: Link, repl: Repl, described: dict[str, str]) -> None:
        super().__init__(link)
        self._repl = repl
        self.__name__ = self.__qualname__ = described["name"]
        self.__doc__ = described["doc"]
        signature = signature_of(described["signature"])
        if signature is not None:
            self.__signature__ = signature

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it and wait for its value.

        Raises:
            TypeError: an argument has no JSON form, or the value cannot be loaded here.
        """
        by_position, by_name = arguments_form(self.__name__, args, kwargs)
        frame = {"call": self.__name__, "repl": self._repl.number}
        reply = self._link.call(frame | {"args": by_position, "kwargs": by_name})
        return thaw(self.__name__, reply) if "pickle" in reply else reply["value"]


def signature_of(text: str) -> inspect.Signature | None:
    """The signature that a text such as `(action: str) -> str` gives; None if it gives none."""
    flags = __future__.annotations.compiler_flag
    namespace = dict[str, Any]()
    try:
        exec(compile(f"def f{text}: ...", "<signature>", "exec", flags), namespace)  # noqa: S102
        return inspect.signature(namespace["f"])
    except (SyntaxError, NameError, ValueError):
        return None


class Defined:
    """A definition that was found after all when an undefined name was called."""

    def __init__(self, found: Callable[..., Any]) -> None:
        self.found = found

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it as it is."""
        return self.found(*args, **kwargs)

    aio = __call__  # where it stands under `await`, what it returns is awaited


class Subtask(CellFunction):
    """What an undefined name stands for while it is being called."""

    def __init__(self, opener: SubtaskOpener, parent: Repl, name: str, text: str, comment: str):
        super().__init__(opener.link)
        self._opener, self._parent = opener, parent
        self.__name__, self._text, self._comment = name, text, comment
        self.limits: dict[str, Any] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Have it solved in the child REPL of that name.

        Raises:
            SubtaskFailed: it came to its end without an answer.
        """
        opener, arguments = self._opener, Arguments(args, kwargs)
        child = self._parent.enter(self.__name__, opener.names)
        try:
            child.begin_turn(arguments)
            opener.converse(child, self._frame(child, arguments))
            if child.answer_form is None:
                raise SubtaskFailed(f"{self.__name__} ended without an answer")
            return child.answer_value
        finally:
            child.end_turn()

    def _frame(self, child: Repl, arguments: Arguments) -> dict[str, Any]:
        shown = [_short.repr(value) for value in arguments]
        shown += [f"{name}={_short.repr(value)}" for name, value in arguments.kwargs.items()]
        return {
            "repl": child.number,
            "parent": self._parent.number,
            "name": self.__name__,
            "call": self._text or f"{self.__name__}({', '.join(shown)})",
            "comment": self._comment,
            "args": shown,
            "limits": self.limits,
        }


class SubtaskOpener:
    """Opens children and runs in them what the host sends.

    `names` makes the names that are bound in every new child.
    """

    def __init__(self, link: Link, runner: CellRunner, names: Names) -> None:
        self.link, self.runner, self.names = link, runner, names

    def converse(self, child: Repl, frame: dict[str, Any]) -> None:
        """Open the child at the host and run its cells until the host has done with it."""
        outer = current_run()
        with Conversation(self.link) as say:
            said = say({"subtask": frame, "in_main": say.thread == self.link.main})
            while "cell" in said:
                run = CellRun(said["id"], child, outer)
                outcome = self.runner.run_here(child, said["cell"], run)
                said = say({"ran": outcome.as_frame()})


class ExplicitSubtask(CellFunction):
    """`subtask("name", ...)`: a sub-task whatever the name stands for."""

    __name__ = __qualname__ = "subtask"

    def __init__(self, opener: SubtaskOpener, repl: Repl) -> None:
        super().__init__(opener.link)
        self._opener, self._repl = opener, repl

    def __call__(self, name: str, /, *args: Any, limits: Any = None, **kwargs: Any) -> Any:
        """Have the sub-task of that name solved in a child REPL.

        Args:
            name: the sub-task's.
            args: its arguments.
            limits: what it may spend, all that it calls included: `Limits(turns=5, seconds=30)`,
                of turns, model_calls, tokens, cost, seconds, actions, depth and cell_seconds.
            kwargs: its arguments by name.

        Raises:
            SubtaskFailed: it came to its end without an answer, for one because a limit fell.
            ValueError: there is no such limit.
        """
        if not isinstance(name, str) or not name.isidentifier():
            raise TypeError("subtask() takes the sub-task's name first, such as 'find_mug'")
        child = Subtask(self._opener, self._repl, name, "", "")
        child.limits = _limits_form(limits)
        return child(*args, **kwargs)


class Limits(dict[str, Any]):
    """What a sub-task may spend: `subtask("find", limits=Limits(turns=5))`."""

    def __init__(self, **limits: float) -> None:
        super().__init__(limits)


def _limits_form(limits: Any) -> dict[str, Any]:
    if limits is None:
        return {}
    form = arguments_form("subtask", (), {"limits": limits})[1]["limits"]
    if not isinstance(form, dict):
        kind = type(limits).__name__
        raise TypeError(f"limits of subtask() are given as Limits(turns=5), not as a {kind}")
    return {name: value for name, value in form.items() if value is not None}


def look_up(opener: SubtaskOpener, repl: Repl, name: str, text: str, comment: str) -> Any:
    """What a call of a name that was undefined when it was read calls now."""
    for names in (repl.namespace, vars(builtins)):
        if name in names:
            return Defined(names[name])
    return Subtask(opener, repl, name, text, comment)
