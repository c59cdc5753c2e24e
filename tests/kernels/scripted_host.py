"""Hosts for kernel tests: planners that are scripts, functions that are recorded."""

from __future__ import annotations

import asyncio
from typing import Any

from replplan.cell import CellResult
from replplan.kernel import CallError, Function, PlanEnded, Repl, SubtaskCall

FUNCTIONS = (
    Function(name="act", signature="(action: str) -> str", doc="One action in the world."),
    Function(name="slow", signature="()"),
    Function(name="fail", signature="(kind: str, message: str)"),
    Function(name="end", signature="()"),
    Function(name="burst", signature="()"),
)


class ScriptedHost:
    """Children follow `scripts`, cells by REPL name; a script goes on where it was."""

    def __init__(self, scripts: dict[str, list[str]] | None = None) -> None:
        self.scripts = scripts or {}
        self.timeout: float | None = None
        self.positions: dict[int, int] = {}
        self.subtasks: list[SubtaskCall] = []
        self.results: list[CellResult] = []
        self.said: list[str] = []
        self.calls: list[tuple[int, str, list[Any], dict[str, Any]]] = []
        self.replies: list[Any] = []
        self.waiting, self.release = asyncio.Semaphore(0), asyncio.Event()
        self.cancelled = asyncio.Semaphore(0)

    async def call(self, repl: int, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        self.calls.append((repl, name, args, kwargs))
        match name:
            case "ask":
                return self.replies.pop(0)
            case "slow":
                await self.wait()
                return "released"
            case "fail":
                raise CallError(args[0], args[1])
            case "end":
                raise PlanEnded("the world has ended")
            case "burst":
                raise LookupError("a fault of ours")
        return args[0] if len(args) == 1 and not kwargs else [*args, kwargs]

    async def wait(self) -> None:
        """Wait until the test releases it; tell the test if that never comes."""
        self.waiting.release()
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.cancelled.release()
            raise

    async def subtask(self, call: SubtaskCall, repl: Repl) -> None:
        self.subtasks.append(call)
        cells = self.scripts.get(call.name, ["answer(('child', *get_args()))"])
        if not cells:
            raise CallError("SubtaskFailed", f"{call.name}: no turn left")
        for _ in range(30):
            at = self.positions.get(call.repl, 0)
            self.positions[call.repl] = at + 1
            try:
                result = await repl.execute(
                    cells[at % len(cells)], timeout=self.timeout, on_output=self.said.append
                )
            except asyncio.CancelledError:
                self.cancelled.release()
                raise
            self.results.append(result)
            if result.stopped == "ended":
                raise PlanEnded
            if result.answer:
                return
        raise AssertionError(f"no answer of {call.name} in 30 cells: {self.results[-1]}")
