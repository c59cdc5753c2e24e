"""A plan goes on from where its trace breaks off: after a crash, a Ctrl-C, a limit that fell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from replplan.episode import Episode
from replplan.errors import ConfigError, LimitExceeded
from replplan.events import PlanStarted
from replplan.limits import Limits
from replplan.live_plan import LivePlan
from replplan.model import Completion, Model, ModelAround, OnText, Request
from replplan.past import Past
from replplan.past_reader import PastReader
from replplan.prompt import Question
from replplan.session import Session
from replplan.steering import Allow, Refuse, Steering, Verdict


@dataclass(frozen=True)
class Resumable:
    """A trace to go on from: how its plan began, and its past."""

    started: PlanStarted
    past: Past


def read_resumable(path: Path) -> Resumable:
    """Read a trace to go on from.

    Raises:
        TraceError: it cannot be read.
        ConfigError: it does not begin with the start of a plan, or the plan came to its end.
    """
    reader = PastReader(path)
    started, finished = reader.started, reader.finished
    if finished and finished.stop_reason in ("answered", "world_ended", "stuck"):
        raise ConfigError(
            f"the plan of {path} came to its end ({finished.stop_reason}): there is nothing to go"
            " on with"
        )
    return Resumable(started, reader.past)


def resumed(episode: Episode, trace: Resumable) -> Episode:
    """The same episode, going on from where the trace breaks off.

    Its kernel is rebuilt by running the recorded cells again, with the results that their calls
    had; its world is led through the recorded actions. Functions of the domain and the model are
    not called again for what the trace holds. What was spent counts as spent.

    Raises:
        ConfigError: the trace is of another task, or of another method.
    """
    started = trace.started
    for what, now, then in (
        ("domain", episode.domain.name, started.domain),
        ("task", episode.task.id, started.task),
        ("goal", episode.task.goal, started.goal),
        ("method", episode.planner.name, started.method),
    ):
        if now != then:
            raise ConfigError(
                f"{trace.past.path} cannot be resumed with the {what} {now!r}, it is of {then!r}:"
                " give the flags that it had"
            )
    return replace(
        episode,
        model=PastModel(trace.past, episode.model, started.taught),
        steering=PastSteering(trace.past, episode.steering),
        past=trace.past,
        seed=started.seed,
    )


class PastModel(ModelAround):
    """Says what the model said, as far as the trace goes; then the model is asked.

    Attributes:
        taught: whether the recorded model was. The prompts go on as they began, whoever goes on.
    """

    taught = False

    def __init__(self, past: Past, model: Model, taught: bool) -> None:
        super().__init__(model)
        self._past, self.taught = past, taught

    async def complete(self, request: Request, on_text: OnText | None = None) -> Completion:
        """The recorded completion where there is one, else a new one.

        Raises:
            ModelError: none came.
        """
        if request.purpose == "turn":
            known = self._past.reply(request.session)
        else:
            known = self._past.reply_to(request.digest)
        return known or await self._model.complete(request, on_text)


class PastSteering(Steering):
    """Does again what somebody did, as far as the trace goes; then they are asked themselves."""

    def __init__(self, past: Past, steering: Steering) -> None:
        self._past, self._steering = past, steering
        self._plan: LivePlan | None = None

    def opened(self, plan: LivePlan) -> None:
        """Hand it on."""
        self._plan = plan
        self._steering.opened(plan)

    def closed(self) -> None:
        """Hand it on."""
        self._steering.closed()

    async def before_turn(self, session: Session) -> Sequence[str]:
        """The notes that there were; the cells that somebody ran before this turn run again."""
        past = self._past.sessions.get(session.id)
        if past and past.turns:
            await self._run(session, past.turns[0].own_before)
            return past.turns[0].notes
        if past:
            await self._run(session, past.take_own_last())
        return await self._steering.before_turn(session)

    async def before_cell(self, session: Session, code: str) -> Verdict | None:
        """What was made of the cell."""
        past = self._past.sessions.get(session.id)
        now = past and past.now
        if not now or not (now.started or now.review):
            return await self._steering.before_cell(session, code)
        await self._run(session, now.own_within)
        if now.review is None:
            return None
        if now.review.verdict == "refused":
            return Refuse(now.review.reason)
        return Allow(now.review.code or code)

    async def after_cell(self, session: Session) -> None:
        """Hand it on."""
        await self._steering.after_cell(session)

    async def before_ask(self, session: Session, question: Question) -> str | None:
        """What somebody replied."""
        past = self._past.sessions.get(session.id)
        for known in past.answers if past else ():
            if past and known[0] == question.text:
                past.answers.remove(known)
                return known[1]
        if past and past.is_over:
            return None
        return await self._steering.before_ask(session, question)

    async def limit_fell(self, limit: LimitExceeded) -> Limits | None:
        """The limits to which it was raised."""
        if self._past.raised and self._past.raised[0].limit == limit.limit:
            return self._past.raised.popleft().limits
        return await self._steering.limit_fell(limit)

    async def _run(self, session: Session, cells: Sequence[str]) -> None:
        for code in cells:
            if self._plan is not None:
                await self._plan.run_cell(code, session.id)
