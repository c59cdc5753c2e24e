"""The state of a run as people ask for it: counts, rates, what is still to come."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from replplan.evaluate.folder import RunFolder
from replplan.evaluate.line import EpisodeLine
from replplan.evaluate.statistics import Interval, wilson
from replplan.evaluate.status import Status
from replplan.evaluate.study import Job


@dataclass
class Running:
    """An episode under way."""

    job: Job
    began: float
    status: Status = field(default_factory=Status)


@dataclass
class Board:
    """Keeps count of a run. Times are by `clock`, in seconds.

    Attributes:
        total: episodes of the whole run.
        before: episodes that were done before this process took it up.
    """

    total: int = 0
    before: int = 0
    done: int = 0
    solved: int = 0
    failed: int = 0
    tokens: int = 0
    cost: float | None = 0.0
    running: dict[int, Running] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    began: float = 0.0

    def begin(self, folder: RunFolder) -> None:
        """Take up a run."""
        self.began, self.total = self.clock(), len(folder.study.jobs())
        for line in folder.lines.values():
            self._count(line)
        self.before, self.tokens = self.done, 0

    def start(self, job: Job) -> None:
        """An episode is begun."""
        self.running[job.number] = Running(job, self.clock())

    def update(self, job: Job, status: Status) -> None:
        """An episode goes on."""
        if job.number in self.running:
            self.running[job.number].status = status

    def finish(self, line: EpisodeLine) -> None:
        """An episode is over."""
        self.running.pop(line.number, None)
        self._count(line)

    def leave(self, job: Job) -> None:
        """An episode was broken off."""
        self.running.pop(job.number, None)

    def _count(self, line: EpisodeLine) -> None:
        self.done += 1
        self.solved += line.good
        self.failed += line.stop_reason == "failed"
        self.tokens += line.usage.tokens
        cost = line.usage.cost
        self.cost = None if self.cost is None or cost is None else self.cost + cost

    @property
    def seconds(self) -> float:
        """Since this process took the run up."""
        return self.clock() - self.began

    @property
    def interval(self) -> Interval:
        """The share of episodes that are solved, so far."""
        return wilson(self.solved, self.done)

    @property
    def cost_so_far(self) -> float | None:
        """US dollars, those of episodes under way included; None where a price is not known."""
        if self.cost is None:
            return None
        return self.cost + sum(r.status.cost for r in self.running.values())

    @property
    def cost_projected(self) -> float | None:
        """US dollars of the whole run, if the rest costs as much as what is done."""
        return self.cost / self.done * self.total if self.done and self.cost is not None else None

    @property
    def tokens_a_second(self) -> float:
        """Since this process took the run up."""
        tokens = self.tokens + sum(r.status.tokens for r in self.running.values())
        return tokens / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Until the end, at the pace so far; None while nothing is known of it."""
        fresh = self.done - self.before
        return self.seconds / fresh * (self.total - self.done) if fresh else None
