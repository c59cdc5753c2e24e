"""What the user's sink is told, and what it makes of the result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from replplan.cell import Answer
from replplan.episode import EpisodeResult
from replplan.errors import ConfigError
from replplan.events import Event, PlanFinished, Sink
from replplan.goal import GoalDomain


class Told:
    """The user's sink, and the answer as it was given."""

    def __init__(self, sink: Sink | None) -> None:
        self._sink = sink
        self._error: Exception | None = None
        self._answer: Answer | None = None

    def __call__(self, event: Event) -> None:
        """Take note of an event, and tell the sink.

        Raises:
            ConfigError: it raised something, which ends the plan; it is told no more.
        """
        if isinstance(event, PlanFinished):
            self._answer = event.answer
        if self._sink is None or self._error is not None:
            return
        try:
            self._sink(event)
        except Exception as error:
            self._error = error
            raise ConfigError(f"on_event raised {type(error).__name__}: {error}") from error

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Around the plan: what the sink raised is raised, also where it ended no plan, at its
        first event or its last."""
        try:
            yield
        except ConfigError:
            if self._error is None:
                raise
        if self._error is not None:
            raise self._error

    def result(self, result: EpisodeResult, domain: GoalDomain) -> EpisodeResult:
        """The result with its answer as a value of the type that was asked for."""
        if self._answer is None or domain.answer_type is None:
            return result
        return result.model_copy(update={"answer": domain.answer_type.read(self._answer)})
