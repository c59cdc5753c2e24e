"""A task's environment in a process of its own, awaited.

The world and its reward are out of reach of the cells, which run in the kernel's process, and a
slow or crashing world holds up nothing but itself. A domain that was written in a notebook or a
script (`__main__`) cannot be imported by another process; its environments run in a thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import pickle
import struct
import sys
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import IO, Protocol

from replplan.domain import Domain, Environment, Task, Transition
from replplan.errors import DomainError
from replplan.record import Json

_STOP_SECONDS = 1.0


class World(Protocol):
    """An environment that is awaited."""

    async def reset(self) -> str:
        """Begin, and return the first observation."""
        ...

    async def step(self, action: str) -> Transition:
        """Do one action."""
        ...


@asynccontextmanager
async def open_world(domain: Domain, task: Task) -> AsyncIterator[World | None]:
    """The world of a task, closed at the end; None where the domain has none.

    Raises:
        DomainError: it does not open, or breaks later.
    """
    if not domain.has_world:
        yield None
    elif type(domain).__module__ == "__main__":
        async with _open_in_thread(domain, task) as world:
            yield world
    else:
        async with _open_in_process(domain, task) as process:
            yield process


class _ThreadWorld:
    def __init__(self, environment: Environment, thread: ThreadPoolExecutor) -> None:
        self._environment, self._thread = environment, thread

    async def reset(self) -> str:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._environment.reset)

    async def step(self, action: str) -> Transition:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._environment.step, action)


@asynccontextmanager
async def _open_in_thread(domain: Domain, task: Task) -> AsyncIterator[World]:
    thread = ThreadPoolExecutor(1, "replplan-world")
    environment = await asyncio.get_running_loop().run_in_executor(thread, domain.open, task)
    try:
        yield _ThreadWorld(environment, thread)
    finally:
        thread.submit(environment.close)
        thread.shutdown(wait=False)  # a step that hangs must not hold up the end of the plan


class _ProcessWorld:
    """The host's end of `replplan.world_process`: one JSON line out, one back."""

    def __init__(self, process: asyncio.subprocess.Process, log: IO[bytes]) -> None:
        self._process, self._log, self._lock = process, log, asyncio.Lock()

    async def send(self, data: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        with contextlib.suppress(ConnectionError):  # its death shows in the missing reply
            await self._process.stdin.drain()

    async def reset(self) -> str:
        return str(await self._request({"reset": True}))

    async def step(self, action: str) -> Transition:
        return Transition.model_validate(await self._request({"step": action}))

    async def _request(self, request: dict[str, Json]) -> Json:
        async with self._lock:  # several threads of a cell may act at once; the world takes turns
            await self.send(json.dumps(request).encode() + b"\n")
            return await self.reply()

    async def reply(self) -> Json:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise DomainError(f"the world's process ended: {self._last_words()}")
        said = json.loads(line)
        if "error" in said:
            raise DomainError(said["error"])
        return said["value"]

    def _last_words(self) -> str:
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    async def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()  # end of file: it closes the world and leaves
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def _open_in_process(domain: Domain, task: Task) -> AsyncIterator[World]:
    start = pickle.dumps({"path": sys.path, "domain": pickle.dumps(domain), "task": task})
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "replplan.world_process"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            limit=64 << 20,  # one line holds one observation, of whatever length
            start_new_session=True,  # Ctrl-C in a terminal is the host's to handle
        )
        world = _ProcessWorld(process, log)
        try:
            await world.send(struct.pack("!I", len(start)) + start)
            await world.reply()
            yield world
        finally:
            await asyncio.shield(world.stop())
