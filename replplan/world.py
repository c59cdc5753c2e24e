"""A task's environment in a process of its own, awaited.

The world and its reward are out of reach of the cells, which run in the kernel's process, and a
slow or crashing world holds up nothing but itself. A domain that was written in a notebook or a
script (`__main__`) cannot be imported by another process; its environments run in a thread. A
domain may allow its environments to share one process.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import pickle
import struct
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, Any, Protocol
from weakref import WeakKeyDictionary

from replplan.domain import Domain, Environment, Task, Transition
from replplan.errors import DomainError
from replplan.record import Json
from replplan.world_process import sentence

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
        return str(await _in(self._thread, self._environment.reset))

    async def step(self, action: str) -> Transition:
        transition: Transition = await _in(self._thread, self._step, action)
        return transition

    def _step(self, action: str) -> Transition:
        return Transition.model_validate(self._environment.step(action))


async def _in(thread: ThreadPoolExecutor, work: Callable[..., Any], *given: Any) -> Any:
    """Have a world do something in its thread.

    Raises:
        DomainError: it raised something.
    """
    try:
        return await asyncio.get_running_loop().run_in_executor(thread, work, *given)
    except Exception as error:
        raise DomainError(sentence(error)) from error


@asynccontextmanager
async def _open_in_thread(domain: Domain, task: Task) -> AsyncIterator[World]:
    thread = ThreadPoolExecutor(1, "replplan-world")
    environment = await _in(thread, domain.open, task)
    try:
        yield _ThreadWorld(environment, thread)
    finally:
        thread.submit(environment.close)
        thread.shutdown(wait=False)  # a step that hangs must not hold up the end of the plan


class _WorldProcess:
    """The host's end of `replplan.world_process`: one JSON line out, one back."""

    def __init__(self, process: asyncio.subprocess.Process, log: IO[bytes]) -> None:
        self._process, self._log, self._lock = process, log, asyncio.Lock()
        self.numbers, self.has_ended = itertools.count(), False

    async def start(self, domain: bytes) -> None:
        message = pickle.dumps({"path": sys.path, "domain": domain})
        await self._send(struct.pack("!I", len(message)) + message)
        await self._reply()

    async def request(self, request: dict[str, Json]) -> Json:
        """One request and its reply. Who is cancelled leaves no reply behind for the next."""
        reply = asyncio.ensure_future(self._request(json.dumps(request).encode() + b"\n"))
        reply.add_done_callback(
            lambda done: done.cancelled() or done.exception()
        )  # whoever left is told no more
        return await asyncio.shield(reply)

    async def _request(self, line: bytes) -> Json:
        async with self._lock:  # several threads of a cell may act at once; the world takes turns
            await self._send(line)
            return await self._reply()

    async def _send(self, data: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        with contextlib.suppress(ConnectionError):  # its death shows in the missing reply
            await self._process.stdin.drain()

    async def _reply(self) -> Json:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            self.has_ended = True
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
        self._process.stdin.close()  # end of file: it closes its worlds and leaves
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
        finally:
            if self._process.returncode is None:  # it hangs, or nobody waits any longer
                self._process.kill()
                await self._process.wait()
            self._log.close()


async def _launch(log: IO[bytes]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "replplan.world_process"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
        limit=64 << 20,  # one line holds one observation, of whatever length
        start_new_session=True,  # Ctrl-C in a terminal is the host's to handle
    )


async def _start(domain: bytes) -> _WorldProcess:
    with contextlib.ExitStack() as stack:
        log = stack.enter_context(tempfile.TemporaryFile())
        started = _WorldProcess(await _launch(log), log)
        stack.pop_all()  # from here on it is closed with its process
    try:
        await started.start(domain)
    except BaseException:
        await started.stop()
        raise
    return started


class _ProcessWorld:
    """One world of a process."""

    def __init__(self, process: _WorldProcess) -> None:
        self._process, self._number = process, next(process.numbers)

    async def open(self, task: Task) -> None:
        await self._request(open=task.model_dump(mode="json"))

    async def reset(self) -> str:
        return str(await self._request(reset=True))

    async def step(self, action: str) -> Transition:
        return Transition.model_validate(await self._request(step=action))

    async def close(self) -> None:
        if not self._process.has_ended:
            await self._request(close=True)

    async def _request(self, **request: Json) -> Json:
        return await self._process.request({"world": self._number, **request})


@dataclass
class _Lease:
    """A process and how many worlds it has."""

    process: asyncio.Future[_WorldProcess]
    worlds: int = 0

    @property
    def is_good(self) -> bool:
        """Whether a further world may move in."""
        if not self.process.done():
            return True
        if self.process.cancelled() or self.process.exception() is not None:
            return False
        return not self.process.result().has_ended

    async def stop(self) -> None:
        with contextlib.suppress(DomainError, OSError):  # who waited for its start was told
            await (await self.process).stop()


_SHARED: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[bytes, _Lease]] = WeakKeyDictionary()
"""The processes that domains share which allow it, in each event loop."""


@asynccontextmanager
async def _process_of(domain: Domain) -> AsyncIterator[_WorldProcess]:
    """A process for a world of this domain; it lasts until its last world is closed."""
    leases = _SHARED.setdefault(asyncio.get_running_loop(), {}) if domain.shares_process else {}
    key = pickle.dumps(domain)
    lease = leases.get(key)
    if lease is None or not lease.is_good:
        lease = leases[key] = _Lease(asyncio.ensure_future(_start(key)))
    lease.worlds += 1
    try:
        yield await asyncio.shield(lease.process)
    finally:
        lease.worlds -= 1
        if not lease.worlds:
            if leases.get(key) is lease:
                del leases[key]
            await asyncio.shield(lease.stop())


@asynccontextmanager
async def _open_in_process(domain: Domain, task: Task) -> AsyncIterator[World]:
    async with _process_of(domain) as process:
        world = _ProcessWorld(process)
        await world.open(task)
        try:
            yield world
        finally:
            if domain.shares_process:  # else its process ends with it
                await world.close()
