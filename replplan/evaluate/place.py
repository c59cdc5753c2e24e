"""Where the episodes of a run are played: a small protocol, and this very process."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, Self

from replplan.errors import ReplplanError
from replplan.evaluate.line import EpisodeLine
from replplan.evaluate.room import Room
from replplan.evaluate.status import Watch
from replplan.evaluate.study import Job


class PlaceLost(ReplplanError):
    """The process that played an episode has ended; the episode can be begun again."""


class Place(Protocol):
    """Where episodes are played: `async with place`, then `play` from many tasks at once.

    Attributes:
        name: what people are told of it.
    """

    name: str

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *error: object) -> None:
        """End all that runs there."""
        ...

    async def play(self, job: Job, trace: Path, watch: Watch) -> EpisodeLine:
        """Play an episode to its end; cancelling it ends it.

        Args:
            job: which one.
            trace: where its trace is to be when this returns.
            watch: is told what it does, where the place can tell.

        Raises:
            PlaceLost: where it ran has ended.
            ReplplanError: it could not be begun, or its trace not be written.
        """
        ...


class Here:
    """This process's own event loop."""

    name = "this process"

    def __init__(self, room: Room) -> None:
        self._room = room

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._room.close()

    async def play(self, job: Job, trace: Path, watch: Watch) -> EpisodeLine:
        """Play it here."""
        return await self._room.play(job, trace, watch)
