"""Every model request of a run passes one gate: rate limits, lost endpoints, what a run may cost.

`GatedModel` is a Model that asks the gate before each request and tells it how it went. The gate
is in the process that leads the run; episodes that run elsewhere reach it through a `Gate` of
their own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from replplan.errors import ModelError
from replplan.evaluate.limiter import RateLimiter
from replplan.model import Completion, Model, ModelAround, OnText, Request
from replplan.record import Record

TRIES = 5
"""How often one request is sent while others get their answers."""
PATIENCE = 300.0
"""Seconds that an endpoint which does not answer is waited for."""


class Outcome(Record):
    """How a request went. `trouble` is None where a completion came or the request was broken off.

    `sent` is what `Gate.enter` gave; `first` that of the first try, `tries` how many there were.
    `cost` in US dollars; None where it is not known.
    """

    model: str
    sent: float
    first: float
    tries: int = 1
    cost: float | None = 0.0
    done: bool = False
    trouble: Literal["busy", "lost", "hopeless"] | None = None
    retry_after: float | None = None
    error: str = ""


class Gate(Protocol):
    """What episodes need of the gate."""

    async def enter(self, model: str) -> float:
        """Wait for leave to send a request; it never comes when the run is over."""
        ...

    async def settle(self, outcome: Outcome) -> bool:
        """Tell how a request went; whether to send it once more."""
        ...


class GatedModel(ModelAround):
    """A model whose requests pass a gate. It is closed by whoever made the model."""

    def __init__(self, model: Model, gate: Gate, asked: str) -> None:
        super().__init__(model)
        self._gate, self._asked = gate, asked

    async def complete(self, request: Request, on_text: OnText | None = None) -> Completion:
        """One completion, asked for again where there is hope.

        Raises:
            ModelError: none came.
        """
        first, tries = 0.0, 0
        while True:
            sent = await self._gate.enter(self._asked)
            first, tries = first or sent, tries + 1
            outcome = Outcome(model=self._asked, sent=sent, first=first, tries=tries)
            try:
                completion = await self._model.complete(request, on_text)
            except ModelError as error:
                if not await self._gate.settle(_trouble(outcome, error)):
                    raise
            except BaseException:
                await self._gate.settle(outcome)
                raise
            else:
                cost = completion.tokens.cost
                await self._gate.settle(outcome.model_copy(update={"cost": cost, "done": True}))
                return completion


def _trouble(outcome: Outcome, error: ModelError) -> Outcome:
    trouble = "hopeless" if error.hopeless else "busy" if error.busy else "lost"
    known = error.hopeless or error.transient
    told = {"trouble": trouble if known else None, "error": str(error)}
    return outcome.model_copy(update=told | {"retry_after": error.retry_after})


@dataclass
class Spending:
    """What a run may cost and has cost, in US dollars.

    Requests under way are counted as if each cost twice as much as the dearest one so far, and the
    first one goes alone: so all of them together go past the limit by one request at most, unless
    prices more than double at once.
    """

    total: float | None = None
    spent: float = 0.0
    dearest: float = 0.0
    under_way: int = 0
    known: int = 0

    @property
    def is_used_up(self) -> bool:
        """Whether no further request may go out, whatever those under way will cost."""
        return self.total is not None and self.spent >= self.total

    @property
    def has_room(self) -> bool:
        """Whether a request may go out now."""
        if self.total is None or not self.under_way:
            return True
        return bool(self.known) and self.spent + self.under_way * 2 * self.dearest < self.total

    def add(self, cost: float) -> None:
        """Enter the price of a request."""
        self.spent += cost
        self.known += 1
        self.dearest = max(self.dearest, cost)


@dataclass
class HostGate:
    """The gate itself.

    Attributes:
        most: requests to one model at once, at most.
        end: is told, in a sentence, why the run can go on no more.
        spending: what it may cost.
        patience: seconds that an endpoint which does not answer is waited for.
    """

    most: int
    end: Callable[[str], None]
    spending: Spending = field(default_factory=Spending)
    patience: float = PATIENCE
    clock: Callable[[], float] = time.monotonic
    limiters: dict[str, RateLimiter] = field(default_factory=dict)
    _room: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def enter(self, model: str) -> float:
        """Wait for leave to send a request."""
        sent = await self._limiter(model).enter()
        try:
            await self._pay()
        except BaseException:
            self._limiter(model).withdrawn()
            raise
        return sent

    async def settle(self, outcome: Outcome) -> bool:
        """Enter how a request went; whether to send it once more."""
        self.spending.under_way -= 1
        limiter = self._limiter(outcome.model)
        self._pass_on(limiter, outcome)
        if outcome.done:
            self._charge(outcome)
        if self.spending.total is not None:
            async with self._room:
                self._room.notify_all()
        if outcome.trouble is None:
            return False
        if outcome.trouble == "hopeless":
            self.end(outcome.error)
            return False
        return self._is_hope(limiter, outcome)

    def _pass_on(self, limiter: RateLimiter, outcome: Outcome) -> None:
        if outcome.done:
            limiter.succeeded()
        elif outcome.trouble == "busy":
            limiter.was_busy(outcome.sent, outcome.retry_after)
        elif outcome.trouble == "lost":
            limiter.was_lost(outcome.sent)
        else:
            limiter.withdrawn()

    def _is_hope(self, limiter: RateLimiter, outcome: Outcome) -> bool:
        answers_others = limiter.answered > outcome.first
        if answers_others and outcome.trouble == "lost":
            return outcome.tries < TRIES
        silent = self.clock() - max(limiter.answered, outcome.first)
        if silent + (outcome.retry_after or 0) <= self.patience:
            return True
        self.end(f"{outcome.error} (for {silent:.0f} s, and --patience is {self.patience:g} s)")
        return False

    async def _pay(self) -> None:
        spending = self.spending
        if spending.total is not None:
            async with self._room:
                await self._room.wait_for(lambda: spending.is_used_up or spending.has_room)
        if spending.is_used_up:
            self.end(f"the run has cost {spending.spent:.4g} dollars, all that it may")
            await asyncio.get_running_loop().create_future()  # whoever ends the run cancels this
        spending.under_way += 1

    def _charge(self, outcome: Outcome) -> None:
        if outcome.cost is not None:
            self.spending.add(outcome.cost)
        elif self.spending.total is not None:
            self.end(f"the price of {outcome.model} is not known, so --total-cost cannot be kept")

    def _limiter(self, model: str) -> RateLimiter:
        if model not in self.limiters:
            self.limiters[model] = RateLimiter(self.most, self.clock)
        return self.limiters[model]
