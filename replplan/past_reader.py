"""From a trace to a plan's past."""

from __future__ import annotations

from pathlib import Path

from replplan.errors import ConfigError
from replplan.events import (
    Acted,
    CellFinished,
    CellStarted,
    Event,
    FunctionCalled,
    LimitReached,
    ModelCalled,
    ModelReplied,
    PlanFinished,
    PlanStarted,
    SessionClosed,
    SessionOpened,
    TranscriptFolded,
)
from replplan.past import Past, PastSession, PastTurn
from replplan.replay import Prompts, completion_of
from replplan.steering_events import (
    AskAnswered,
    CellReviewed,
    LimitsRaised,
    Noted,
    OwnCellStarted,
)
from replplan.trace import read_trace


class PastReader:
    """Reads a trace.

    Attributes:
        started: how the plan began.
        finished: how it ended, if it did.
        past: its past.

    Raises:
        TraceError: it cannot be read.
        ConfigError: it does not begin with the start of a plan.
    """

    def __init__(self, path: Path) -> None:
        events = list(read_trace(path))
        if not isinstance(events[0], PlanStarted):
            raise ConfigError(f"{path} does not begin with the start of a plan")
        self.started = events[0]
        last = events[-1]
        self.finished = last if isinstance(last, PlanFinished) else None
        self.past = Past(str(path))
        self._prompts = Prompts()
        self._entries: dict[str, int] = {}
        self._notes: dict[str, list[str]] = {}
        self._own: dict[str, list[str]] = {}
        for event in events[: _end(events)]:
            self._take(event)
        for session, cells in self._own.items():
            self._of(session).own_last = cells
        self.past.seconds = max(0.0, last.time - self.started.time)

    def _of(self, session: str) -> PastSession:
        return self.past.sessions[session]

    def _take(self, event: Event) -> None:
        past = self._of(event.session)
        match event:
            case SessionOpened():
                self._entries[event.session] = event.entry
                past.opened = past.opened or event
            case SessionClosed(failure=str(failure)):
                past.failures[self._entries.get(event.session, 1)] = failure
            case Acted():
                past.acts.append(event)
                self.past.acts.append(event)
            case FunctionCalled():
                past.calls.append(event)
            case ModelCalled(purpose="ask"):
                pass
            case ModelReplied(purpose="ask"):
                self.past.asked[event.digest].append(completion_of(event))
            case ModelCalled():
                self._begin_turn(past, event)
            case _:
                self._take_of_steering(past, event)
                self._take_of_turn(past, event)

    def _take_of_steering(self, past: PastSession, event: Event) -> None:
        match event:
            case AskAnswered():
                past.answers.append((event.question, event.answer))
            case LimitsRaised():
                self.past.raised.append(event)
            case Noted():
                self._notes.setdefault(event.session, []).append(event.text)
            case OwnCellStarted():
                self._own.setdefault(event.session, []).append(event.code)

    def _take_of_turn(self, past: PastSession, event: Event) -> None:
        """What belongs to the latest turn of its session."""
        if not past.turns:
            return
        turn = past.turns[-1]
        match event:
            case ModelReplied():
                turn.reply = completion_of(event)
            case TranscriptFolded() if turn.reply is None:  # it was refused, and asked again
                past.turns.pop()
                self._notes[event.session] = turn.notes
                self._own[event.session] = turn.own_before
            case CellReviewed():
                turn.review = event
            case CellStarted():
                turn.started = event
                turn.own_within = self._own.pop(event.session, [])
            case CellFinished() if event.result.stopped != "ended":
                turn.finished, turn.over = event, True
            case SessionClosed():
                turn.over = True

    def _begin_turn(self, past: PastSession, event: ModelCalled) -> None:
        prompt = self._prompts.take(event)
        if past.turns:
            before = past.turns[-1]
            if before.prompt == prompt:  # of a branch: its model was asked anew
                past.turns.pop()
            else:
                before.over = True
        entry = self._entries.get(event.session, 1)
        notes = self._notes.pop(event.session, [])
        own = self._own.pop(event.session, [])
        past.turns.append(PastTurn(entry, prompt, notes, own))


def _end(events: list[Event]) -> int:
    """Where a plan broke off: if it told of its end, what stands before is its unwinding."""
    end = len(events)
    if isinstance(events[-1], PlanFinished):
        while _unwinds(events[end - 1]):
            end -= 1
    return end


def _unwinds(event: Event) -> bool:
    match event:
        case SessionClosed(failure=failure):
            return failure is not None
        case CellFinished(result=result):
            return result.stopped == "ended"
    return isinstance(event, LimitReached | PlanFinished)
