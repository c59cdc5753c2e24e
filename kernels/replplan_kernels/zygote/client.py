"""The host's side of the zygote: one warm process for all kernels of a host."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import itertools
import os
import socket
import threading
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

from replplan.closing import Closing
from replplan.errors import KernelError, ReplplanError
from replplan_kernels.zygote.forked import ForkedKernel, HungUp, writable
from replplan_kernels.zygote.launch import Going, Launch, can_fork
from replplan_kernels.zygote.process import Prefix, Process

PRELOAD = ("numpy", "pandas")
"""What cells are likely to import, preloaded where it is installed."""

_START_SECONDS = 60.0
_SPARE_SECONDS = 0.015
"""How long after a start its kernel has the processors to itself before a spare is made."""


class Zygote(Closing):
    """Forks kernels from a process that has imported what they need.

    It is started when the first kernel is wanted, and again when it has died. It ends with
    `close` or with the host, however that ends, and takes its kernels along. It may be used from
    any thread and event loop.

    Args:
        preload: modules to import beside a kernel's own, where they are installed and start no
            threads; "module:function" is called as well.
        spare: keep one finished kernel of each kind in reserve.
        prefix: the command to run it by, for the folder that it and its kernels need.
    """

    def __init__(
        self,
        preload: tuple[str, ...] = PRELOAD,
        *,
        spare: bool = True,
        prefix: Prefix | None = None,
    ) -> None:
        self.preload, self.spare, self.prefix = preload, spare, prefix
        self._process: Process | None = None
        self._spares: dict[Hashable, ForkedKernel] = {}
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._closed = False

    def warm(self) -> Process:
        """See to it that the process is there, without waiting for its imports.

        Raises:
            KernelError: it cannot be started.
        """
        if reason := can_fork():
            raise KernelError(f"no kernel can be forked: {reason}")
        with self._lock:
            if self._closed:
                raise KernelError("no kernel can be forked: this zygote is closed")
            process = self._process
            if process is not None and process.owner != os.getpid():
                self._process = None  # it is that of the process we were forked from
                self._spares = {}
            elif process is not None and process.popen.poll() is not None:
                self._forget()
            if self._process is None:
                self._process = Process(self.preload, self.prefix)
            return self._process

    async def start(
        self,
        launch: Launch = Launch(),  # noqa: B008 - frozen
        going: Going = Going(),  # noqa: B008
        connection: Mapping[str, Any] | None = None,
    ) -> ForkedKernel:
        """A kernel whose sockets are bound and whose set-up is done.

        Args:
            launch: the kind of kernel.
            going: its folder, environment and set-up.
            connection: addresses and key that it must have; None for fresh ones.

        Raises:
            KernelError: it did not start; says why.
        """
        kernel = await self.take(launch, connection)
        await self.go(kernel, launch, going)
        return kernel

    async def take(
        self, launch: Launch, connection: Mapping[str, Any] | None = None
    ) -> ForkedKernel:
        """A kernel whose sockets are bound and that waits for `go`. See `start`."""
        spare = None if connection else await self._take_spare(launch)
        kernel = spare or await self._fresh(launch, connection)
        if self.spare and launch.spare and connection is None:
            asyncio.get_running_loop().call_later(_SPARE_SECONDS, self.prepare, launch)
        return kernel

    async def go(self, kernel: ForkedKernel, launch: Launch, going: Going) -> None:
        """Have a kernel that waits do its set-up. See `start`."""
        try:
            async with asyncio.timeout(_START_SECONDS):
                kernel.tell(going.word(launch))
                await kernel.hear("going")
        except BaseException as error:
            kernel.release()
            if isinstance(error, OSError):
                raise KernelError(f"the kernel did not start: {error or 'it hangs'}") from error
            raise

    async def left_out(self) -> list[str]:
        """Which modules are not kept warm, and why: they start threads, say, or are broken.

        A cell may import them none the less.

        Raises:
            KernelError: no kernel starts; says why.
        """
        (await self.start()).release()
        return self.warm().left_out()

    def prepare(self, launch: Launch = Launch()) -> None:  # noqa: B008
        """Have a spare made of this kind, unless there is one or it cannot be."""
        with self._lock, contextlib.suppress(ReplplanError, OSError):
            if not self._closed and launch.key not in self._spares:
                number = next(self._numbers)
                self._spares[launch.key] = self.warm().ask(launch, number, None, spare=True)

    def adopt(
        self, kernel: ForkedKernel, pid: int, connection: Mapping[str, Any], folder: Path
    ) -> ForkedKernel:
        """Take care of a process that a kernel has forked to be a kernel as well.

        From then on it outlives the one it was forked from, its end is told, and it ends with the
        zygote.

        Args:
            kernel: the one that has forked it.
            pid: its process id, as the host sees it.
            connection: where it listens.
            folder: where its sockets are; removed when it is released.

        Raises:
            KernelError: it is gone already, or the zygote is.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        branch = ForkedKernel(ours, folder)
        branch.pid, branch.connection = pid, dict(connection)
        try:
            with theirs:
                self.warm().adopt(kernel, branch, theirs)
        except OSError as error:
            ours.close()
            raise KernelError(f"the branch of the kernel is gone: {error}") from error
        return branch

    async def _take_spare(self, launch: Launch) -> ForkedKernel | None:
        with self._lock:
            spare = self._spares.pop(launch.key, None)
        if spare is None:
            return None
        with contextlib.suppress(KernelError):  # it died meanwhile: a fresh one will do
            await _ready(spare)
            if spare.poll() is None:  # what it said of being ready outlasts it
                return spare
            spare.release()
        return None

    async def _fresh(self, launch: Launch, connection: Mapping[str, Any] | None) -> ForkedKernel:
        while True:
            try:
                process = self.warm()
                kernel = process.ask(launch, next(self._numbers), connection)
                return await _ready(kernel)
            except BlockingIOError:
                await writable(process.control)
            except HungUp as error:
                raise KernelError(await asyncio.to_thread(process.why)) from error
            except ConnectionError as error:  # it has died meanwhile: then the next one
                why = await asyncio.to_thread(process.why)
                if process.popen.poll() is None:
                    raise KernelError(why) from error
            except OSError as error:
                raise KernelError(f"no kernel can be forked: {error}") from error

    def _forget(self) -> None:
        spares, self._spares = self._spares, {}
        for spare in spares.values():
            spare.release()
        process, self._process = self._process, None
        if process is not None and process.owner == os.getpid():
            process.close()

    def close(self) -> None:
        """End the process and every kernel that it has forked. May be called twice."""
        with self._lock:
            self._closed = True
            self._forget()


async def _ready(kernel: ForkedKernel) -> ForkedKernel:
    """Wait until its sockets are bound."""
    try:
        async with asyncio.timeout(_START_SECONDS):
            kernel.connection = await kernel.hear("ready")
    except TimeoutError as error:
        kernel.release()
        raise KernelError(f"the kernel did not start within {_START_SECONDS:g} s") from error
    except BaseException:
        kernel.release()
        raise
    return kernel


_shared: dict[tuple[str, ...], Zygote] = {}
_sharing = threading.Lock()


def shared_zygote(preload: tuple[str, ...] = PRELOAD) -> Zygote:
    """The host's one zygote of this preload; closed when the host ends."""
    with _sharing:
        if not _shared:
            atexit.register(close_shared)
        return _shared.setdefault(preload, Zygote(preload))


def close_shared() -> None:
    """End every shared zygote; the next use begins anew."""
    with _sharing:
        while _shared:
            _shared.popitem()[1].close()
    atexit.unregister(close_shared)
