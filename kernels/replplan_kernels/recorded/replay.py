"""Makes a recorded plan's REPLs of a stock IPython kernel. The notebook's first cell calls it."""

from __future__ import annotations

import ast
import sys
from functools import partial
from typing import Any

from replplan_kernels.inside.ask import Asking
from replplan_kernels.inside.ask_many import make_ask
from replplan_kernels.inside.functions import (
    CellFunction,
    ExplicitSubtask,
    HostFunction,
    Limits,
    SubtaskOpener,
    look_up,
)
from replplan_kernels.inside.json_form import safe_repr
from replplan_kernels.inside.reading import rewrite
from replplan_kernels.inside.repl import Repl
from replplan_kernels.inside.runner import CellRunner
from replplan_kernels.inside.runs import CellRun, Runs, current_run
from replplan_kernels.inside.shell import rewrite_in_magics
from replplan_kernels.inside.unwinding import AskError, PlanEnded, SubtaskFailed, Unwinding
from replplan_kernels.recorded.printed import Printed, follow
from replplan_kernels.recorded.record import Record

_ROOM = 24_000
_FUNCTIONS = {"signature": "(*args, **kwargs)", "doc": "Answered from the record."}
_ACT = {"signature": "(action: str) -> str", "doc": "One action; what was then observed."}


def replay(record: str, functions: tuple[str, ...] = ()) -> None:
    """Have the cells of this kernel find what they called in a recorded plan.

    May be called again: the record then begins anew.

    Args:
        record: JSON, as `replplan export --to notebook` writes it.
        functions: the names that are bound, beside those that every cell finds.
    """
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    if shell is None:
        raise RuntimeError("this is for a notebook: there is no IPython here")
    seat = shell.__dict__.get(_SEAT)
    if seat is None:
        seat = shell.__dict__[_SEAT] = Seat(shell)
    seat.replay = Replay(shell, Record.read(record), functions)


_SEAT = "_replplan_seat"


class Seat:
    """What is put into a kernel once; it leads to the plan that is being replayed."""

    replay: Replay

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        follow(shell)
        root = Repl("the root", shell.user_ns)
        rewrite_in_magics(
            shell, lambda repl, tree, text: self.replay.rewrite(repl, tree, text), root
        )
        self.root = root
        shell.set_custom_exc((Unwinding,), self._unwound)
        shell.events.register("pre_run_cell", lambda info: self.replay.root.begin_turn())
        shell.events.register("post_run_cell", _calm)
        shell.register_magic_function(self._repl, "cell", "repl")
        shell.register_magic_function(_stopped, "cell", "stopped")

    def _unwound(self, shell: Any, kind: Any, error: Any, tb: Any, tb_offset: Any = None) -> None:
        """A cell of the root has answered, or the plan is over: it ends there, without a fault."""
        told = f"answered {safe_repr(self.replay.root.answer_value)}"
        print(error if isinstance(error, PlanEnded) else told)

    def _repl(self, line: str, cell: str) -> None:
        """Show what a cell of a sub-task did within its call; run it, if it is another one."""
        session, _, label = line.strip().rpartition(" ")
        self.replay.visit(session, label, cell.rstrip("\n"))


class Replay:
    """One recorded plan in this kernel."""

    def __init__(self, shell: Any, record: Record, functions: tuple[str, ...]) -> None:
        self.shell, self.record, self.functions = shell, record, functions
        self.root = Repl("the root", shell.user_ns)
        record.sessions[self.root.number] = "root"
        self.children = dict[str, Repl]()
        self.done = dict[tuple[str, str], tuple[str, Printed]]()
        runner = CellRunner(shell, _Display(), Runs(), self.rewrite)  # type: ignore[arg-type]
        self.opener = _Opener(self, runner)
        shell.user_ns.update(self.names(self.root))

    def names(self, repl: Repl) -> dict[str, Any]:
        """The names that are bound in a REPL."""
        link: Any = self.record
        named = {name: {"name": name, **_FUNCTIONS} for name in self.functions}
        if "act" in named:
            named["act"] |= _ACT
        return {name: HostFunction(link, repl, told) for name, told in named.items()} | {
            "ask": make_ask(Asking(link, repl, _ROOM)),
            "AskError": AskError,
            "answer": repl.answer,
            "history": repl.history,
            "get_args": repl.get_args,
            "get_ipython": self.shell.get_ipython,
            "subtask": ExplicitSubtask(self.opener, repl),
            "Limits": Limits,
            "SubtaskFailed": SubtaskFailed,
            "__subtask__": partial(look_up, self.opener, repl),
        }

    def rewrite(self, repl: Repl, tree: ast.Module, source: str) -> ast.Module:
        """Read the undefined calls of a cell."""
        space = repl.namespace
        return rewrite(
            tree, source, space.__contains__, lambda n: isinstance(space.get(n), CellFunction)
        )

    def visit(self, session: str, label: str, code: str) -> None:
        """Show what a cell printed within its call, or run what it has become."""
        ran, child = self.done.get((session, label)), self.children.get(session)
        if ran is not None and ran[0].rstrip("\n") == code:
            ran[1].show()
        elif child is None:
            print(f"{session} has not been called: run the cell that calls it", file=sys.stderr)
        else:
            child.begin_turn(child.arguments)
            self.opener.run(child, code).show()
            child.end_turn()


class _Opener(SubtaskOpener):
    """Runs in a child the cells that ran in it."""

    def __init__(self, replay: Replay, runner: CellRunner) -> None:
        super().__init__(replay.record, runner, replay.names)  # type: ignore[arg-type]
        self._replay = replay

    def converse(self, child: Repl, frame: dict[str, Any]) -> None:
        """One stay in the child."""
        stay = self._replay.record.enter(frame)
        self._replay.children[stay.session] = child
        for label, code in stay.cells:
            printed = self.run(child, code)
            self._replay.done[stay.session, label] = (code, printed)
            if printed.outcome and printed.outcome.plan_ended:
                raise PlanEnded("the plan ended here")
        if child.answer_form is None:
            raise SubtaskFailed(f"{child.name}: {stay.failure or 'it did not answer'}")

    def run(self, child: Repl, code: str) -> Printed:
        """Run a cell in the child; what it printed and showed."""
        run = CellRun("", child, current_run())
        printed = Printed.of(run)
        printed.outcome = self.runner.run_here(child, code, run)
        if child.answer_form is not None:
            printed.answer = safe_repr(child.answer_value)
        return printed


class _Display:
    """Shows values as the kernel does."""

    def complete(self, run: str) -> None:
        """There is no host to be told."""

    def result(self, value: Any) -> None:
        """Show the value of a cell's last expression."""
        from IPython.display import display

        display(value)  # type: ignore[no-untyped-call]


def _calm(result: Any) -> None:
    """What `answer` ends has not failed."""
    if isinstance(result.error_in_exec, Unwinding):
        result.error_in_exec = None


def _stopped(line: str, cell: str) -> None:
    """Leave out a cell that was stopped when the plan ran, such as at its time limit."""
    print(f"not run again: {line.strip()}")
