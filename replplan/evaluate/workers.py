"""Episodes in worker processes of this machine: each has an event loop and a processor of its own.

What a worker takes along when it ends is what it was just playing; the conductor has that begun
anew, in a worker that is started in its place.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Self

from replplan import errors
from replplan.errors import ReplplanError
from replplan.evaluate.gate import Gate, Outcome
from replplan.evaluate.line import EpisodeLine
from replplan.evaluate.place import PlaceLost
from replplan.evaluate.status import Status, Watch
from replplan.evaluate.study import Job, Study
from replplan.evaluate.worker import LONGEST_LINE
from replplan.record import Json
from replplan.telemetry import Telling

_NOWHERE = Telling()
_LEAVE_SECONDS = 10.0
"""How long a worker has to end its episodes before it is killed."""


class Workers:
    """A place: so many processes, each started when it is first needed.

    `telling` says where they send spans.
    """

    def __init__(self, study: Study, gate: Gate, count: int, telling: Telling = _NOWHERE) -> None:
        self.name = f"{count} worker processes"
        self._study, self._gate, self._count, self._telling = study, gate, count, telling
        self._workers: list[_Worker] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await asyncio.gather(*(worker.stop() for worker in self._workers))

    async def play(self, job: Job, trace: Path, watch: Watch) -> EpisodeLine:
        """Play it in the worker that has least to do."""
        worker = self._choose()
        worker.busy += 1
        try:
            await worker.start()
            return await worker.play(job, trace, watch)
        finally:
            worker.busy -= 1

    def _choose(self) -> _Worker:
        living = [worker for worker in self._workers if not worker.has_ended]
        idle = min(living, key=lambda worker: worker.busy, default=None)
        if idle is None or (idle.busy and len(living) < self._count):
            idle = _Worker(self._study, self._gate, self._telling)
            self._workers.append(idle)
        return idle


class _Worker:
    """The host's end of one process. `busy`: how many episodes it has."""

    def __init__(self, study: Study, gate: Gate, telling: Telling) -> None:
        self._study, self._gate, self._telling = study, gate, telling
        self._starting = asyncio.Lock()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 it is closed with the process
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._watches: dict[int, Watch] = {}
        self._results: dict[int, asyncio.Future[EpisodeLine]] = {}
        self._asked: dict[int, asyncio.Task[None]] = {}
        self._sent: dict[int, Outcome] = {}
        self.has_ended, self.busy = False, 0

    async def start(self) -> None:
        """Start the process, unless it runs."""
        async with self._starting:
            if self._process is None:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    *("-m", "replplan.evaluate.worker"),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=self._log,
                    limit=LONGEST_LINE,
                    start_new_session=True,  # Ctrl-C in a terminal is the host's to handle
                )
                study, telling = self._study, self._telling
                self._tell(study=study.model_dump(mode="json"), telling=telling.model_dump())
                self._reader = asyncio.create_task(self._read())

    async def play(self, job: Job, trace: Path, watch: Watch) -> EpisodeLine:
        """Play an episode there."""
        result: asyncio.Future[EpisodeLine] = asyncio.get_running_loop().create_future()
        self._results[job.number], self._watches[job.number] = result, watch
        if self.has_ended:
            raise PlaceLost(self._end())
        self._tell(play=job.model_dump(), trace=str(trace))
        try:
            return await result
        except asyncio.CancelledError:
            self._tell(cancel=job.number)
            raise
        finally:
            self._results.pop(job.number, None)
            self._watches.pop(job.number, None)

    async def stop(self) -> None:
        """End it and what it plays."""
        if self._process is None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), _LEAVE_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        if self._reader is not None:
            await self._reader
        self._log.close()

    def _tell(self, **message: Json) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(ConnectionError, RuntimeError):  # its end is seen by the reader
            self._process.stdin.write(json.dumps(message).encode() + b"\n")

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            if line.endswith(b"\n"):
                await self._take(json.loads(line))
        await self._process.wait()
        self.has_ended = True
        await self._mourn()

    async def _mourn(self) -> None:
        """Free what it held, and tell those who wait for its episodes."""
        for task in tuple(self._asked.values()):
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)
        for sent in self._sent.values():
            await self._gate.settle(sent)
        for result in self._results.values():
            if not result.done():
                result.set_exception(PlaceLost(self._end()))

    def _end(self) -> str:
        assert self._process is not None
        self._log.seek(0)
        said = self._log.read().decode(errors="replace").strip().splitlines()
        last = f", {said[-1]}" if said else ""
        return f"a worker process ended (exit code {self._process.returncode}{last})"

    async def _take(self, said: dict[str, Json]) -> None:
        if "job" in said:
            self._hear(said["job"], said)
        elif "forget" in said:
            if task := self._asked.get(said["forget"]):
                task.cancel()
            if sent := self._sent.pop(said["forget"], None):  # it has leave, and no use for it
                await self._gate.settle(sent)
        elif "ask" not in said:
            await self._settle(Outcome.model_validate(said["settle"]))
        else:
            self._spawn(said["ask"], self._answer(said))

    def _spawn(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        self._asked[number] = task = asyncio.create_task(work)
        task.add_done_callback(lambda _: self._asked.pop(number, None))

    async def _answer(self, said: dict[str, Json]) -> None:
        value: Json
        if "enter" in said:
            value = await self._gate.enter(said["enter"])
            self._sent[said["ask"]] = Outcome(model=said["enter"], sent=value, first=value)
        else:
            value = await self._settle(Outcome.model_validate(said["settle"]))
        self._tell(reply=said["ask"], value=value)

    async def _settle(self, outcome: Outcome) -> bool:
        known = (
            n for n, s in self._sent.items() if (s.model, s.sent) == (outcome.model, outcome.sent)
        )
        self._sent.pop(next(known, 0), None)
        return await self._gate.settle(outcome)

    def _hear(self, number: int, said: dict[str, Json]) -> None:
        result = self._results.get(number)
        if "status" in said:
            if watch := self._watches.get(number):
                watch(Status.model_validate(said["status"]))
        elif result is None or result.done():
            return
        elif "line" in said:
            result.set_result(EpisodeLine.model_validate(said["line"]))
        else:
            kind = getattr(errors, said["kind"], ReplplanError)
            result.set_exception(kind(said["error"]))
