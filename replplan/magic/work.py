"""The magics themselves."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine
from typing import Any

from replplan.api.options import PlanOptions
from replplan.api.planner import plan
from replplan.api.sync import InThread
from replplan.episode import EpisodeResult
from replplan.errors import ConfigError, ReplplanError
from replplan.events import Event
from replplan.limits import Limits
from replplan.magic.arguments import Arguments, read_arguments
from replplan.magic.cells import PlanCells
from replplan.magic.progress import Progress
from replplan.magic.variables import functions, named, simple
from replplan.plugins import notebook_kernel

_REFRESH_SECONDS = 0.2
_QUESTION = (
    "The plan's cells will run in this notebook: they can change its variables and do all that you "
    "may do on this machine. Type yes to let them: "
)


class Magics:
    """The magics of one shell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def plan(self, line: str, cell: str | None = None) -> Any:
        """Plan towards a goal, with this notebook's variables: see `%plan --help`."""
        try:
            arguments = read_arguments(line, cell, print)
            return None if arguments is None else self._plan(arguments)
        except ReplplanError as error:
            print(f"replplan: {error}", file=sys.stderr)
            return None

    def plan_cells(self, line: str) -> Any:
        """The cells of the last plan: to be read; `%plan_cells 2` or `all` inserts them."""
        cells, which = self._shell.user_ns.get("plan_cells"), line.strip()
        if not isinstance(cells, PlanCells):
            print("replplan: there is no plan yet: begin one with %plan", file=sys.stderr)
        elif not which:
            return cells
        elif which != "all" and not (which.isdigit() and 0 < int(which) <= len(cells)):
            print(f"replplan: which of 1 to {len(cells)}, or all?", file=sys.stderr)
        else:
            self._insert(cells.code(None if which == "all" else int(which)))
        return None

    def _plan(self, arguments: Arguments) -> Any:
        if arguments.here:
            self._ask_leave(arguments)
        cells, left_out = PlanCells(), list[str]()
        options = self._options(arguments, left_out)
        progress = Progress(self._shell, _heading(arguments, options, left_out))

        def on_event(event: Event) -> None:
            cells(event)
            progress(event)

        options["on_event"] = on_event
        work = self._here if arguments.here else self._apart
        result = work(arguments.goal, options, progress)
        return self._leave(result, cells, arguments)

    def _options(self, arguments: Arguments, left_out: list[str]) -> PlanOptions:
        space = self._shell.user_ns
        options = PlanOptions(
            tools=functions(arguments.tools, space),
            limits=Limits(**arguments.limits),
            instructions=arguments.instructions,
            model=_model(arguments.model, space),
            base_url=arguments.base_url,
        )
        if not arguments.answer.isidentifier():
            raise ConfigError(f"{arguments.answer!r} is no name for a variable")
        if not arguments.here:
            options["files"] = arguments.file
            options["isolation"] = "none" if arguments.isolation == "none" else "auto"
            options["network"] = arguments.network
            options["values"] = self._values(arguments, left_out)
        return options

    def _values(self, arguments: Arguments, left_out: list[str]) -> dict[str, Any]:
        space = self._shell.user_ns
        if arguments.vars is not None:
            return named(arguments.vars, space)
        if arguments.no_vars:
            return {}
        taken = {name.strip() for name in arguments.tools.split(",")}
        found = simple(space, self._shell.user_ns_hidden, left_out)
        return {name: value for name, value in found.items() if name not in taken}

    def _ask_leave(self, arguments: Arguments) -> None:
        """Have the user say yes.

        Raises:
            ConfigError: they did not, or cannot be asked.
        """
        if arguments.file or arguments.vars is not None:
            raise ConfigError("with --here cells find variables and files where they are")
        if arguments.yes:
            return
        try:
            said = input(_QUESTION)
        except Exception as error:
            raise ConfigError("nobody can be asked here: say --here --yes") from error
        if said.strip().lower() not in ("yes", "y"):
            raise ConfigError("nothing was run")

    def _apart(self, goal: str, options: PlanOptions, progress: Progress) -> EpisodeResult:
        """Plan in a kernel of its own."""
        work = _Work(lambda: plan(goal, **options), progress)

        def wait() -> None:
            while not work.done.wait(_REFRESH_SECONDS):
                progress.refresh()

        return work.see_through(wait)

    def _here(self, goal: str, options: PlanOptions, progress: Progress) -> EpisodeResult:
        """Plan in this notebook: the plan has a thread, its cells have this one."""
        here = notebook_kernel()(self._shell)

        async def main() -> EpisodeResult:
            try:
                async with here.open() as kernel:
                    options["kernel"] = kernel
                    return await plan(goal, **options)
            finally:
                here.left()

        work = _Work(main, progress)
        return work.see_through(lambda: here.serve(work))

    def _leave(self, result: EpisodeResult, cells: PlanCells, arguments: Arguments) -> Any:
        """Leave answer, result and cells in the notebook."""
        space = self._shell.user_ns
        space["plan_result"], space["plan_cells"] = result, cells
        space[arguments.answer] = result.answer  # None, too, lest that of a plan before be read
        if result.stop_reason == "failed":
            print(f"replplan: {result.error}", file=sys.stderr)
        if arguments.insert and cells.good:
            self._insert(cells.code())
        return result.answer

    def _insert(self, code: str) -> None:
        self._shell.set_next_input(code)


class _Work(InThread):
    """A plan in a thread of its own, shown in the notebook."""

    def __init__(
        self, start: Callable[[], Coroutine[Any, Any, EpisodeResult]], progress: Progress
    ) -> None:
        self._progress = progress
        super().__init__(start)

    def show(self) -> None:
        """Show how it goes."""
        self._progress.refresh()

    def see_through(self, wait: Callable[[], None]) -> EpisodeResult:
        """Wait for it; an interrupt ends it before it is passed on."""
        try:
            wait()
            self.done.wait()
        except BaseException:
            self.cancel()
            raise
        finally:
            self.show()
        result: EpisodeResult = self.result()
        return result


def _model(name: str | None, space: dict[str, Any]) -> Any:
    """The model of that name: one that a variable holds, if there is such a variable."""
    found = space.get(name or "")
    return found if hasattr(found, "complete") else name


def _heading(arguments: Arguments, options: PlanOptions, left_out: list[str]) -> str:
    values = ", ".join(options.get("values", {})) or "no variables"
    where = "in this notebook" if arguments.here else f"in a kernel of its own, with {values}"
    large = f"; too large, so name them with --vars: {', '.join(left_out)}" if left_out else ""
    return f"replplan works {where}{large}"
