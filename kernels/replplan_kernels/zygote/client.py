"""The host's side of the zygote: one warm process for all kernels of a host."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import importlib.metadata
import itertools
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from replplan.errors import KernelError
from replplan.record import Json
from replplan_kernels.zygote.forked import ForkedKernel

PRELOAD = ("numpy", "pandas")
"""What cells are likely to import, preloaded where it is installed."""

_ALLOWED = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR")
_ALLOWED_TOO = ("LD_LIBRARY_PATH",)
_START_SECONDS = 60.0
_SPARE_SECONDS = 0.1
"""How long after a start its kernel has the processors to itself before a spare is made."""
_SOCKET_PATH = 107
_LONGEST_NAME = len("/9999999/k-5")
_PORTS = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")


@functools.cache
def can_fork() -> str | None:
    """Why kernels cannot be forked from a zygote here; None where they can."""
    if sys.platform != "linux":
        return f"forking a warm kernel is not safe on {sys.platform}: it needs Linux"
    if not hasattr(os, "fork") or not hasattr(os, "pidfd_open"):
        return "this Python has no os.fork or no os.pidfd_open"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "this is a free-threaded Python, in which a fork is not safe"
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError as error:
        return f"this system refuses pidfd_open ({error.strerror})"
    version = importlib.metadata.version("ipykernel")
    if not (7, 4) <= tuple(int(part) for part in version.split(".")[:2]) < (8, 0):
        return f"ipykernel {version} is installed, and only 7.4 to 7.x is known inside"
    return None


def clean_environment(given: Mapping[str, str] = {}) -> dict[str, str]:
    """The host's environment without its keys: what is on the allow-list, and what is given."""
    allowed = {*_ALLOWED, *_ALLOWED_TOO}
    return {n: v for n, v in os.environ.items() if n in allowed or n.startswith("LC_")} | {**given}


