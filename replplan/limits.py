"""What a plan may spend, what it has spent, and the account between the two."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, ValidationError

from replplan.errors import ConfigError, LimitExceeded
from replplan.record import Json, Record


class Limits(Record):
    """What a plan, the whole tree of its sessions, may spend. None: no limit.

    `turns`: model calls that write a cell. `model_calls`: these and the ones for `ask`.
    `tokens`: input and output together. `cost`: US dollars. `seconds`: wall time of the plan.
    `actions`: steps in the world. `depth`: how deep children nest (the root is at 0).
    `cell_seconds`: running time of one cell, calls to the host apart.

    Raises:
        ConfigError: there is no such limit, or it is no positive number.
    """

    turns: PositiveInt | None = 200
    model_calls: PositiveInt | None = 400
    tokens: PositiveInt | None = None
    cost: PositiveFloat | None = None
    seconds: PositiveFloat | None = 1800.0
    actions: PositiveInt | None = None
    depth: NonNegativeInt | None = 8
    cell_seconds: PositiveFloat | None = 60.0

    if not TYPE_CHECKING:  # pragma: no branch - type checkers read the fields

        def __init__(self, /, **given: Any) -> None:
            for name in given:
                if name not in Limits.model_fields:
                    known = ", ".join(Limits.model_fields)
                    raise ConfigError(f"there is no limit {name!r}; there are: {known}")
            try:
                super().__init__(**given)
            except ValidationError as error:
                raise ConfigError(_sentence(error)) from None

        # Limits that are read, from a trace say, do not come by here: what is unknown there is
        # of another version.
        __init__.__pydantic_base_init__ = True


def _sentence(error: ValidationError) -> str:
    wrong = error.errors()[0]
    name = str(wrong["loc"][0])
    number = "a whole number" if "int" in str(Limits.model_fields[name].annotation) else "a number"
    least = ", 0 or more," if name == "depth" else " above 0,"
    return f"the limit {name} is {number}{least} or None, not {wrong['input']!r}"


class Usage(Record):
    """What has been spent. Units as in `Limits`; `cached_tokens` are part of `input_tokens`.

    `cost` is None when a model's price is not known. `asks` are the questions that the model was
    asked: one that is equal to an earlier one is not.
    """

    turns: NonNegativeInt = 0
    model_calls: NonNegativeInt = 0
    asks: NonNegativeInt = 0
    input_tokens: NonNegativeInt = 0
    cached_tokens: NonNegativeInt = 0
    output_tokens: NonNegativeInt = 0
    cost: NonNegativeFloat | None = 0.0
    seconds: NonNegativeFloat = 0.0
    actions: NonNegativeInt = 0
    sessions: NonNegativeInt = 0

    @property
    def tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens


@dataclass
class Budget:
    """The one account of a tree of sessions, passed by reference.

    `check` is asked before anything is spent, `add` told after. The clock starts with the budget.

    A child may be given a budget of its own: what is spent on it is spent on its parent's too, and
    has to be within the limits of both. When a limit of its own has fallen, it allows nothing more.

    Attributes:
        limits: what may be spent.
        session: the id of the session whose limits they are.
        parent: the budget of which this one is a part; None for the plan's.
        depth: how deep that session is nested.
        fallen: the limit of a part that fell.
        before: seconds that had passed before it began.
    """

    limits: Limits = field(default_factory=Limits)
    session: str = "root"
    parent: Budget | None = None
    depth: int = 0
    fallen: LimitExceeded | None = None
    before: float = 0.0
    _usage: Usage = field(default_factory=Usage)
    _began: float = field(default_factory=lambda: time.monotonic())  # looked up anew, as below
    _held: float | None = None

    @property
    def usage(self) -> Usage:
        """What has been spent up to now."""
        seconds = round(self._elapsed(), 3)
        return self._usage.model_copy(update={"seconds": seconds})

    def check(self, *limits: str) -> None:
        """Refuse what would go past one of these limits, or past tokens, cost or wall time.

        Raises:
            LimitExceeded: that limit is used up; of several budgets, the innermost one's.
        """
        usage = self.usage
        for limit in (*limits, "tokens", "cost", "seconds"):
            allowed, used = getattr(self.limits, limit), getattr(usage, limit)
            if allowed is not None and used is not None and used >= allowed:
                self._fall(LimitExceeded(limit, used, allowed, self.session))
        if self.fallen is not None:
            raise self.fallen
        if self.parent is not None:
            self.parent.check(*limits)

    def _fall(self, limit: LimitExceeded) -> None:
        if self.parent is None:
            raise limit
        self.fallen = self.fallen or limit

    def check_depth(self, depth: int) -> None:
        """Refuse a session nested deeper than allowed.

        Raises:
            LimitExceeded: the limit on depth.
        """
        if self.limits.depth is not None and depth - self.depth > self.limits.depth:
            raise LimitExceeded("depth", depth - self.depth, self.limits.depth, self.session)
        if self.parent is not None:
            self.parent.check_depth(depth)

    def add(self, spent: Usage) -> None:
        """Enter what was spent; `seconds` is kept by the budget's own clock."""
        names = type(spent).model_fields.keys() - {"cost"}
        total = {n: getattr(self._usage, n) + getattr(spent, n) for n in names}
        known = self._usage.cost is not None and spent.cost is not None
        total["cost"] = (self._usage.cost or 0) + (spent.cost or 0) if known else None
        self._usage = Usage(**total)
        if self.parent is not None:
            self.parent.add(spent)

    @property
    def bounds_cost(self) -> bool:
        """Whether there is a limit on cost, its own or one that it is a part of."""
        above = self.parent is not None and self.parent.bounds_cost
        return self.limits.cost is not None or above

    @property
    def seconds_left(self) -> float | None:
        """Wall time that is left; None without a limit on it."""
        if self.limits.seconds is None:
            return None
        return max(0.0, self.limits.seconds - self._elapsed())

    def copy(self) -> Budget:
        """An account of its own with the same limits, and as much spent."""
        return replace(self)

    def hold(self) -> None:
        """Stop the clock: somebody is waited for. A second time does nothing."""
        if self._held is None:
            self._held = time.monotonic()

    def go_on(self) -> None:
        """Let the clock go on from where it was stopped, if it was."""
        if self._held is not None:
            self._began += time.monotonic() - self._held
            self._held = None

    def _elapsed(self) -> float:
        return self.before + (self._held or time.monotonic()) - self._began

    @property
    def cell_seconds(self) -> float | None:
        """Running time that the next cell may have; None without a limit on it."""
        own = [self.limits.cell_seconds]
        if self.parent is not None:
            own += [self.parent.cell_seconds, self.seconds_left]
        return min((seconds for seconds in own if seconds is not None), default=None)


def limits_of_child(given: Mapping[str, Json]) -> Limits:
    """The limits that a parent gives a child: those that are named, `depth` counted from the child.

    Raises:
        ConfigError: there is no such limit, or it is no positive number.
    """
    return Limits(**{**dict.fromkeys(Limits.model_fields), **given})
