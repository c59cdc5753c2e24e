"""What a forked kernel may reach, and the warm processes that kernels are forked from."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from replplan_kernels.isolation.ladder import command_prefix, prepare, strongest
from replplan_kernels.isolation.walls import Mount, Walls
from replplan_kernels.zygote.client import PRELOAD, Zygote, shared_zygote

ENTER = "replplan_kernels.isolation.enter"
"""The module by which a forked process walls itself in."""
_PRELOAD = (
    *PRELOAD,
    "replplan_kernels.inside.install",
    "replplan_kernels.inside.place",
    "replplan_kernels.inside.shell:prepare",
    ENTER,
)


@dataclass(frozen=True)
class Enclosure:
    """What a kernel may reach, once its own private folder is known. Equal ones share spares."""

    isolation: str
    folder: str | None
    files: tuple[str, ...]
    mounts: tuple[Mount, ...] = ()
    network: bool = False
    hides: tuple[str, ...] = ()

    @property
    def usual(self) -> bool:
        """Nothing outside of the private folder, so that a spare may be kept."""
        return not (self.folder or self.files or self.mounts or self.hides)

    def __call__(self, private: Path) -> dict[str, Any]:
        """The request by which the forked process walls itself in."""
        work = Path(self.folder) if self.folder else private / "work"
        work.mkdir(exist_ok=True)
        walls = Walls(
            folder=str(work),
            private=self.folder is None,
            files=self.files,
            sockets=str(private),
            mounts=self.mounts,
            network=self.network,
            hides=self.hides,
        )
        return prepare(walls, self.isolation)


async def left_out() -> list[str]:
    """Which modules kernels do not find imported already here, and why. See `Zygote.left_out`."""
    return await zygote_for("auto").left_out()


def zygote_for(isolation: str) -> Zygote:
    """The zygote for kernels of that isolation."""
    if isolation != "none" and strongest() == "bubblewrap":
        return _shared_in_bubblewrap()
    return shared_zygote(_PRELOAD)


@functools.cache
def _shared_in_bubblewrap() -> Zygote:
    return zygote_in_bubblewrap(Enclosure("auto", None, ()))


def zygote_in_bubblewrap(enclosure: Enclosure) -> Zygote:
    """A zygote whose kernels can reach what this enclosure lets through, and no more."""

    def prefix(folder: Path) -> list[str]:
        return command_prefix(
            Walls(
                folder=str(folder),
                private=False,
                readable=enclosure.files,
                writable=(enclosure.folder,) if enclosure.folder else (),
                mounts=enclosure.mounts,
                network=enclosure.network,
                hides=enclosure.hides,
            )
        )

    return Zygote(_PRELOAD, spare=enclosure.usual, prefix=prefix)
