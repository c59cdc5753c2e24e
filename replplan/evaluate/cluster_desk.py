"""The host's answers to the workers of a Dask cluster."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from replplan.evaluate import cluster_worker as worker_side
from replplan.evaluate.gate import Outcome
from replplan.evaluate.status import Status

if TYPE_CHECKING:
    from replplan.evaluate.cluster import Cluster


class Desk:
    """Answers what the workers ask of the gate, and passes on what episodes do."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster, self._gate = cluster, cluster.gate
        self._calls: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._entered: dict[str, Counter[str]] = defaultdict(Counter)
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
        for model in self._entered.pop(gone, Counter()).elements():
            self._do(self._withdraw(model))

    async def close(self) -> None:
        """Answer nobody any more."""
        for task in (*self._calls.values(), *self._chores):
            task.cancel()

    def _do(self, chore: Any) -> None:
        task = asyncio.create_task(chore)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    async def _enter(self, told: dict[str, Any]) -> None:
        worker, model = told["worker"], told["model"]
        sent = await self._gate.enter(model)
        self._entered[worker][model] += 1
        try:
            answered = await self._answer(told, sent)
        except asyncio.CancelledError:
            self._do(self._taken_back(worker, model))
            raise
        if not answered:
            await self._taken_back(worker, model)

    async def _taken_back(self, worker: str, model: str) -> None:
        if self._entered[worker][model] > 0:
            self._entered[worker][model] -= 1
            await self._withdraw(model)

    async def _withdraw(self, model: str) -> None:
        await self._gate.settle(Outcome(model=model, sent=0.0, first=0.0))

    async def _settle(self, told: dict[str, Any]) -> None:
        outcome = Outcome.model_validate(told["outcome"])
        self._entered[told["worker"]][outcome.model] -= 1
        await self._answer(told, await self._gate.settle(outcome))

    async def _answer(self, told: dict[str, Any], value: float | bool) -> bool:
        """Whether the worker is there and has taken it."""
        worker = told["worker"]
        return await self._cluster.tell(worker, worker_side.deliver, told["call"], value)
