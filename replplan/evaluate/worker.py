"""A process that plays episodes for a run: `python -m replplan.evaluate.worker`.

It reads a JSON line for each thing that its host wants, and writes one for each that it has to
tell. It ends when its standard input does, so that it does not outlive its host.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import IO

from replplan.errors import ReplplanError
from replplan.evaluate.messages import (
    LONGEST_LINE,
    TO_WORKER,
    Begin,
    Cancel,
    Finished,
    GateReply,
    Play,
    Progress,
    Refused,
    in_a_line,
)
from replplan.evaluate.remote_gate import RemoteGate
from replplan.evaluate.room import Room
from replplan.evaluate.status import Status
from replplan.record import Record


class Worker:
    """Plays what the host wants, as many episodes at once as it wants."""

    def __init__(self, replies: IO[bytes]) -> None:
        self._replies = replies
        self._gate = RemoteGate(self.tell)
        self._room: Room | None = None
        self._playing: dict[int, asyncio.Task[None]] = {}

    def tell(self, message: Record) -> None:
        """Write a line to the host. That it has gone is no fault of an episode: our input ends."""
        with contextlib.suppress(BrokenPipeError):
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
    await Worker(replies).serve(requests)


if __name__ == "__main__":
    own = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed goes to the log
    asyncio.run(main(own))
