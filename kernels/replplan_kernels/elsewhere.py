"""A kernel that runs already or on another machine: reached by Jupyter's messages alone."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from replplan.errors import ConfigError, KernelError
from replplan.kernel import KernelOptions
from replplan_kernels.channels import Channels
from replplan_kernels.client import Client
from replplan_kernels.link import Hearer, Link
from replplan_kernels.relay import RelayedLink
from replplan_kernels.starting import shipped

_REPLY_SECONDS = 30.0
_AGAIN_SECONDS = 3.0
_PIECE = 1 << 20


class Place(Protocol):
    """Where such a kernel is.

    Attributes:
        name: for people.
        owned: whether the kernel is ours to end.
    """

    name: str
    owned: bool

    async def open(self) -> Channels:
        """Reach the kernel.

        Raises:
            ConfigError: what was given leads nowhere.
            KernelError: nobody is there, or none that answers.
        """
        ...

    async def interrupt(self) -> None:
        """Send it SIGINT."""
        ...

    async def gone(self) -> str:
        """Wait until it has ended; how, for people."""
        ...

    async def close(self) -> None:
        """End it if it is ours, else leave it."""
        ...


class RemoteProcess:
    """The process of a kernel with which we share no file system. See `KernelProcess`."""

    asked_on_control = True
    pid = None

    def __init__(self, options: KernelOptions, place: Place) -> None:
        _check(options, place.name)
        self.options, self.place = options, place
        self._channels: Channels | None = None
        self._let_go = asyncio.Event()

    @property
    def left(self) -> str:
        """What becomes of it when a cell of it could not be stopped."""
        if self.place.owned:
            return "its kernel was ended"
        return f"its kernel is left as it is, restart it where you started it ({self.place.name})"

    async def start(self) -> Channels:
        """Reach it. See `Place.open`."""
        self._channels = await self.place.open()
        return self._channels

    def shared_folder(self) -> Path:
        """There is none.

        Raises:
            ConfigError: always.
        """
        raise ConfigError(
            f"the kernel at {self.place.name} shares no folder with this machine: "
            "it takes no values, and files only when it is opened"
        )

    def make_link(self, hearer: Hearer) -> Link:
        """The kernel's calls come over its own channels."""
        assert self._channels is not None
        self._link = RelayedLink(self._channels, hearer)
        return self._link

    def bootstrap(self, given: dict[str, Any]) -> str:
        """The code that makes the kernel ours."""
        return shipped(given | {"owned": self.place.owned, "visit": self._link.visit})

    async def go(self, given: dict[str, Any]) -> bool:
        """It runs already. See `LocalProcess.go`."""
        return False

    async def check(self, client: Client) -> None:
        """See to it that it answers, and runs Python.

        Raises:
            KernelError: it does not.
        """
        try:
            async with asyncio.timeout(_REPLY_SECONDS):
                told = await _asked_until_told(client)
        except TimeoutError as error:
            raise KernelError(
                f"the kernel at {self.place.name} does not answer within {_REPLY_SECONDS:g} s"
            ) from error
        language = str((told.get("language_info") or {}).get("name"))
        if language != "python":
            raise KernelError(
                f"the kernel at {self.place.name} speaks {language}, and cells are Python"
            )

    async def settle(self, client: Client) -> None:
        """Bring the files to its working folder.

        Raises:
            KernelError: it cannot hold them.
        """
        for file in self.options.files:
            for code in await asyncio.to_thread(lambda file=file: list(_pieces(file))):  # type: ignore[misc]
                told = await client.execute_silently(code)
                if told.get("status") != "ok":
                    raise KernelError(f"{file} cannot be put there: {told.get('evalue')}")

    def last_words(self) -> str:
        """It has none that we could see."""
        return f"it has ended ({self.place.name})"

    async def interrupt(self) -> None:
        """Send SIGINT to it."""
        with contextlib.suppress(KernelError):  # the ladder goes on
            await self.place.interrupt()

    async def ended(self) -> str:
        """Wait until it has ended or is let go; how, for people."""
        works = [asyncio.ensure_future(w) for w in (self.place.gone(), self._freed())]
        try:
            done, _ = await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
            return f" ({done.pop().result()})"
        finally:
            for work in works:
                work.cancel()

    async def _freed(self) -> str:
        await self._let_go.wait()
        return "it is let go"

    def kill(self) -> None:
        """Have no more to do with it; `close` ends it where it is ours."""
        self._let_go.set()

    async def close(self) -> None:
        """End it, or leave it."""
        await self.place.close()


async def _asked_until_told(client: Client) -> dict[str, Any]:
    """What a kernel says of itself. A message that comes while it begins may be lost on it."""
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_AGAIN_SECONDS):
                return await client.ask("kernel_info_request", {}, "control")


def _check(options: KernelOptions, name: str) -> None:
    if options.isolation != "none":
        raise KernelError(
            f"the kernel at {name} cannot be walled in from here: "
            "say --isolation none to run cells in it all the same"
        )
    if options.folder or options.mounts:
        raise ConfigError(
            f"the kernel at {name} has files of its own: it can be given single files, but no "
            "folder to work in and no mounts"
        )
    for file in options.files:
        if not file.exists():
            raise ConfigError(f"there is no file {file}: give the path of one that exists")


def _pieces(file: Path) -> Iterator[str]:
    """Code that writes a file, or a folder's files, in the kernel's working folder."""
    below = [p for p in sorted(file.rglob("*")) if p.is_file()] if file.is_dir() else [file]
    for path in below:
        name, mode = path.relative_to(file.parent).as_posix(), "wb"
        with path.open("rb") as source:
            while (data := source.read(_PIECE)) or mode == "wb":
                text = base64.b64encode(data).decode()
                yield (
                    "def _replplan(name, mode, text):\n"
                    "    import base64, pathlib\n"
                    "    path = pathlib.Path(name)\n"
                    "    path.parent.mkdir(parents=True, exist_ok=True)\n"
                    "    with path.open(mode) as file: file.write(base64.b64decode(text))\n"
                    f"_replplan({name!r}, {mode!r}, {text!r}); del _replplan"
                )
                mode = "ab"
