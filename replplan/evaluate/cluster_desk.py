"""The host's answers to the workers of a Dask cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from replplan.evaluate.messages import TO_HOST, Enter, Forget, Progress, Settle
from replplan.evaluate.remote_gate import GateKeeper

if TYPE_CHECKING:
    from replplan.evaluate.cluster import Cluster


class ClusterDesk:
    """Answers what the workers ask of the gate, and passes on what episodes do."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._gates: dict[str, GateKeeper] = {}
        self._chores: set[asyncio.Task[None]] = set()

    def hear(self, event: tuple[float, dict[str, str]]) -> None:
        """Take up what a worker says."""
        _, told = event
        match TO_HOST.validate_json(told["message"]):
            case Progress() as progress:
                if watch := self._cluster.watches.get(progress.job):
                    watch(progress.status)
            case Enter() | Settle() | Forget() as question:
                self._gate_of(told["worker"]).hear(question)

    def _gate_of(self, worker: str) -> GateKeeper:
        if worker not in self._gates:
            reply = partial(self._cluster.reply, worker)
            self._gates[worker] = GateKeeper(self._cluster.gate, reply)
        return self._gates[worker]

    def hear_of_workers(self, event: tuple[float, dict[str, Any]]) -> None:
        """A worker that has gone has no request under way any more."""
        _, told = event
        if told.get("action") != "remove-worker":
            return
        gone = told["worker"]
        if not told["expected"]:
            self._cluster.says(f"the worker {gone} has ended; what it played begins elsewhere")
        if gate := self._gates.pop(gone, None):
            self._do(gate.close())

    async def close(self) -> None:
        """Answer nobody any more."""
        await asyncio.gather(*(gate.close() for gate in self._gates.values()), *self._chores)

    def _do(self, chore: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(chore)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)
