"""Runs the cells of every REPL, the root's and those of sub-tasks, and says what came of each."""

from __future__ import annotations

import ast
import asyncio
import contextvars
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from replplan_kernels.inside.cell import CellCode, compile_cell, title_of
from replplan_kernels.inside.display import Display
from replplan_kernels.inside.hints import hint
from replplan_kernels.inside.history import PastCell
from replplan_kernels.inside.repl import Repl
from replplan_kernels.inside.runs import CellRun, Runs, current_run
from replplan_kernels.inside.tracebacks import short_error
from replplan_kernels.inside.unwinding import Answered, CellStopped, PlanEnded

Rewrite = Callable[[Repl, ast.Module, str], ast.Module]

_TELLINGS = 10
"""How often at most an error is told anew: what strikes meanwhile looks as if it had no text."""


class Outcome:
    """What came of a cell: takes up the exception that ends the `with` block."""

    def __init__(self, run: CellRun) -> None:
        self.run, self.repl = run, run.repl
        self.error: dict[str, str] | None = None
        self.stopped = False
        self.plan_ended = False

    def __enter__(self) -> None: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> bool:
        if error is None:
            if self.run.stopping and self.run.struck:  # something swallowed it, IPython's `!` does
                self._interrupted(KeyboardInterrupt())
            return True
        if isinstance(error, Answered):
            return error.repl is self.repl or self.run.outer is None
        if isinstance(error, PlanEnded):
            self.plan_ended = True
            return True
        if isinstance(error, KeyboardInterrupt | CellStopped | asyncio.CancelledError):
            return self._interrupted(error)
        self.error = short_error(error, self._title) | {"hint": hint(error, self.repl)}
        self.stopped = self.run.stopping and self.run.struck
        return True

    def _interrupted(self, error: BaseException) -> bool:
        self.run.learn_why()
        if not self.run.stopping:
            if any(outer.stopping for outer in self.run.outward()):
                return False
            if isinstance(error, CellStopped) and self.run.outer is not None:
                return False
            if isinstance(error, asyncio.CancelledError):
                self.error = short_error(error, self._title)
                return True
        why = self.run.why or str(error) or "interrupted"
        self.stopped = True
        stopped = KeyboardInterrupt(why).with_traceback(error.__traceback__)
        for _ in range(_TELLINGS):
            self.error = short_error(stopped, self._title)
            if self.error["message"] == why:
                break
        return True

    @contextmanager
    def in_any_case(self) -> Iterator[None]:
        """Around it all: what struck while the cell's end was being taken up."""
        try:
            yield
        except (KeyboardInterrupt, CellStopped, asyncio.CancelledError):
            if not self.run.stopping:
                raise
            self.stopped = True
            text = f"KeyboardInterrupt: {self.run.why}"
            self.error = {
                "name": "KeyboardInterrupt",
                "message": self.run.why,
                "traceback": text,
            }

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Around the cell's running: it enters the history of its REPL."""
        try:
            yield
        finally:
            self.run.recording.end(self.error["traceback"] if self.error else None)
            self.repl.history.add(self.run.recording)

    def _title(self, file: str) -> str | None:
        return title_of(self.repl, file)

    def as_frame(self) -> dict[str, Any]:
        """In JSON, for the host."""
        return {
            "error": self.error,
            "answer": self.repl.answer_form,
            "stopped": self.stopped,
            "plan_ended": self.plan_ended,
            "number": cell.number if (cell := self.run.recording.cell) else 0,
        }


class CellRunner:
    """Runs cells; `rewrite` reads the undefined calls of a REPL's cell. `pid` is the kernel's."""

    def __init__(self, shell: Any, display: Display, runs: Runs, rewrite: Rewrite) -> None:
        self.shell, self.display, self.runs, self.rewrite = shell, display, runs, rewrite
        self.pid = os.getpid()

    async def run_in_loop(self, repl: Repl, text: str, run: CellRun) -> Outcome:
        """Run a cell of the root on the kernel's event loop."""
        outcome = Outcome(run)
        with (
            self._one_process(outcome),
            outcome.in_any_case(),
            outcome.kept(),
            self.runs.active(run),
            outcome,
            self._hooks(),
        ):
            code = self._compile(run, text)
            if code.awaits:
                task = asyncio.ensure_future(code.run_awaiting(repl.namespace))
                run.goes_on_as(task)
                value = await task
            else:
                value = code.run(repl.namespace)
            self._show(repl, code, value)
        return outcome

    def run_here(self, repl: Repl, text: str, run: CellRun) -> Outcome:
        """Run a cell of a sub-task on this thread, whatever else the thread is in."""
        outcome = Outcome(run)
        with (
            self._one_process(outcome),
            outcome.in_any_case(),
            self._complete(run),
            outcome.kept(),
            self.runs.active(run),
            outcome,
            self._hooks(),
        ):
            code = self._compile(run, text)
            value = self._await(repl, code) if code.awaits else code.run(repl.namespace)
            self._show(repl, code, value)
        return outcome

    @contextmanager
    def _one_process(self, outcome: Outcome) -> Iterator[None]:
        """Around a cell: a process that it forked ends with it, and never goes on as the kernel."""
        try:
            yield
        finally:
            if os.getpid() != self.pid:
                if outcome.error:
                    sys.stderr.write(outcome.error["traceback"] + "\n")
                sys.stderr.flush()
                os._exit(1 if outcome.error else 0)

    @contextmanager
    def _hooks(self) -> Iterator[None]:
        """What extensions do around a cell, such as showing the pictures that it drew."""
        self.shell.events.trigger("pre_execute")
        try:
            yield
        finally:
            self.shell.events.trigger("post_execute")

    @contextmanager
    def _complete(self, run: CellRun) -> Iterator[None]:
        """Around a cell of a sub-task, whose output goes another way than its end."""
        try:
            yield
        finally:
            self.display.complete(run.id)

    def _compile(self, run: CellRun, text: str) -> CellCode:
        run.recording.cell = PastCell(run.repl.cells + 1, text)
        return compile_cell(
            run.repl,
            text,
            self.shell.transform_cell,
            lambda tree, source: self.rewrite(run.repl, tree, source),
        )

    def _show(self, repl: Repl, code: CellCode, value: Any) -> None:
        if value is not None:
            repl.namespace["_"] = value
            if code.shows:
                self.display.result(value)

    def _await(self, repl: Repl, code: CellCode) -> Any:
        """Run an awaiting cell of a sub-task, on an event loop that its REPL keeps."""
        repl.runner = runner = repl.runner or asyncio.Runner()
        run, context = current_run(), contextvars.copy_context()

        async def cell() -> Any:
            task = asyncio.current_task()
            if run and task:
                run.goes_on_as(task)
            return await code.run_awaiting(repl.namespace)

        if asyncio._get_running_loop() is None:
            return runner.run(cell(), context=context)
        return _in_helper_thread(lambda: runner.run(cell(), context=context), run)


def _in_helper_thread(work: Callable[[], Any], run: CellRun | None) -> Any:
    """This thread's own loop is busy running us."""
    box = list[tuple[Any, BaseException | None]]()

    def helper() -> None:
        try:
            box.append((work(), None))
        except BaseException as error:  # noqa: BLE001 - raised on the thread that waits
            box.append((None, error))

    thread = threading.Thread(target=helper, daemon=True)
    thread.start()
    try:
        thread.join()
    except BaseException:
        if run:
            run.cancel_wait()
        thread.join()
        raise
    value, error = box[0]
    if error is not None:
        raise error
    return value
