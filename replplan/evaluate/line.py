"""One line of `episodes.jsonl`: what came of an episode, and what was counted on the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from replplan.base_event import Fault
from replplan.episode import EpisodeResult
from replplan.evaluate.study import Job
from replplan.events import (
    CellFinished,
    Event,
    ModelCalled,
    ModelReplied,
    PlanFinished,
    PlanStarted,
    TurnRejected,
)
from replplan.limits import Usage
from replplan.record import Record

_MOST_ERRORS = 30
_LONGEST_ERROR = 200


class Spans(Record):
    """Where the wall time of an episode went, in seconds.

    `start`: until the first request, in which world and kernel open. `waiting`: held back, by a
    rate limit or a lost endpoint. `model`: at least one request was under way. `cells`: all the
    rest, in which cells run and the world answers.
    """

    start: float = 0.0
    waiting: float = 0.0
    model: float = 0.0
    cells: float = 0.0


class EpisodeLine(EpisodeResult):
    """An episode's result, and which one of its run it was.

    `asked` is the model as it was named for the run, `model` its full name; `kind` the task's;
    `began` in seconds since the epoch; `errors` counts the Python errors of cells. `trace` is a
    path in the run folder.
    """

    number: int
    method: str
    asked: str
    kind: str = ""
    began: float = 0.0
    spans: Spans = Spans()
    errors: dict[str, int] = {}

    @property
    def good(self) -> bool:
        """Whether it counts as solved: where nothing measures that, whether it answered."""
        return self.stop_reason == "answered" if self.solved is None else self.solved

    @property
    def is_infrastructure(self) -> bool:
        """Whether it says nothing about the method or the model: a fault around them ended it."""
        return self.stop_reason == "failed" or self.fault is not None


@dataclass
class Tally:
    """A sink that counts what `EpisodeLine` has beside the result."""

    began: float = 0.0
    errors: Counter[str] = field(default_factory=Counter)
    finished: PlanFinished | None = None
    kind: str = ""
    _first: float | None = None
    _last: float = 0.0
    _asked: dict[tuple[str, str, str], float] = field(default_factory=dict)
    _open: float = 0.0
    _model: float = 0.0
    _held: float = 0.0

    def __call__(self, event: Event) -> None:
        """Enter an event."""
        self._last = event.time
        match event:
            case PlanStarted():
                self.began, self.kind = event.time, event.kind
            case ModelCalled():
                self._call(event)
            case ModelReplied():
                self._reply(event)
            case CellFinished() if event.result.error:
                error = event.result.error
                first = (error.message.splitlines() or [""])[0]
                self.errors[f"{error.name}: {first}"[:_LONGEST_ERROR]] += 1
            case TurnRejected():
                self.errors[f"no cell: {event.reason.splitlines()[0]}"[:_LONGEST_ERROR]] += 1
            case PlanFinished():
                self.finished = event

    def _call(self, event: ModelCalled) -> None:
        if self._first is None:
            self._first = event.time
        if not self._asked:
            self._open = event.time
        self._asked[event.session, event.purpose, event.digest] = event.time

    def _reply(self, event: ModelReplied) -> None:
        asked = self._asked.pop((event.session, event.purpose, event.digest), None)
        if asked is None:
            return
        self._held += max(0.0, event.time - asked - event.seconds)
        if not self._asked:
            self._model += event.time - self._open

    @property
    def spans(self) -> Spans:
        """Where the time went up to now."""
        if self._first is None:
            return Spans(start=round(max(0.0, self._last - self.began), 3))
        start, waiting = self._first - self.began, min(self._held, self._model)
        rest = self._last - self._first - self._model
        return Spans(
            start=round(max(0.0, start), 3),
            waiting=round(waiting, 3),
            model=round(self._model - waiting, 3),
            cells=round(max(0.0, rest), 3),
        )

    def line(self, job: Job, result: EpisodeResult) -> EpisodeLine:
        """The line of an episode that has ended."""
        return EpisodeLine(
            **result.model_dump(),
            number=job.number,
            method=job.method,
            asked=job.model,
            kind=self.kind,
            began=round(self.began, 3),
            spans=self.spans,
            errors=dict(self.errors.most_common(_MOST_ERRORS)),
        )


def lost(job: Job, why: str, fault: Fault) -> EpisodeLine:
    """The line of an episode that could not be played; `why` is a sentence."""
    return EpisodeLine(
        task=job.task,
        domain="",
        split=job.split,
        seed=job.seed,
        model=job.model,
        score=None,
        solved=False,
        answer=None,
        stop_reason="failed",
        usage=Usage(),
        error=why,
        fault=fault,
        number=job.number,
        method=job.method,
        asked=job.model,
    )
