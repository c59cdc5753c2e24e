"""What the cells of a plan called and what came back, to be given out once more."""

from __future__ import annotations

import json
import threading
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from replplan_kernels.inside.unwinding import PlanEnded, host_error


class NotRecordedError(RuntimeError):
    """A cell called something that it did not call in the recorded plan."""


@dataclass
class Stay:
    """One stay of a session in its REPL: what it was called with, by short reprs; the cells that
    ran in it, by their labels; why it ended without an answer."""

    session: str
    args: list[str]
    cells: list[tuple[str, str]]
    failure: str | None = None


@dataclass
class Record:
    """The calls of every session of a plan, and the stays in its REPLs.

    It stands where a kernel has its link to the host: `call` answers what cells call.

    Attributes:
        observation: what the world said last.
        stays: those that are left, in order, by the path that their call has: that of the session
            that called, and the name.
        sessions: the session of each REPL by its number.
        ended: whether the plan ended while cells ran, so that a call had no reply.
    """

    observation: str
    stays: dict[str, list[Stay]]
    ended: bool = False
    sessions: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._left: dict[str, deque[dict[str, Any]]] = defaultdict(deque)
        self._lock = threading.Lock()

    @classmethod
    def read(cls, text: str) -> Record:
        """A record from its JSON, as `replplan export --to notebook` writes it."""
        data = json.loads(text)
        record = cls(data["observation"], defaultdict(list), data["ended"])
        for stay in data["stays"]:
            record.stays[stay.pop("path")].append(Stay(**stay))
        for call in data["calls"]:
            record._left[_key(call["session"], call["name"], call["said"])].append(call)
        return record

    def call(self, frame: dict[str, Any]) -> dict[str, Any]:
        """As a link's reply, what came of this very call of this session the last time, and of the
        next equal one the time after.

        Raises:
            NotRecordedError: it was not called, or not as often.
            PlanEnded: the plan ended with it.
            Exception: what the call raised.
        """
        name, session = frame["call"], self.sessions[frame["repl"]]
        if name == "get_obs":
            return {"value": self.observation}
        said = _said(name, frame["args"], frame["kwargs"])
        with self._lock:
            left = self._left[_key(session, name, said)]
            call = left.popleft() if left else None
        if call is None:
            if self.ended:
                raise PlanEnded("the plan ended here")
            raise NotRecordedError(_missing(name, said))
        if call["error"] is not None:
            raise host_error(*call["error"])
        if name == "act":
            self.observation = call["value"]
        if call["ends"]:
            raise PlanEnded("the world ended here")
        return {"value": call["value"]}

    def enter(self, frame: dict[str, Any]) -> Stay:
        """The stay that a call of a sub-task leads to: of those that the same session called by
        that name, the next one with the same arguments, else the next one. Children that ran side
        by side may come in another order than they did.

        Args:
            frame: the call, as a kernel tells its host of it.

        Raises:
            NotRecordedError: it was not called so often.
            PlanEnded: the plan ended with it.
        """
        with self._lock:
            left = self.stays.get(f"{self.sessions[frame['parent']]}/{frame['name']}", [])
            same = (stay for stay in left if stay.args == frame["args"])
            stay = next(same, left[0] if left else None)
            if stay is not None:
                left.remove(stay)
                self.sessions[frame["repl"]] = stay.session
                return stay
        if self.ended:
            raise PlanEnded("the plan ended here")
        raise NotRecordedError(_missing(frame["name"], frame["args"]))

    def break_off_thread(self, thread: int) -> None:
        """Nothing waits for a host here."""


def _said(name: str, args: list[Any], kwargs: dict[str, Any]) -> list[Any]:
    """A call's arguments as the record has them: of a question, what a model was told of it."""
    if name == "ask":
        question, context, schema = args[:3]
        return [question, [part for part in context if isinstance(part, str)], schema]
    if name == "act":
        return [*args, *kwargs.values()]
    return [args, kwargs]


def _key(session: str, name: str, said: Iterable[Any]) -> str:
    return json.dumps([session, name, list(said)], sort_keys=True)


def _missing(name: str, said: list[Any]) -> str:
    what = f"{name}({', '.join(repr(part) for part in said)})"
    return (
        f"{what[:300]} is not in the record, or not so often: the record has what this plan "
        "called, once; run the notebook from its first cell"
    )
