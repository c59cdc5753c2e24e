"""Episodes in worker processes of this machine: each has an event loop and a processor of its own.

What a worker takes along when it ends is what it was just playing; the conductor has that begun
anew, in a worker that is started in its place.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from replplan import errors
from replplan.errors import ReplplanError
from replplan.evaluate.gate import Gate
from replplan.evaluate.line import EpisodeLine
from replplan.evaluate.messages import (
    LONGEST_LINE,
    TO_HOST,
    Begin,
    Cancel,
    Finished,
    GateReply,
    Play,
    Progress,
    Refused,
    in_a_line,
)
from replplan.evaluate.place import PlaceLost
from replplan.evaluate.remote_gate import GateKeeper
from replplan.evaluate.status import Watch
from replplan.evaluate.study import Job, Study
from replplan.record import Record
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


@dataclass
class _Episode:
    """An episode that a process plays: who watches it, and what will come of it."""

    watch: Watch
    line: asyncio.Future[EpisodeLine]


class _Worker:
    """The host's end of one process. `busy`: how many episodes it has."""

    def __init__(self, study: Study, gate: Gate, telling: Telling) -> None:
        self._begin = Begin(study=study, telling=telling)
        self._gate = GateKeeper(gate, self._reply)
        self._starting = asyncio.Lock()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 it is closed with the process
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._episodes: dict[int, _Episode] = {}
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
                self._tell(self._begin)
                self._reader = asyncio.create_task(self._read())

    async def play(self, job: Job, trace: Path, watch: Watch) -> EpisodeLine:
        """Play an episode there."""
        if self.has_ended:
            raise PlaceLost(self._end())
        episode = _Episode(watch, asyncio.get_running_loop().create_future())
        self._episodes[job.number] = episode
        self._tell(Play(job=job, trace=str(trace)))
        try:
            return await episode.line
        except asyncio.CancelledError:
            self._tell(Cancel(job=job.number))
            raise
        finally:
            del self._episodes[job.number]

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

    def _tell(self, message: Record) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(ConnectionError, RuntimeError):  # its end is seen by the reader
            self._process.stdin.write(in_a_line(message))

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while (line := await self._process.stdout.readline()).endswith(b"\n"):
            self._take(line)
        await self._process.wait()
        self.has_ended = True
        await self._mourn()

    async def _mourn(self) -> None:
        """Free what it held, and tell those who wait for its episodes."""
        await self._gate.close()
        for episode in self._episodes.values():
            if not episode.line.done():
                episode.line.set_exception(PlaceLost(self._end()))

    def _end(self) -> str:
        assert self._process is not None
        self._log.seek(0)
        said = self._log.read().decode(errors="replace").strip().splitlines()
        last = f", {said[-1]}" if said else ""
        return f"a worker process ended (exit code {self._process.returncode}{last})"

    # ------------------------------------------------------------------ what it tells
    def _take(self, line: bytes) -> None:
        match TO_HOST.validate_json(line):
            case Progress() as progress:
                if episode := self._episodes.get(progress.job):
                    episode.watch(progress.status)
            case Finished() | Refused() as ending:
                self._end_episode(ending)
            case question:
                self._gate.hear(question)

    def _end_episode(self, ending: Finished | Refused) -> None:
        episode = self._episodes.get(ending.job)
        if episode is None or episode.line.done():
            return
        if isinstance(ending, Finished):
            episode.line.set_result(ending.line)
        else:
            kind = getattr(errors, ending.kind, ReplplanError)
            episode.line.set_exception(kind(ending.error))

    async def _reply(self, reply: GateReply) -> None:
        self._tell(reply)
