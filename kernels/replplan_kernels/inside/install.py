"""Makes replplan's kernel of a stock one. The host runs `install` once, before any cell."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import signal
from functools import partial
from typing import Any

from replplan_kernels.inside.ask import Asking
from replplan_kernels.inside.ask_many import make_ask
from replplan_kernels.inside.branching import Brancher
from replplan_kernels.inside.cell import title_of
from replplan_kernels.inside.disk import keep, load
from replplan_kernels.inside.display import Display
from replplan_kernels.inside.equip import bind, equip
from replplan_kernels.inside.frames import to_json
from replplan_kernels.inside.functions import (
    CellFunction,
    ExplicitSubtask,
    HostFunction,
    Limits,
    SubtaskOpener,
    look_up,
)
from replplan_kernels.inside.link import Link
from replplan_kernels.inside.outbox import Outbox
from replplan_kernels.inside.reading import rewrite
from replplan_kernels.inside.repl import Repl
from replplan_kernels.inside.root import RootCells
from replplan_kernels.inside.runner import CellRunner, Outcome
from replplan_kernels.inside.runs import CellRun, Runs
from replplan_kernels.inside.shell import follow_repl, no_input, rewrite_in_magics, run_in_shell
from replplan_kernels.inside.streams import redirect
from replplan_kernels.inside.threads import inherit_context, report_errors, wakeable_sleep
from replplan_kernels.inside.tracebacks import short_error
from replplan_kernels.inside.undoing import Visit
from replplan_kernels.inside.unwinding import AskError, SubtaskFailed
from replplan_kernels.inside.watching import outlive_parent

_OLDEST, _FIRST_UNKNOWN = (7, 4), (8, 0)
"""Versions of ipykernel, whose inside we rest on."""


def install(options: str) -> None:
    """Take over the kernel that runs this.

    Args:
        options: JSON: `link`, the path of the host's socket; `folder`, the host's private one;
            without these, `owned`, whether the kernel, on another machine, is the host's to end,
            and `visit`, a name for its stay;
            `functions`, those that are bound by name; `calls`, whether cells may call the host;
            `children` and `ask`, whether these are among what they may call; `ask_room`, how many
            characters of context a question may bring with it.
    """
    from ipykernel._version import __version__, version_info
    from ipykernel.kernelapp import IPKernelApp

    if not _OLDEST <= version_info[:2] < _FIRST_UNKNOWN:
        raise RuntimeError(f"its Python has ipykernel {__version__}, and 7.4 to 7.x is needed")
    _install(IPKernelApp.instance(), json.loads(options))


def install_fork(app: Any, request: dict[str, Any]) -> None:
    """Take over a kernel that was forked for this, before it runs anything.

    Args:
        app: the kernel's application.
        request: what it was started with; `install` holds the options of `install`.
    """
    _install(app, request["install"])


def _install(app: Any, given: dict[str, Any]) -> None:
    kernel = app.kernel
    visit = None if "link" in given else Visit(kernel, given["visit"], owned=given["owned"])
    link, folder = (visit.link, visit.folder) if visit else (given["link"], given["folder"])
    ours = ReplKernel(kernel, Link(link), given["functions"] if given["calls"] else None)
    ours.visit = visit
    if visit:
        visit.names = lambda: ours.bound
    else:
        outlive_parent()
    ours.children, ours.ask, ours.ask_room = given["children"], given["ask"], given["ask_room"]
    ours.take_over()
    ours.connect()
    Brancher(ours, app, folder)


class ReplKernel:
    """The parts put together: REPLs, what their cells can call, and what runs these.

    `functions` describes the host's; None for a plain kernel, whose cells call nothing.
    """

    def __init__(self, kernel: Any, link: Link, functions: list[dict[str, str]] | None) -> None:
        self.kernel, self.link, self.functions = kernel, link, functions
        self.visit: Visit | None = None
        self.children = self.ask = True
        self.ask_room = 0
        self.helpers, self.bound = dict[str, Any](), dict[str, Any]()
        self.runs = Runs()
        self.root = Repl("the root", kernel.shell.user_ns)
        self.outbox = Outbox(link.path)
        self.cells = RootCells(self.outbox, self.run_root, self.take_up)
        display = Display(kernel.shell, self.outbox)
        self.runner = CellRunner(kernel.shell, display, self.runs, self.rewrite)
        self.opener = SubtaskOpener(link, self.runner, self.names)

    @property
    def hidden(self) -> set[str]:
        """Names in the root that are the shell's own."""
        return {"In", "Out", *self.kernel.shell.user_ns_hidden}

    def take_up(self, told: dict[str, Any]) -> dict[str, Any]:
        """Do what the host wants done between two cells."""
        if "keep" in told:
            return keep(self, told["keep"])
        return load(self, told["load"]) if "load" in told else equip(self, told)

    def connect(self) -> None:
        """Take cells from the host that the link leads to, and send it all output."""
        self.outbox.path = self.link.path
        redirect(self.kernel, self.outbox)
        self.cells.listen(asyncio.get_event_loop())

    def take_over(self) -> None:
        """Put our hands on the kernel: its cells, signals, threads and names."""
        kernel = self.kernel
        kernel.do_execute = self.do_execute
        kernel._execute_sleep = 0.0
        kernel.pre_handler_hook = kernel.post_handler_hook = lambda: None
        inherit_context(self.runs)
        wakeable_sleep(self.runs)
        report_errors(lambda e: short_error(e, lambda f: title_of(self.root, f))["traceback"])
        kernel.shell.automagic = False  # `load(x)` is a call, never a magic
        follow_repl(kernel.shell)
        run_in_shell(kernel.shell)
        rewrite_in_magics(kernel.shell, self.rewrite, self.root)
        bind(self)

    def give_back(self) -> bool:
        """Stop what runs and give the kernel back, where it is not the host's; whether it is so."""
        visit = self.visit
        if visit is None or visit.owned:
            return False
        if visit.over:  # the next host has seen to it
            return True
        for run in tuple(self.runs.by_id):
            if self.runs.stop(run, "the host has gone", force=True):
                os.kill(os.getpid(), signal.SIGINT)
        self.kernel.io_loop.add_callback(visit.end)
        return True

    async def do_execute(
        self, code: str, silent: bool, *args: Any, **kwargs: Any
    ) -> dict[str, Any]:
        """Run a cell of the root for ipykernel, which had it from some other client."""
        name = self.kernel.get_parent("shell")["header"]["msg_id"]
        outcome = await self._run_root(code, name)
        self.outbox.complete(name)
        return self._reply(outcome)

    async def run_root(self, code: str, name: str) -> dict[str, Any]:
        """Run a cell of the root; what came of it, in JSON."""
        return (await self._run_root(code, name)).as_frame()

    async def _run_root(self, code: str, name: str) -> Outcome:
        self.runs.take_signals()
        no_input()
        self.root.begin_turn()
        try:
            return await self.runner.run_in_loop(self.root, code, CellRun(name, self.root))
        finally:
            self.root.end_turn()
            self.runs.take_signals()  # the cell may have changed that as well

    def _reply(self, outcome: Outcome) -> dict[str, Any]:
        reply: dict[str, Any] = {
            "status": "ok",
            "execution_count": self.root.cells,
            "user_expressions": {},
            "payload": [],
            "replplan": to_json(outcome.as_frame()).decode(),
        }
        if error := outcome.error:
            told = {"status": "error", "ename": error["name"], "evalue": error["message"]}
            reply |= told | {"traceback": error["traceback"].split("\n")}
        return reply

    def names(self, repl: Repl) -> dict[str, Any]:
        """The names that are bound in a REPL, made for it."""
        if self.functions is None:
            return {}
        names: dict[str, Any] = {"history": repl.history} | self.helpers
        names |= {f["name"]: HostFunction(self.link, repl, f) for f in self.functions}
        names |= {"answer": repl.answer, "get_ipython": self.kernel.shell.get_ipython}
        if self.ask:
            ask = make_ask(Asking(self.link, repl, self.ask_room))
            names |= {"ask": ask, "AskError": AskError}
        return names | (self.names_for_children(repl) if self.children else {})

    def names_for_children(self, repl: Repl) -> dict[str, Any]:
        """The names that have to do with sub-tasks."""
        return {
            "get_args": repl.get_args,
            "subtask": ExplicitSubtask(self.opener, repl),
            "Limits": Limits,
            "SubtaskFailed": SubtaskFailed,
            "__subtask__": partial(look_up, self.opener, repl),
        }

    def rewrite(self, repl: Repl, tree: ast.Module, source: str) -> ast.Module:
        """Read the undefined calls of a cell."""
        if self.functions is None:
            return tree
        space = repl.namespace
        known = space.__contains__ if self.children else _any_name
        return rewrite(tree, source, known, lambda n: isinstance(space.get(n), CellFunction))


def _any_name(name: str) -> bool:
    """Where there are no sub-tasks, no call is read as one."""
    return True
