"""Ways out of a kernel, each a function that tries one.

A function is given the world (`attempts.world.World.seen`) and says what it got hold of, or None.
An OSError or a MemoryError means that a wall held; any other error, that the attempt itself is
broken. The standard library must do, since they run behind the walls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from replplan_kernels.isolation import landlock

Seen = dict[str, Any]
"""What an attempt knows of the host: paths, ports, process numbers."""

Try = Callable[[Seen], object]


@dataclass(frozen=True)
class Attempt:
    """One way out.

    Attributes:
        what: in a few words, such as "read a file of the host".
        function: tries it.
        open_at: levels at which it is known to succeed, each with the reason.
        still: whether that is so on this machine and for this user.
    """

    what: str
    function: Try
    open_at: dict[str, str] = field(default_factory=dict)
    still: Callable[[], bool] = lambda: True

    def known(self, level: str) -> str:
        """Why a level does not hold it here; empty if it is to hold."""
        reason = self.open_at.get(level, "")
        return reason if reason and self.still() else ""

    @property
    def name(self) -> str:
        """Short and unique."""
        return self.function.__name__

    @property
    def family(self) -> str:
        """What it is after: "files", "processes", "network", "system" or "resources"."""
        return self.function.__module__.rpartition(".")[2]

    @property
    def place(self) -> str:
        """Where a fresh Python finds the function."""
        return f"{self.function.__module__}:{self.name}"


def landlock_before(abi: int) -> Callable[[], bool]:
    """Whether this machine's Landlock is older than some level of its interface."""
    return lambda: landlock.abi() < abi


def every_attempt() -> list[Attempt]:
    """All that are known."""
    from replplan_kernels.isolation.attempts import files, network, processes, resources, system

    return [
        *files.ATTEMPTS,
        *processes.ATTEMPTS,
        *network.ATTEMPTS,
        *system.ATTEMPTS,
        *resources.ATTEMPTS,
    ]
