"""A kernel forked from the host's warm zygote, which walls itself in before its first thread."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient

from replplan.errors import KernelError
from replplan.kernel import KernelOptions
from replplan_kernels.channels import SocketContext, ZmqChannels
from replplan_kernels.client import Client
from replplan_kernels.enclosure import ENTER, Enclosure, zygote_for, zygote_in_bubblewrap
from replplan_kernels.isolation.walls import Mount
from replplan_kernels.link import Frame
from replplan_kernels.process import LocalProcess, kill_tree
from replplan_kernels.room import check_room
from replplan_kernels.workspace import Workspace, check_folder
from replplan_kernels.zygote.client import Zygote
from replplan_kernels.zygote.forked import ForkedKernel
from replplan_kernels.zygote.launch import Going, Launch

_SETUP = ("replplan_kernels.inside.place:settle", "replplan_kernels.inside.install:install_fork")
_TO_CONNECT = 3
_WELCOME_SECONDS, _WELCOMES = 30.0, 60


@dataclass
class Family:
    """A forked kernel and its branches, who live in one private folder; the last one removes it.

    Attributes:
        workspace: that of the first of them.
        zygote: who takes care of them.
        own: the zygote, where it serves none but these.
        members: those that are not closed.
    """

    workspace: Workspace
    zygote: Zygote
    own: Zygote | None
    members: list[ForkedProcess] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def new_folder(self) -> Path:
        """A place for the sockets of a branch."""
        folder = self.workspace.private / f"b{next(self._numbers)}"
        folder.mkdir(0o700)
        return folder

    def others(self, one: ForkedProcess) -> list[int]:
        """The processes of the other members."""
        return [member.pid for member in self.members if member is not one and member.pid]

    def leave(self, one: ForkedProcess) -> bool:
        """Count this member no more; whether it was the last one."""
        if one in self.members:
            self.members.remove(one)
        return not self.members

    def remove(self) -> None:
        """Leave nothing behind."""
        self.workspace.remove()
        if self.own is not None:
            self.own.close()


class ForkedProcess(LocalProcess):
    """A forked kernel, and a client that is connected to it. See `KernelProcess`."""

    def __init__(self, options: KernelOptions) -> None:
        self.options = options
        self._kernel: ForkedKernel | None = None
        self._own: Zygote | None = None
        self._family: Family | None = None

    @property
    def family(self) -> Family:
        """Itself and its branches, once it is started."""
        assert self._family is not None
        return self._family

    async def start(self) -> ZmqChannels:
        """Fork it and wait until it can be reached. It then waits for `go`.

        Raises:
            ConfigError: a folder or file of the options is not there.
            KernelError: it did not start, or this machine cannot wall it in; says why.
        """
        given = check_folder(self.options)
        enclosure = self._enclosure(given)
        launch = Launch(
            early=f"{ENTER}:enter", prepare=enclosure, spare=enclosure.usual, by_message=False
        )
        zygote = self._zygote(enclosure)
        self._kernel, self._launch = await zygote.take(launch), launch
        private = self._kernel.folder
        self.workspace = Workspace(private, given or private / "work")
        self._family = Family(self.workspace, zygote, self._own, [self])
        if not self._shown(given):
            await asyncio.to_thread(self.workspace.place, self.options.files)
        return reach(self._kernel)

    async def check(self, client: Client) -> None:
        """Wait until the subscription to its output is known to hold.

        Raises:
            KernelError: it has ended, or does not answer, or there are no descriptors for that.
        """
        assert self._kernel is not None
        assert isinstance(client.channels, ZmqChannels)
        death = asyncio.ensure_future(self._kernel.ended())
        welcome = asyncio.ensure_future(client.welcomed.wait())
        try:
            for _ in range(_WELCOMES):
                await asyncio.wait(
                    {welcome, death},
                    timeout=_WELCOME_SECONDS / _WELCOMES,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if welcome.done():
                    return
                if death.done():
                    break
                check_room(_TO_CONNECT)
                # ipykernel may oversee a subscription that arrives while it sends: ZMQ tells of
                # what arrives once, and to send takes that note away.
                client.channels.subscribe_anew()
        finally:
            welcome.cancel()
            death.cancel()
        how = self._kernel.how()
        raise KernelError(f"the kernel did not start: it does not answer, {how}")

    async def go(self, given: Frame) -> bool:
        """Have it be ours, before it takes any message."""
        assert self._kernel is not None
        going = Going(setup=_SETUP, options={"install": given | self.ends()})
        await self.family.zygote.go(self._kernel, self._launch, going)
        return True

    def _shown(self, given: Path | None) -> bool:
        """Whether the walls show the files as they are; else they are copied."""
        return self.options.isolation != "none" and given is None

    def _enclosure(self, given: Path | None) -> Enclosure:
        options = self.options
        files = tuple(str(f.resolve()) for f in options.files) if self._shown(given) else ()
        return Enclosure(
            options.isolation,
            str(given) if given else None,
            files,
            tuple(Mount(str(m.path.resolve()), m.writable) for m in options.mounts),
            options.network,
            options.hides,
        )

    def _zygote(self, enclosure: Enclosure) -> Zygote:
        """The shared one, or one of its own, where the walls around that must let more through."""
        shared = zygote_for(self.options.isolation)
        if shared.prefix is None or (enclosure.usual and not enclosure.network):
            return shared
        self._own = zygote_in_bubblewrap(enclosure)
        return self._own

    @property
    def pid(self) -> int | None:
        """Its process id as the host sees it; None where it was never started."""
        return self._kernel.pid if self._kernel else None

    def last_words(self) -> str:
        """How it ended: it has no other way to say so."""
        return self._kernel.how() if self._kernel else ""

    async def interrupt(self) -> None:
        """Send SIGINT to it and to what it started."""
        if self._kernel and self._kernel.poll() is None:
            with contextlib.suppress(OSError):
                group = os.getpgid(self._kernel.pid)
                os.killpg(group, signal.SIGINT)
                os.killpg(group, signal.SIGCONT)  # a cell may have stopped its own process

    async def ended(self) -> str:
        """Wait until it has ended; how it did, for people."""
        assert self._kernel is not None
        code, why = await self._kernel.ended(), self._kernel.why
        how = f"exit code {code}" if code >= 0 else f"signal {-code}"
        return f" ({how}: {why})" if why else f" ({how})"

    def kill(self) -> None:
        """End it and all that it started, at once."""
        if self._kernel and self._kernel.pid and self._kernel.poll() is None:
            kill_tree(self._kernel.pid, self.family.others(self))

    async def close(self) -> None:
        """End it; the last of its family removes the folder, and what was put into another."""
        if self._kernel is not None:
            self.kill()
            await self._kernel.ended()
            self._kernel.hang_up()
        if self._family is not None:
            await asyncio.to_thread(self._leave, self._family)
        elif self._own is not None:
            await asyncio.to_thread(self._own.close)

    def _leave(self, family: Family) -> None:
        if family.leave(self):
            family.remove()
        elif self.workspace is not family.workspace:
            self.workspace.remove()


def reach(kernel: ForkedKernel) -> ZmqChannels:
    """Its channels; `ForkedProcess.check` waits until they are known to hold.

    Raises:
        KernelError: there are no sockets for it.
    """
    client: Any = AsyncKernelClient(context=SocketContext.instance())
    client.load_connection_info(kernel.connection | {"key": kernel.connection["key"].encode()})
    return ZmqChannels.connected(client, "shell", "iopub")
