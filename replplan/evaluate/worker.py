"""A process that plays episodes for a run: `python -m replplan.evaluate.worker`.

It reads a JSON line for each thing that its host wants, and writes one for each that it has to
tell. It ends when its standard input does, so that it does not outlive its host.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
from pathlib import Path
from typing import IO

from replplan.errors import ReplplanError
from replplan.evaluate.gate import Outcome
from replplan.evaluate.room import Room
from replplan.evaluate.status import Status
from replplan.evaluate.study import Job, Study
from replplan.record import Json
from replplan.telemetry import Telling

LONGEST_LINE = 64 << 20


class RemoteGate:
    """The gate of the host."""

    def __init__(self, tell: Worker) -> None:
        self._worker, self._numbers = tell, itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Json]] = {}

    async def enter(self, model: str) -> float:
        """Wait for leave to send a request."""
        return float(await self._ask(enter=model))

    async def settle(self, outcome: Outcome) -> bool:
        """Tell how a request went; whether to send it once more."""
        if outcome.trouble is None:
            self._worker.tell(settle=outcome.model_dump())
            return False
        return bool(await self._ask(settle=outcome.model_dump()))

    def hear(self, number: int, value: Json) -> None:
        """What the host replied."""
        waiting = self._waiting.pop(number, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(value)

    async def _ask(self, **message: Json) -> Json:
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        self._worker.tell(ask=number, **message)
        try:
            return await self._waiting[number]
        except asyncio.CancelledError:
            self._waiting.pop(number, None)
            self._worker.tell(forget=number)
            raise


class Worker:
    """Plays what the host wants, as many episodes at once as it wants."""

    def __init__(self, replies: IO[bytes]) -> None:
        self._replies = replies
        self._gate = RemoteGate(self)
        self._room: Room | None = None
        self._playing: dict[int, asyncio.Task[None]] = {}

    def tell(self, **message: Json) -> None:
        """Write a line to the host."""
        self._replies.write(json.dumps(message).encode() + b"\n")
        self._replies.flush()

    async def serve(self, requests: asyncio.StreamReader) -> None:
        """Take the host's lines to their end."""
        try:
            while line := await requests.readline():
                self._take(json.loads(line))
        finally:
            for task in self._playing.values():
                task.cancel()
            await asyncio.gather(*self._playing.values(), return_exceptions=True)
            if self._room is not None:
                await self._room.close()

    def _take(self, said: dict[str, Json]) -> None:
        if "study" in said:
            study, telling = Study.model_validate(said["study"]), Telling(**said["telling"])
            self._room = Room(study, self._gate, telling=telling)
        elif "play" in said:
            job = Job.model_validate(said["play"])
            self._playing[job.number] = asyncio.create_task(self._play(job, Path(said["trace"])))
        elif "cancel" in said:
            if task := self._playing.get(said["cancel"]):
                task.cancel()
        else:
            self._gate.hear(said["reply"], said["value"])

    async def _play(self, job: Job, trace: Path) -> None:
        def watch(status: Status) -> None:
            self.tell(job=job.number, status=status.model_dump())

        assert self._room is not None
        try:
            line = await self._room.play(job, trace, watch)
            self.tell(job=job.number, line=line.model_dump(mode="json"))
        except ReplplanError as error:
            self.tell(job=job.number, error=str(error), kind=type(error).__name__)
        finally:
            del self._playing[job.number]


async def main(replies: IO[bytes]) -> None:
    """Serve on the standard streams."""
    requests = asyncio.StreamReader(limit=LONGEST_LINE)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(requests), sys.stdin)
    worker = Worker(replies)
    try:
        await worker.serve(requests)
    except BrokenPipeError:
        return  # the host has gone


if __name__ == "__main__":
    own = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed goes to the log
    asyncio.run(main(own))
