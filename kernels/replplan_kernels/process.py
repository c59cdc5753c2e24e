"""A kernel's process: how it is started, interrupted, watched and ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from traitlets import TraitError

from replplan.errors import ConfigError, KernelError
from replplan.kernel import KernelOptions
from replplan_kernels.channels import Channel, SocketContext, ZmqChannels
from replplan_kernels.client import Client
from replplan_kernels.link import Hearer, Link
from replplan_kernels.starting import bootstrap
from replplan_kernels.workspace import Workspace, make_workspace
from replplan_kernels.zygote.family import kill, tree

_PASSED_ON = ("PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
_START_SECONDS = 60.0
_POLL_SECONDS = 0.1


def clean_environment(workspace: Workspace) -> dict[str, str]:
    """What the kernel's environment holds: no keys, and nothing that shapes Python or Jupyter."""
    kept = {n: v for n, v in os.environ.items() if n in _PASSED_ON or n.startswith("LC_")}
    return kept | {
        "IPYTHONDIR": str(workspace.private / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(workspace.private),
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONUTF8": "1",
    }


class _OurSpec(KernelSpecManager):
    """The kernel of this very Python, whatever kernels are installed for the user."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        options = ["--HistoryManager.enabled=False", "--IPKernelApp.exec_PYTHONSTARTUP=False"]
        return KernelSpec(argv=command + options, display_name=kernel_name, language="python")


def _specs(name: str | None) -> KernelSpecManager:
    """Where the kernel's command is found: among those installed, if one is named.

    Raises:
        ConfigError: none of that name is installed, or it is no Python.
    """
    if name is None:
        return _OurSpec()
    specs = KernelSpecManager()
    try:
        spec = specs.get_kernel_spec(name)
    except (NoSuchKernel, OSError, ValueError, TraitError) as error:
        there = ", ".join(sorted(specs.find_kernel_specs())) or "none"
        damaged = "" if isinstance(error, NoSuchKernel) else f" that can be read ({error})"
        raise ConfigError(
            f"there is no kernelspec {name!r}{damaged}; installed are: {there}"
        ) from error
    if spec.language.lower() != "python":
        raise ConfigError(f"the kernel {name} speaks {spec.language}, and cells are Python")
    return specs


class LocalProcess:
    """What all kernels on this machine have in common: a folder that both sides see.

    Attributes:
        workspace: its folders, once it is started.
        asked_on_control: whether it is asked on the control channel as well.
        left: for people, what becomes of a kernel whose cell nothing could stop.
    """

    workspace: Workspace
    asked_on_control = False
    left = "its kernel was killed"

    def shared_folder(self) -> Path:
        """Where the host can put what the kernel is to take up."""
        return self.workspace.private

    def make_link(self, hearer: Hearer) -> Link:
        """The socket on which the kernel calls."""
        return Link(self.workspace.private / "link", hearer)

    def bootstrap(self, given: dict[str, Any]) -> str:
        """The code that makes the kernel ours."""
        return bootstrap(given | self.ends())

    def ends(self) -> dict[str, str]:
        """Where the kernel finds the link, and the folder that both sides see."""
        return {"link": str(self.workspace.private / "link"), "folder": str(self.workspace.private)}

    async def go(self, given: dict[str, Any]) -> bool:
        """It takes messages from the start; whether it is ours without one: it is not."""
        return False

    async def check(self, client: Client) -> None:
        """It was started by us: it answers."""

    async def settle(self, client: Client) -> None:
        """Nothing is left to be done when the kernel is ours."""


class KernelProcess(LocalProcess):
    """A stock kernel in a process of its own, and a client that is connected to it.

    Raises:
        ConfigError: there is no such kernelspec, or the working folder is none.
        KernelError: it is to be walled in.
    """

    def __init__(self, options: KernelOptions) -> None:
        specs = _specs(options.kernel)
        if options.isolation != "none":
            raise KernelError(
                "a kernel that is not forked cannot be walled in: run replplan in a container, "
                "or say --isolation none to run cells as yourself"
            )
        self.options = options
        self.workspace = workspace = make_workspace(options)
        self._errors: IO[bytes] | None = None
        self._manager = AsyncKernelManager(
            transport="ipc",
            ip=str(workspace.private / "kernel"),
            connection_file=str(workspace.private / "kernel.json"),
            kernel_spec_manager=specs,
            kernel_name=options.kernel or "python3",
        )

    async def start(self) -> ZmqChannels:
        """Start it and wait until it replies.

        Raises:
            ConfigError: a file of the options is not there.
            KernelError: it did not start; says what it wrote last.
        """
        await asyncio.to_thread(self.workspace.place, self.options.files)
        self._errors = (self.workspace.private / "stderr").open("wb")
        try:
            await self._manager.start_kernel(
                cwd=str(self.workspace.folder),
                env=clean_environment(self.workspace),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
            )
            return await self._connect()
        except (RuntimeError, OSError) as error:
            raise KernelError(f"the kernel did not start: {self.last_words() or error}") from error

    async def _connect(self) -> ZmqChannels:
        client: Any = self._manager.client(context=SocketContext.instance())
        client.start_channels(stdin=False, hb=False, control=False)
        try:
            await client.wait_for_ready(timeout=_START_SECONDS)
        except BaseException:
            client.stop_channels()
            raise
        sockets: dict[Channel, Any] = {
            "shell": client.shell_channel.socket,
            "iopub": client.iopub_channel.socket,
        }
        return ZmqChannels(client, sockets)

    def last_words(self) -> str:
        """The last line that the process wrote to stderr."""
        with contextlib.suppress(OSError):
            text = (self.workspace.private / "stderr").read_text("utf-8", "replace")
            return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
        return ""

    @property
    def pid(self) -> int | None:
        """Its process id; None where it was never started."""
        pid: int | None = getattr(self._manager.provisioner, "pid", None)
        return pid

    async def interrupt(self) -> None:
        """Send SIGINT to it and to what it started."""
        with contextlib.suppress(OSError, RuntimeError):
            await self._manager.interrupt_kernel()
            await self._manager.signal_kernel(signal.SIGCONT)  # it may have stopped itself

    async def ended(self) -> str:
        """Wait until it has ended; how it did, for people."""
        if self.pid is not None and hasattr(os, "pidfd_open"):
            with contextlib.suppress(OSError):
                await _end_of(self.pid)
        while await self._manager.is_alive():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(_POLL_SECONDS)
        process = getattr(self._manager.provisioner, "process", None)
        code = getattr(process, "returncode", None)
        return "" if code is None else f" (exit code {code})" if code >= 0 else f" (signal {-code})"

    def kill(self) -> None:
        """End it and all that it started, at once."""
        if self.pid is not None:
            kill_tree(self.pid)

    async def close(self) -> None:
        """End it and release what the manager holds."""
        self.kill()
        if self._manager.has_kernel:
            await self._manager.shutdown_kernel(now=True)
        else:
            await self._manager.cleanup_resources()
        if self._errors:
            self._errors.close()
        await asyncio.to_thread(self.workspace.remove)


def kill_tree(pid: int, spared: Iterable[int] = ()) -> None:
    """End a process and all that it started, but for those spared and what these started."""
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGSTOP)  # or it starts more meanwhile
        below = tree(pid).difference(*map(tree, spared))
        for process in {pid, *below}:
            with contextlib.suppress(PermissionError):  # it has become another user's
                kill(process)


async def _end_of(pid: int) -> None:
    loop, descriptor = asyncio.get_running_loop(), os.pidfd_open(pid)
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
