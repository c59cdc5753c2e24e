"""What an episode does at the moment, for people who watch a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from replplan.events import (
    Acted,
    CellFinished,
    CellStarted,
    Event,
    ModelCalled,
    ModelReplied,
    PlanStarted,
    SessionOpened,
)
from replplan.record import Record


class Status(Record):
    """Where an episode stands. `repl` is the session that was heard of last."""

    doing: Literal["starts", "model", "ask", "cell", "act"] = "starts"
    repl: str = "root"
    turns: int = 0
    tokens: int = 0
    cost: float = 0.0


Watch = Callable[[Status], None]


class Watcher:
    """A sink that tells of each change of an episode's status."""

    def __init__(self, watch: Watch) -> None:
        self._watch, self.status = watch, Status()

    def __call__(self, event: Event) -> None:
        """Tell what an event changes, if it changes anything."""
        change: dict[str, object] = {}
        match event:
            case PlanStarted() | SessionOpened():
                change = {}
            case ModelCalled():
                change = {"doing": "model" if event.purpose == "turn" else "ask"}
            case ModelReplied():
                usage = event.usage
                change = {"turns": usage.turns, "tokens": usage.tokens, "cost": usage.cost or 0.0}
            case CellStarted():
                change = {"doing": "cell"}
            case Acted():
                change = {"doing": "act"}
            case CellFinished():
                change = {"doing": "cell"}
            case _:
                return
        self.status = self.status.model_copy(update=change | {"repl": event.session})
        self._watch(self.status)
