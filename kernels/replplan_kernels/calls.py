"""Serves the calls of one kernel's cells: functions of the host, and sub-tasks."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol

from pydantic import ValidationError

from replplan.carried import Pickled
from replplan.kernel import ROOT, CallError, HostCalls, KernelOptions, PlanEnded, Repl, SubtaskCall
from replplan_kernels.frames import MalformedError
from replplan_kernels.link import Connection, Frame
from replplan_kernels.run import CellRun

Work = Callable[[], Awaitable[Any]]


class Child(Repl, Protocol):
    """The REPL of a sub-task, which ends with the call."""

    def end(self) -> None:
        """Take no more cells."""
        ...

    def take_up(self, run: CellRun) -> None:
        """Have a cell under way, as the kernel had that this one is a branch of."""
        ...


ChildOf = Callable[[Connection, int], Child]
"""Makes the child REPL of that number, whose cells go down a connection."""


class Calls:
    """The host's side of what cells call.

    Attributes:
        halfway: of a branch, the cells of sub-tasks that were under way when it was made.
        errors: what failed on our side of a call. The cell saw a `RuntimeError`; whoever runs the
            root's cell is to see the error itself.
    """

    def __init__(self, options: KernelOptions, runs: dict[str, CellRun], child: ChildOf) -> None:
        self._host, self._runs, self._child = options.calls, runs, child
        self._names = {"ask"} | {function.name for function in options.functions}
        self._known: dict[int, tuple[int, str]] = {ROOT: (ROOT, "")}
        self._busy: set[int] = set()
        self.halfway: set[str] = set()
        self._ended: str | None = None
        self.errors: list[Exception] = []

    def serve(self, child: ChildOf) -> None:
        """Let another kernel lend its child REPLs from now on."""
        self._child = child

    def go_on_from(self, other: Calls) -> None:
        """Know the child REPLs that another kernel has, of which this one is a branch."""
        self._known, self._ended = dict(other._known), other._ended

    def take(self, connection: Connection, frame: Frame) -> None:
        """Take up a frame of a cell.

        Raises:
            MalformedError: no honest kernel sends it.
        """
        match frame:
            case {"call": str(name), "repl": int(repl), "run": str(run)}:
                host = self._checked(repl in self._known and name in self._names)
                args, kwargs = frame.get("args"), frame.get("kwargs")
                if not isinstance(args, list) or not isinstance(kwargs, dict):
                    raise MalformedError("arguments")
                work = partial(host.call, repl, name, args, kwargs)
                connection.begin(self._serve(connection, run, f"{name}()", work))
            case {"subtask": dict(), "run": str(run)}:
                self._open(connection, frame, run)
            case {"ran": dict(told)} if connection.ran is not None:
                connection.ran(told)
            case {"cancel": True}:
                connection.cancelled = True
                if connection.ran is not None:  # the thread that says so has left its cell
                    connection.ran({"stopped": True})
                connection.close()
            case _:
                raise MalformedError("unknown frame")

    def _checked(self, holds: bool) -> HostCalls:
        if self._host is None or not holds:
            raise MalformedError("a call that cannot be")
        return self._host

    def _open(self, connection: Connection, frame: Frame, run: str) -> None:
        try:
            call = SubtaskCall.model_validate(frame["subtask"])
        except ValidationError as error:
            raise MalformedError("subtask") from error
        own = (call.parent, call.name)
        self._checked(call.parent in self._known and call.repl not in self._busy)
        host = self._checked(call.repl != ROOT and self._known.get(call.repl, own) == own)
        self._known[call.repl] = own
        connection.in_main = frame.get("in_main") is not False
        child = self._child(connection, call.repl)
        if call.resumed:
            child.take_up(self._half_done(frame.get("cell")))
        work = partial(self._subtask, host, call, child)
        what = f"the sub-task {call.name}"
        connection.begin(self._serve(connection, run, what, work, "SubtaskFailed"))

    def _half_done(self, name: object) -> CellRun:
        if name not in self.halfway:
            raise MalformedError("a cell that is not under way")
        self.halfway.remove(str(name))
        return self._runs[str(name)]

    async def _subtask(self, host: HostCalls, call: SubtaskCall, child: Child) -> None:
        self._busy.add(call.repl)
        try:
            await host.subtask(call, child)
        finally:
            child.end()
            self._busy.discard(call.repl)

    async def _serve(
        self, connection: Connection, run: str, what: str, work: Work, kind: str = "RuntimeError"
    ) -> None:
        """Do it, the clock of the calling cell standing still, and reply; `kind` is the error
        that the cell sees if it was cancelled, and not by the cell."""
        try:
            reply = await self._awaited(run, what, work)
        except asyncio.CancelledError:
            if connection.open:  # not by the cell, which would have closed it: the cell waits
                connection.send({"error": [kind, f"{what} was cancelled"]})
            raise
        try:
            connection.send(reply)
        except ValueError as error:
            connection.send({"error": ["ValueError", f"the value of {what}: {error}"]})
        except TypeError as error:
            connection.send(self._failure(what, error))

    async def _awaited(self, run: str, what: str, work: Work) -> Frame:
        caller = self._runs.get(run)
        if caller is None:
            return await self._outcome(what, work)
        with caller.clock.paused():
            return await self._outcome(what, work)

    async def _outcome(self, what: str, work: Work) -> Frame:
        if self._ended is not None:
            return {"ended": self._ended}
        try:
            return _told(await work())
        except CallError as error:
            return {"error": [error.kind, str(error)]}
        except PlanEnded as error:
            self._ended = str(error)
            return {"ended": self._ended}
        except Exception as error:  # noqa: BLE001 - kept for whoever runs the root's cell
            return self._failure(what, error)

    def _failure(self, what: str, error: Exception) -> Frame:
        self.errors.append(error)
        return {"error": ["RuntimeError", f"the host failed in {what}: {error!r}"[:1000]]}


def _told(value: Any) -> Frame:
    """The frame that tells of a value."""
    if not isinstance(value, Pickled):
        return {"value": value}
    data = base64.b64encode(value.data).decode()
    return {"pickle": data, "kind": value.kind, "value": value.plain, "plain": value.has_plain}
