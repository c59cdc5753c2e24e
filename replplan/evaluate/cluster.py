"""Episodes on a Dask cluster (the extra `cluster`): each is a task, results stream back.

Workers ask the one gate of the run before each model request: what they say goes through the
scheduler as events of a topic, what is answered as functions that are run on the worker. So
workers need to reach no more than their scheduler.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from replplan.errors import ConfigError, ReplplanError
from replplan.evaluate import cluster_worker as worker_side
from replplan.evaluate.cluster_desk import ClusterDesk
from replplan.evaluate.cluster_worker import ClusterBegin, Played
from replplan.evaluate.gate import Gate
from replplan.evaluate.line import EpisodeLine
from replplan.evaluate.messages import GateReply
from replplan.evaluate.place import PlaceLost
from replplan.evaluate.status import Watch
from replplan.evaluate.study import Job, Study
from replplan.extras import require
from replplan.telemetry import Telling

LOCAL = "local"
_CONNECT_SECONDS = 15
_BEAT_SECONDS = 10.0


def local_workers(address: str) -> int | None:
    """How many worker processes `local` or `local:N` means; None for the address of a scheduler.

    Raises:
        ConfigError: it is neither.
    """
    name, _, count = address.partition(":")
    if name != LOCAL:
        if "://" not in address:
            raise ConfigError(
                f"--cluster {address}: that is no scheduler; give its address, such as"
                " tcp://host:8786, or local, or local:4 for worker processes here"
            )
        return None
    if not count:
        return os.cpu_count() or 1
    if not count.isdigit() or int(count) < 1:
        raise ConfigError(f"--cluster {address}: local:N takes a number of worker processes")
    return int(count)


@dataclass
class Cluster:
    """A place whose episodes are played by the workers of a Dask cluster.

    Attributes:
        address: that of a scheduler, or `local`, or `local:N`.
        study: what is played.
        gate: what each model request passes.
        jobs: episodes at once, for a cluster of one's own.
        says: is told what people want to know of the cluster.
        telling: where workers send their spans.
    """

    address: str
    study: Study
    gate: Gate
    jobs: int = 1
    says: Callable[[str], None] = lambda _: None
    telling: Telling = field(default_factory=Telling)
    name: str = "a Dask cluster"
    _run: str = field(default_factory=lambda: uuid4().hex[:12])
    watches: dict[int, Watch] = field(default_factory=dict)
    _starts: Counter[int] = field(default_factory=Counter)

    async def __aenter__(self) -> Self:
        """Connect.

        Raises:
            ConfigError: distributed is missing, or nobody answers.
        """
        require("distributed", "cluster")
        async with AsyncExitStack() as stack:
            scheduler = self.address
            if workers := local_workers(self.address):
                scheduler = await _start_local(stack, workers, math.ceil(self.jobs / workers))
            self._client = await _connect(stack, scheduler)
            self.name = f"the cluster at {scheduler}, dashboard {self._client.dashboard_link}"
            self._desk = ClusterDesk(self)
            self._client.subscribe_topic(self._topic, self._desk.hear)
            self._client.subscribe_topic("all", self._desk.hear_of_workers)
            await _check_versions(self._client)
            stack.push_async_callback(_ended, asyncio.create_task(self._beat()))
            self.says(f"{self.name}, {len(await self._client.nthreads())} workers")
            self._stack = stack.pop_all()
        return self

    @property
    def _topic(self) -> str:
        return f"replplan-{self._run}"

    async def __aexit__(self, *error: object) -> None:
        """Have the workers forget the run, and leave; a cluster of one's own ends."""
        await self._desk.close()
        if self._client.status == "running":
            await self._client.run(worker_side.forget, self._run, on_error="ignore")
            for topic in (self._topic, "all"):
                self._client.unsubscribe_topic(topic)
        await self._stack.aclose()

    async def _beat(self) -> None:
        """Show the workers that the host is there, again and again."""
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            await self._client.run(worker_side.alive, self._run, on_error="ignore")

    async def reply(self, worker: str, reply: GateReply) -> None:
        """Send a worker a reply of the gate, if the worker is there."""
        told = reply.model_dump_json()
        deliver = worker_side.deliver
        await self._client.run(deliver, self._run, told, workers=[worker], on_error="ignore")

    async def play(self, job: Job, trace: Path, watch: Watch) -> EpisodeLine:
        """Play it on a worker; where that ends, on another one."""
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        self.watches[job.number] = watch
        self._starts[job.number] += 1
        begin = ClusterBegin(
            run=self._run, topic=self._topic, study=self.study, telling=self.telling
        )
        future = self._client.submit(
            worker_side.play,
            begin.model_dump_json(),
            job.model_dump_json(),
            key=f"{job.name}-{self._run}-{self._starts[job.number]}",
            pure=False,
        )
        try:
            played = Played.model_validate(await future)
        except KilledWorker as e:
            raise PlaceLost(f"{e.last_worker.address} and others ended under it") from e
        except FutureCancelledError as e:
            raise ReplplanError(f"the cluster at {self.address} is gone") from e
        except asyncio.CancelledError:
            await future.cancel()
            await self._client.run(worker_side.stop, self._run, job.number, on_error="ignore")
            raise
        finally:
            self.watches.pop(job.number, None)
        if played.refused is not None:
            raise ReplplanError(played.refused)
        await asyncio.to_thread(played.write, trace)
        return EpisodeLine.model_validate_json(played.line)


async def _ended(task: asyncio.Task[None]) -> None:
    """End a task that never ends by itself."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def default_jobs(address: str) -> int:
    """Episodes at once where nobody says how many: as many as the workers have threads.

    Raises:
        ConfigError: nobody answers at that address.
    """
    require("distributed", "cluster")
    if workers := local_workers(address):
        return workers
    async with AsyncExitStack() as stack:
        client = await _connect(stack, address)
        threads: dict[str, int] = await client.nthreads()
        return max(1, sum(threads.values()))


async def _start_local(stack: AsyncExitStack, workers: int, threads: int) -> str:
    from distributed import LocalCluster

    cluster = await stack.enter_async_context(
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=workers,
            threads_per_worker=threads,
            dashboard_address="127.0.0.1:0",
            asynchronous=True,
            silence_logs=logging.CRITICAL,
        )
    )
    return str(cluster.scheduler_address)


async def _connect(stack: AsyncExitStack, address: str) -> Any:
    from distributed import Client

    try:
        return await stack.enter_async_context(
            Client(address, asynchronous=True, timeout=_CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
        )
    except (OSError, TimeoutError, ValueError) as e:
        raise ConfigError(f"no Dask scheduler answers at {address}: {e}") from e


async def _check_versions(client: Any) -> None:
    """Workers that are there already must have our very version.

    Raises:
        ConfigError: one has another one, or none.
    """
    own = worker_side.version()
    found = await client.run(worker_side.version, on_error="return")
    for address, told in found.items():
        if told != own:
            what = f"replplan {told}" if isinstance(told, str) else f"no replplan that runs: {told}"
            raise ConfigError(f"the worker {address} has {what}, and this is {own}")