@dataclass(frozen=True)
class Launch:
    """What kind of kernel is wanted. A spare serves any start of its own kind.

    Attributes:
        transport: over which sockets its clients reach it.
        ip: the address that it listens on, for tcp.
        early: functions, as "module:function", that are called with the request before there
            is a socket or a second thread; the place for what confines the process.
        options: what these read in the request, beside its `folder`.
    """

    transport: Literal["ipc", "tcp"] = "ipc"
    ip: str = "127.0.0.1"
    early: tuple[str, ...] = ()
    options: Mapping[str, Json] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Equal for launches that are alike."""
        return json.dumps([self.transport, self.ip, self.early, dict(self.options)])

    def connection(self, folder: Path) -> dict[str, Any]:
        """Connection information of a kernel of this kind."""
        ipc = self.transport == "ipc"
        return {
            "transport": self.transport,
            "ip": str(folder / "k") if ipc else self.ip,
            "key": secrets.token_hex(16),
            "signature_scheme": "hmac-sha256",
            **{name: number if ipc else 0 for number, name in enumerate(_PORTS, 1)},
        }


@dataclass(frozen=True)
class Going:
    """What a kernel is told when it is wanted.

    Attributes:
        cwd: its working folder; None for the host's.
        env: its environment; None for the host's without its keys.
        setup: functions, as "module:function", called with the application and the request.
        options: what these read in the request.
    """

    cwd: Path | None = None
    env: Mapping[str, str] | None = None
    setup: tuple[str, ...] = ()
    options: Mapping[str, Json] = field(default_factory=dict)

    def word(self) -> dict[str, Any]:
        """As the kernel hears it."""
        env = clean_environment() if self.env is None else dict(self.env)
        cwd = str(self.cwd or Path.cwd())
        return {**self.options, "cwd": cwd, "env": env, "setup": self.setup}


class _Process:
    """One life of the zygote."""

    def __init__(self, preload: tuple[str, ...]) -> None:
        self.folder = _short_folder()
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        arguments = [str(theirs.fileno()), str(self.folder), str(os.getpid()), *preload]
        one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        with theirs, (self.folder / "stderr").open("wb") as stderr:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "replplan_kernels.zygote.server", *arguments],
                env=clean_environment(one | {"IPYTHONDIR": str(self.folder / "ipython")}),
                cwd=self.folder,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                start_new_session=True,
            )

    def last_words(self) -> str:
        """The last line that it wrote to stderr."""
        with contextlib.suppress(OSError):
            lines = (self.folder / "stderr").read_text("utf-8", "replace").split("\n")
            return next((line.strip() for line in reversed(lines) if line.strip()), "")
        return ""

    def close(self) -> None:
        """End it, and with it every kernel that it has forked."""
        self.control.close()
        try:
            self.popen.wait(5)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Zygote:
    """Forks kernels from a process that has imported what they need.

    It is started when the first kernel is wanted, and again when it has died. It ends with
    `close`, with the host, however that ends, and takes its kernels along.

    Args:
        preload: modules to import beside a kernel's own, where they are installed.
        spare: keep one finished kernel of each kind in reserve.
    """

    def __init__(self, preload: tuple[str, ...] = PRELOAD, *, spare: bool = True) -> None:
        self.preload, self.spare = preload, spare
        self._process: _Process | None = None
        self._spares: dict[str, ForkedKernel] = {}
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._closed = False

    def warm(self) -> int:
        """See to it that the process is there, without waiting for its imports; its pid.

        Raises:
            KernelError: it cannot be started.
        """
        if reason := can_fork():
            raise KernelError(f"no kernel can be forked: {reason}")
        with self._lock:
            if self._closed:
                raise KernelError("no kernel can be forked: this zygote is closed")
            if self._process is not None and self._process.popen.poll() is not None:
                self._forget()
            if self._process is None:
                self._process = _Process(self.preload)
            return self._process.popen.pid

    async def start(
        self,
        launch: Launch = Launch(),
        going: Going = Going(),
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
        kernel = None if connection else await self._spare(launch)
        try:
            kernel = kernel or await self._ready(self._ask(launch, connection))
            kernel.tell(going.word())
            await asyncio.wait_for(kernel.hear("going"), _START_SECONDS)
        except BaseException as error:
            if kernel:
                kernel.release()
            if isinstance(error, OSError):
                raise KernelError(f"the kernel did not start: {error}") from error
            raise
        if self.spare and connection is None:
            asyncio.get_running_loop().call_later(_SPARE_SECONDS, self.prepare, launch)
        return kernel

    def prepare(self, launch: Launch) -> None:
        """Have a spare made of this kind, unless there is one."""
        with self._lock, contextlib.suppress(KernelError):
            if not self._closed and launch.key not in self._spares:
                self._spares[launch.key] = self._ask(launch)

    async def _spare(self, launch: Launch) -> ForkedKernel | None:
        with self._lock:
            spare = self._spares.pop(launch.key, None)
        with contextlib.suppress(KernelError):  # it died meanwhile: a fresh one will do
            return await self._ready(spare) if spare else None
        return None

    def _ask(self, launch: Launch, connection: Mapping[str, Any] | None = None) -> ForkedKernel:
        """Ask for a kernel, and do not wait for it."""
        try:
            with self._lock:
                self.warm()
                assert self._process is not None
                process, folder = self._process, self._process.folder / str(next(self._numbers))
            folder.mkdir(0o700)
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            kernel = ForkedKernel(ours, folder)
            with theirs:
                kernel.tell(
                    {
                        **launch.options,
                        "folder": str(folder),
                        "early": launch.early,
                        "connection": dict(connection or launch.connection(folder)),
                        "connection_file": str(folder / "kernel.json"),
                    }
                )
                socket.send_fds(process.control, [b"fork"], [theirs.fileno()])
        except OSError as error:
            raise KernelError(f"no kernel can be forked: {error}") from error
        return kernel

    async def _ready(self, kernel: ForkedKernel) -> ForkedKernel:
        try:
            async with asyncio.timeout(_START_SECONDS):
                kernel.connection = await kernel.hear("ready")
        except BaseException as error:
            kernel.release()
            if isinstance(error, (KernelError, TimeoutError)):
                raise KernelError(self._why(error)) from error
            raise
        return kernel

    def _why(self, error: Exception) -> str:
        with self._lock:
            process = self._process
            if process is None or process.popen.poll() is None:
                return str(error) or f"the kernel did not start within {_START_SECONDS:g} s"
            words = process.last_words() or "it left no message"
            return f"the process that kernels are forked from has ended: {words}"

    def _forget(self) -> None:
        spares, self._spares = self._spares, {}
        for spare in spares.values():
            spare.release()
        process, self._process = self._process, None
        if process is not None:
            process.close()

    def close(self) -> None:
        """End the process and every kernel that it has forked. May be called twice."""
        with self._lock:
            self._closed = True
            self._forget()

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


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


def _short_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="rp-")).resolve()
    if len(os.fsencode(folder)) + _LONGEST_NAME <= _SOCKET_PATH:
        return folder
    folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="rp-", dir="/tmp"))  # noqa: S108 - mkdtemp makes it 0700
