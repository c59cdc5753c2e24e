"""What the host of a run and its workers tell each other, in JSON: processes of this machine a
line each, those of a cluster through its scheduler."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from replplan.evaluate.gate import Outcome
from replplan.evaluate.line import EpisodeLine
from replplan.evaluate.status import Status
from replplan.evaluate.study import Job, Study
from replplan.record import Record
from replplan.telemetry import Telling

LONGEST_LINE = 64 << 20
"""Bytes of a message, at most."""


class Begin(Record):
    """To a worker: which study it is, and where spans go."""

    do: Literal["begin"] = "begin"
    study: Study
    telling: Telling


class Play(Record):
    """To a worker: play this episode, and write its trace there."""

    do: Literal["play"] = "play"
    job: Job
    trace: str


class Cancel(Record):
    """To a worker: break an episode off."""

    do: Literal["cancel"] = "cancel"
    job: int


class GateReply(Record):
    """To a worker: what the gate says to `Enter` (when it let the request pass) or to `Settle`
    (whether to send it once more), by the number of its question."""

    do: Literal["reply"] = "reply"
    ask: int
    value: float | bool


class Progress(Record):
    """To the host: how an episode stands."""

    do: Literal["progress"] = "progress"
    job: int
    status: Status


class Finished(Record):
    """To the host: what came of an episode."""

    do: Literal["finished"] = "finished"
    job: int
    line: EpisodeLine


class Refused(Record):
    """To the host: why an episode could not be played; `kind` is the error's class."""

    do: Literal["refused"] = "refused"
    job: int
    kind: str
    error: str


class Enter(Record):
    """To the host: may a request to this model go out? A `GateReply` comes when it may."""

    do: Literal["enter"] = "enter"
    ask: int
    model: str


class Forget(Record):
    """To the host: that request will not be sent, allowed or not."""

    do: Literal["forget"] = "forget"
    ask: int
    model: str


class Settle(Record):
    """To the host: how a request went. A `GateReply` comes where `ask` is a number."""

    do: Literal["settle"] = "settle"
    ask: int | None = None
    outcome: Outcome


Question = Enter | Forget | Settle
"""What is asked of the gate."""

ToWorker = Begin | Play | Cancel | GateReply
ToHost = Progress | Finished | Refused | Question
TO_WORKER: TypeAdapter[ToWorker] = TypeAdapter(Annotated[ToWorker, Field(discriminator="do")])
TO_HOST: TypeAdapter[ToHost] = TypeAdapter(Annotated[ToHost, Field(discriminator="do")])


def in_a_line(message: Record) -> bytes:
    """A message as it is sent."""
    return message.to_json() + b"\n"
