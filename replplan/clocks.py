"""The wall clocks of a plan: they end it in time, and stand still while somebody is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from replplan.limits import Budget

Spare = Callable[[], Awaitable[bool]]
"""Is asked when time is up; True: the clock goes on by what the budget has now."""


async def _never() -> bool:
    return False


@dataclass
class Clock:
    """Wall time that runs out for a block of code.

    Attributes:
        budget: whose seconds it counts.
        timeout: goes off in the block.
        grace: seconds that it adds to the budget's.
        spare: is asked before it goes off.
    """

    budget: Budget
    timeout: asyncio.Timeout
    grace: float = 0.0
    spare: Spare = _never
    _timer: asyncio.TimerHandle | None = None
    _asking: asyncio.Task[None] | None = None

    def set(self, *, going: bool) -> None:
        """Let it go off when the budget's time is up, or never."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        left = self.budget.seconds_left
        if going and left is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(left + self.grace, self._due)

    def _due(self) -> None:
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        spared = await self.spare()
        self._asking = None
        if spared:
            self.set(going=True)
        elif not self.timeout.expired():
            self.timeout.reschedule(asyncio.get_running_loop().time())

    def expired(self) -> bool:
        """Whether it went off."""
        return self.timeout.expired()

    def end(self) -> None:
        """Never go off any more."""
        self.set(going=False)
        if self._asking is not None:
            self._asking.cancel()


@dataclass
class Clocks:
    """All clocks of one plan."""

    _clocks: list[Clock] = field(default_factory=list)
    _stops: int = 0

    @asynccontextmanager
    async def within(
        self, budget: Budget, grace: float = 0.0, spare: Spare = _never
    ) -> AsyncIterator[Clock]:
        """Run the block for as long as the budget has seconds; then it gets a `TimeoutError`."""
        async with asyncio.timeout(None) as timeout:
            clock = Clock(budget, timeout, grace, spare)
            self._clocks.append(clock)
            if self._stops:
                budget.hold()
            self.reset()
            try:
                yield clock
            finally:
                self._clocks.remove(clock)
                clock.end()

    def reset(self) -> None:
        """Set all clocks anew: limits have changed, or whether somebody is waited for."""
        for clock in self._clocks:
            clock.set(going=not self._stops)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Let them stand still. May be nested, and entered by several at a time."""
        self._stops += 1
        for clock in self._clocks:
            clock.budget.hold()
        self.reset()
        try:
            yield
        finally:
            self._stops -= 1
            if not self._stops:
                for clock in self._clocks:
                    clock.budget.go_on()
                self.reset()
