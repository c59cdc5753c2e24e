"""What runs in the workers of a Dask cluster: one event loop a run, and its end of the gate."""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import tempfile
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from replplan.errors import ReplplanError
from replplan.evaluate.messages import Begin, GateReply, Progress, Question
from replplan.evaluate.remote_gate import RemoteGate
from replplan.evaluate.room import Room
from replplan.evaluate.status import Status, Watch
from replplan.evaluate.study import Job
from replplan.record import Record

_A_STATUS_SECONDS = 0.5


class ClusterBegin(Begin):
    """A `Begin` for the worker of a cluster: which run it is of. `topic` is where it speaks to the
    run's host, `silence` how many seconds without a sign of the host mean its end."""

    run: str
    topic: str
    silence: float = 60.0


class Played(Record):
    """What came of an episode: its line in JSON, and its files beside it, the trace among them;
    or in a sentence why it could not be begun."""

    line: str = ""
    trace: str = ""
    files: dict[str, bytes] = {}
    refused: str | None = None

    def write(self, trace: Path) -> None:
        """Put the files where the host keeps them.

        Raises:
            ReplplanError: they cannot be written.
        """
        try:
            for name, content in self.files.items():
                path = trace if name == self.trace else trace.parent / name
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as e:
            raise ReplplanError(f"{trace} cannot be written: {e.strerror}") from e


def version() -> str:
    """Which replplan this worker has."""
    return importlib.metadata.version("replplan")


def play(begin: str, job: str) -> dict[str, Any]:
    """Play an episode: the task that Dask runs, on one of the worker's threads."""
    from distributed import get_worker

    told = ClusterBegin.model_validate_json(begin)
    with _lock:
        room = _rooms.get(told.run)
        if room is None:
            room = _rooms[told.run] = WorkerRoom(told, get_worker())
    return room.play(Job.model_validate_json(job)).result().model_dump()


def stop(run: str, job: int) -> None:
    """Break off an episode, if it is here."""
    if room := _rooms.get(run):
        room.stop(job)


def deliver(run: str, reply: str) -> None:
    """Take a reply of the gate."""
    if room := _rooms.get(run):
        room.deliver(GateReply.model_validate_json(reply))


def alive(run: str) -> None:
    """The host is there."""
    if room := _rooms.get(run):
        room.heard()


async def forget(run: str) -> None:
    """The run is over."""
    if room := _rooms.pop(run, None):
        await asyncio.wrap_future(room.close())


_rooms: dict[str, WorkerRoom] = {}
_lock = threading.Lock()


class WorkerRoom:
    """The room of one run in this worker, on an event loop in a thread of its own.

    All episodes share it, and so one warm process that kernels are forked from.
    """

    def __init__(self, begin: ClusterBegin, worker: Any) -> None:
        self._worker, self._topic = worker, begin.topic
        self._loop = asyncio.new_event_loop()
        self._playing: dict[int, asyncio.Task[Any]] = {}
        self._run, self._silence, self._heard = begin.run, begin.silence, time.monotonic()
        self._gate = RemoteGate(self.tell)
        self._room = Room(begin.study, self._gate, telling=begin.telling)
        threading.Thread(target=self._serve, name="replplan", daemon=True).start()
        asyncio.run_coroutine_threadsafe(self._watch_host(), self._loop)

    def _serve(self) -> None:
        self._loop.run_forever()
        self._loop.close()

    def heard(self) -> None:
        """There was a sign of the host."""
        self._heard = time.monotonic()

    async def _watch_host(self) -> None:
        """A host that was killed answers no more: its episodes must not hold this worker."""
        left = self._silence
        while left > 0:
            await asyncio.sleep(left)
            left = self._heard + self._silence - time.monotonic()
        _rooms.pop(self._run, None)
        await self._close()

    def play(self, job: Job) -> Future[Played]:
        """Begin an episode."""
        return asyncio.run_coroutine_threadsafe(self._play(job), self._loop)

    async def _play(self, job: Job) -> Played:
        task = asyncio.current_task()
        assert task is not None
        self._playing[job.number] = task
        try:
            with tempfile.TemporaryDirectory(prefix="replplan-") as folder:
                trace = Path(folder, "traces", f"{job.name}.jsonl")
                line = await self._room.play(job, trace, self._watch(job))
                files = {
                    str(path.relative_to(trace.parent)): path.read_bytes()
                    for path in trace.parent.rglob("*")
                    if path.is_file()
                }
            return Played(line=line.model_dump_json(), trace=trace.name, files=files)
        except ReplplanError as e:
            return Played(refused=str(e))
        finally:
            self._playing.pop(job.number, None)

    def _watch(self, job: Job) -> Watch:
        last = 0.0

        def watch(status: Status) -> None:
            nonlocal last
            if time.monotonic() - last >= _A_STATUS_SECONDS:
                last = time.monotonic()
                self.tell(Progress(job=job.number, status=status))

        return watch

    def tell(self, message: Progress | Question) -> None:
        """Send a message to the host, together with who sends it."""
        told = {"worker": self._worker.address, "message": message.model_dump_json()}
        self._worker.log_event(self._topic, told)

    def deliver(self, reply: GateReply) -> None:
        """Take a reply of the gate, from any thread."""
        self.heard()
        self._loop.call_soon_threadsafe(self._gate.hear, reply)

    def stop(self, job: int) -> None:
        """Break off an episode."""
        if task := self._playing.get(job):
            self._loop.call_soon_threadsafe(task.cancel)

    def close(self) -> Future[None]:
        """Break off all episodes, and end the loop."""
        return asyncio.run_coroutine_threadsafe(self._close(), self._loop)

    async def _close(self) -> None:
        for task in list(self._playing.values()):
            task.cancel()
        await asyncio.gather(*self._playing.values(), return_exceptions=True)
        await self._room.close()
        self._loop.call_soon(self._loop.stop)  # after what waits for this has been told
