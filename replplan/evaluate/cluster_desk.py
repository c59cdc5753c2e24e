"""The host's answers to the workers of a Dask cluster."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from replplan.evaluate import cluster_worker as worker_side
from replplan.evaluate.gate import Outcome
from replplan.evaluate.leave import Leave
from replplan.evaluate.status import Status

if TYPE_CHECKING:
    from replplan.evaluate.cluster import Cluster


class Desk:
    """Answers what the workers ask of the gate, and passes on what episodes do."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster, self._gate = cluster, cluster.gate
        self._calls: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._leaves: dict[str, Leave] = defaultdict(lambda: Leave(self._gate))
        self._chores: set[asyncio.Task[None]] = set()

    def hear(self, event: tuple[float, dict[str, Any]]) -> None:
        """Take up what a worker says."""
        _, told = event
        match told["do"]:
            case "status":
                if watch := self._cluster.watches.get(told["job"]):
                    watch(Status.model_validate(told["status"]))
            case "leave":
                if call := self._calls.get((told["worker"], told["call"])):
                    call.cancel()
            case _:
                key = (told["worker"], told["call"])
                work = self._enter if told["do"] == "enter" else self._settle
                self._calls[key] = asyncio.create_task(work(told))
                self._calls[key].add_done_callback(lambda _: self._calls.pop(key, None))

    def hear_of_workers(self, event: tuple[float, dict[str, Any]]) -> None:
        """A worker that has gone has no request under way any more."""
        _, told = event
        if told.get("action") != "remove-worker":
            return
        gone = told["worker"]
        if not told["expected"]:
            self._cluster.says(f"the worker {gone} has ended; what it played begins elsewhere")
        for (address, _), call in list(self._calls.items()):
            if address == gone:
                call.cancel()
        if leave := self._leaves.pop(gone, None):
            self._do(leave.give_all_back())

    async def close(self) -> None:
        """Answer nobody any more."""
        for task in (*self._calls.values(), *self._chores):
            task.cancel()

    def _do(self, chore: Any) -> None:
        task = asyncio.create_task(chore)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    async def _enter(self, told: dict[str, Any]) -> None:
        leave, model = self._leaves[told["worker"]], told["model"]
        sent = await leave.enter(model)
        try:
            answered = await self._answer(told, sent)
        except asyncio.CancelledError:
            self._do(leave.give_back(model))
            raise
        if not answered:
            await leave.give_back(model)

    async def _settle(self, told: dict[str, Any]) -> None:
        outcome = Outcome.model_validate(told["outcome"])
        await self._answer(told, await self._leaves[told["worker"]].settle(outcome))

    async def _answer(self, told: dict[str, Any], value: float | bool) -> bool:
        """Whether the worker is there and has taken it."""
        worker = told["worker"]
        return await self._cluster.tell(worker, worker_side.deliver, told["call"], value)
