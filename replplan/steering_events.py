"""Events of steering: what somebody did to a plan under way. A plan without has none of them."""

from __future__ import annotations

from typing import Literal

from replplan.base_event import BaseEvent
from replplan.cell import CellResult, Variable
from replplan.limits import Limits


class CellReviewed(BaseEvent):
    """Somebody looked at a proposed cell before it ran: `code` is what it was edited to, `reason`
    what the model is told of a refusal."""

    type: Literal["cell_reviewed"] = "cell_reviewed"
    turn: int
    proposed: str
    verdict: Literal["run", "edited", "refused"]
    code: str = ""
    reason: str = ""


class Noted(BaseEvent):
    """Somebody's note enters the transcript."""

    type: Literal["noted"] = "noted"
    text: str


class AskAnswered(BaseEvent):
    """Somebody other than the model replied to the question of an `ask`."""

    type: Literal["ask_answered"] = "ask_answered"
    question: str
    answer: str


class LimitsRaised(BaseEvent):
    """A limit of the plan fell, and the plan goes on with these."""

    type: Literal["limits_raised"] = "limits_raised"
    limit: str
    limits: Limits


class Paused(BaseEvent):
    """The plan waits before a session's next turn, or (`paused` false) goes on."""

    type: Literal["paused"] = "paused"
    paused: bool = True


class Interrupted(BaseEvent):
    """Somebody interrupted the running cell of a session; `stopped`: it ended by that."""

    type: Literal["interrupted"] = "interrupted"
    stopped: bool


class Branched(BaseEvent):
    """A second plan goes on from here: in the trace of the first, `to` is the trace of the second.
    In that of the second, which begins with all that had happened before, `origin` is the first's.
    """

    type: Literal["branched"] = "branched"
    to: str | None = None
    origin: str | None = None


class VariablesSeen(BaseEvent):
    """What the cells of a session had bound after one of them, where somebody watches live."""

    type: Literal["variables_seen"] = "variables_seen"
    variables: tuple[Variable, ...]


class Resumed(BaseEvent):
    """This plan goes on from where another trace, `origin`, breaks off. What that holds is lived
    through first: cells run again, calls and completions give what they gave."""

    type: Literal["resumed"] = "resumed"
    origin: str


class OwnCellStarted(BaseEvent):
    """Somebody runs a cell of their own in a session. `number` counts from 1 in each plan."""

    type: Literal["own_cell_started"] = "own_cell_started"
    number: int
    code: str


class OwnCellFinished(BaseEvent):
    """Such a cell has ended, or `failure` says why there is no result."""

    type: Literal["own_cell_finished"] = "own_cell_finished"
    number: int
    result: CellResult = CellResult()
    shown: str = ""
    failure: str | None = None


SteeringEvent = (
    CellReviewed
    | Noted
    | AskAnswered
    | LimitsRaised
    | Paused
    | Interrupted
    | Branched
    | Resumed
    | OwnCellStarted
    | OwnCellFinished
    | VariablesSeen
)
"""One of these."""
