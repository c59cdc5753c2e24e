"""A process that plays episodes for a run: `python -m replplan.evaluate.worker`.

It reads a JSON line for each thing that its host wants, and writes one for each that it has to
tell. It ends when its standard input does, so that it does not outlive its host.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from pathlib import Path
from typing import IO

from replplan.errors import ReplplanError
from replplan.evaluate.gate import Outcome
from replplan.evaluate.messages import (
    LONGEST_LINE,
    TO_WORKER,
    Begin,
    Cancel,
    Enter,
    Finished,
    Forget,
    GateReply,
    Play,
    Progress,
    Refused,
    Settle,
    in_a_line,
)
from replplan.evaluate.room import Room
from replplan.evaluate.status import Status
from replplan.record import Record


class RemoteGate:
    """The gate of the host."""

    def __init__(self, worker: Worker) -> None:
        self._worker, self._numbers = worker, itertools.count(1)
        self._waiting: dict[int, asyncio.Future[float | bool]] = {}

    async def enter(self, model: str) -> float:
        """Wait for leave to send a request."""
        number = next(self._numbers)
        try:
            return await self._ask(Enter(ask=number, model=model))
        except asyncio.CancelledError:
            self._worker.tell(Forget(ask=number, model=model))
            raise

    async def settle(self, outcome: Outcome) -> bool:
        """Tell how a request went; whether to send it once more."""
        if outcome.trouble is None:
            self._worker.tell(Settle(outcome=outcome))
            return False
        return bool(await self._ask(Settle(ask=next(self._numbers), outcome=outcome)))

    async def _ask(self, question: Enter | Settle) -> float | bool:
        assert question.ask is not None
        reply: asyncio.Future[float | bool] = asyncio.get_running_loop().create_future()
        self._waiting[question.ask] = reply
        self._worker.tell(question)
        try:
            return await reply
        finally:
            del self._waiting[question.ask]

    def hear(self, reply: GateReply) -> None:
        """What the host replied."""
        waiting = self._waiting.get(reply.ask)
        if waiting is not None and not waiting.done():
            waiting.set_result(reply.value)


class Worker:
    """Plays what the host wants, as many episodes at once as it wants."""

    def __init__(self, replies: IO[bytes]) -> None:
        self._replies = replies
        self._gate = RemoteGate(self)
        self._room: Room | None = None
        self._playing: dict[int, asyncio.Task[None]] = {}

    def tell(self, message: Record) -> None:
        """Write a line to the host."""
        self._replies.write(in_a_line(message))
        self._replies.flush()

    async def serve(self, requests: asyncio.StreamReader) -> None:
        """Take the host's lines to their end."""
        try:
            while line := await requests.readline():
                self._take(line)
        finally:
            for task in self._playing.values():
                task.cancel()
            await asyncio.gather(*self._playing.values(), return_exceptions=True)
            if self._room is not None:
                await self._room.close()

    def _take(self, line: bytes) -> None:
        match TO_WORKER.validate_json(line):
            case Begin() as begin:
                self._room = Room(begin.study, self._gate, telling=begin.telling)
            case Play() as play:
                self._playing[play.job.number] = asyncio.create_task(self._play(play))
            case Cancel() as cancel:
                if task := self._playing.get(cancel.job):
                    task.cancel()
            case GateReply() as reply:
                self._gate.hear(reply)

    async def _play(self, play: Play) -> None:
        number = play.job.number

        def watch(status: Status) -> None:
            self.tell(Progress(job=number, status=status))

        assert self._room is not None
        try:
            line = await self._room.play(play.job, Path(play.trace), watch)
            self.tell(Finished(job=number, line=line))
        except ReplplanError as error:
            self.tell(Refused(job=number, kind=type(error).__name__, error=str(error)))
        finally:
            del self._playing[number]


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
