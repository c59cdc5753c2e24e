"""Leads a run: which episode is played when, what is kept, and when it is over."""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

from replplan.errors import ReplplanError
from replplan.evaluate.folder import RunFolder
from replplan.evaluate.harvest import harvest
from replplan.evaluate.line import EpisodeLine, lost
from replplan.evaluate.place import Place, PlaceLost
from replplan.evaluate.status import Status
from replplan.evaluate.study import Job

STARTS = 3
"""How often an episode is begun before the ends of its processes count as its own fault."""


class Audience(Protocol):
    """Who watches a run."""

    def begins(self, folder: RunFolder, jobs: int) -> None:
        """It begins or goes on, with so many episodes at once; the folder says what is there."""
        ...

    def started(self, job: Job) -> None:
        """An episode is begun."""
        ...

    def status(self, job: Job, status: Status) -> None:
        """What an episode does."""
        ...

    def finished(self, line: EpisodeLine) -> None:
        """An episode is over, and kept."""
        ...

    def left(self, job: Job) -> None:
        """An episode was broken off."""
        ...

    def says(self, sentence: str) -> None:
        """Something that people have to know."""
        ...


@dataclass(frozen=True)
class Ending:
    """How a run ended: `why` is a sentence where it did not come to its end."""

    kind: Literal["complete", "stopped", "interrupted"]
    why: str = ""


@dataclass
class Conductor:
    """One run under way.

    Attributes:
        folder: where it is kept.
        audience: who watches.
        jobs: episodes at once.
        seconds: wall time that it may take from now on; None for no limit.
        ending: how it ends, once that is clear.
    """

    folder: RunFolder
    audience: Audience
    jobs: int = 1
    seconds: float | None = None
    ending: Ending | None = None
    _playing: asyncio.Task[None] | None = None
    _stopped: bool = False
    _left: Iterator[Job] = field(default_factory=lambda: iter(()))

    async def run(self, place: Place) -> Ending:
        """Play what is missing.

        Raises:
            ReplplanError: an episode could not be begun, or something not be written. What was
                finished before is kept.
        """
        self._harvest()
        self.audience.begins(self.folder, self.jobs)
        self._left = iter(self.folder.missing())
        self._playing = asyncio.create_task(self._play(place))
        try:
            async with asyncio.timeout(self.seconds):
                await asyncio.shield(self._playing)
        except TimeoutError:
            self.stop(Ending("stopped", f"the run has taken {self.seconds:g} s, all that it may"))
        except asyncio.CancelledError:
            if not self._playing.cancelled():
                self.interrupt()
        with contextlib.suppress(asyncio.CancelledError):
            await self._playing
        left = self.folder.missing()
        return (self.ending or Ending("stopped")) if left else Ending("complete")

    def finish(self) -> None:
        """Begin no further episode; those that run are played to their end."""
        self.ending = self.ending or Ending("interrupted")

    def interrupt(self) -> None:
        """Stop now."""
        self.stop(Ending("interrupted"))

    def stop(self, ending: Ending) -> None:
        """Break off what runs; it stays missing. The first reason stands."""
        self.ending = self.ending or ending
        if self._playing is not None and not self._stopped:
            self._playing.cancel()
            self._stopped = True

    def end(self, why: str) -> None:
        """Stop because the run can go on no more."""
        self.stop(Ending("stopped", why))

    def _harvest(self) -> None:
        """Take the results of episodes that were finished just before their run was killed."""
        for job in self.folder.missing():
            if line := harvest(self.folder.trace(job), job):
                self.folder.add(line)

    async def _play(self, place: Place) -> None:
        try:
            async with place, asyncio.TaskGroup() as group:
                for _ in range(self.jobs):
                    group.create_task(self._one_after_another(place))
        except* ReplplanError as errors:
            raise errors.exceptions[0] from None

    async def _one_after_another(self, place: Place) -> None:
        for job in self._left:
            if self.ending is not None:
                return
            self.audience.started(job)
            line = None
            try:
                line = await self._whole(place, job)
                self.folder.add(line)
            finally:
                self.audience.finished(line) if line else self.audience.left(job)

    async def _whole(self, place: Place, job: Job) -> EpisodeLine:
        """Play an episode, again where the process that it was played in has ended."""
        why = ""
        for start in range(1, STARTS + 1):
            trace = self.folder.clear(job)
            try:
                return await place.play(job, trace, lambda s: self.audience.status(job, s))
            except PlaceLost as error:
                self.audience.says(f"{job.name}: {error}")
                why = f"{error}, for the {start}. time"
            except ReplplanError:
                raise
            except Exception as error:  # noqa: BLE001 it is a result, and never ends a run
                where = traceback.format_exc(limit=-3)
                fault = f"a fault in replplan, {type(error).__name__}: {error}\n{where}"
                return lost(job, fault, "replplan")
        return lost(job, why, "host")
