"""How many requests an endpoint bears at once, found out by trying; shared by all episodes."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

SHRINK = 0.7
"""What is left of the concurrency after the endpoint has asked for less."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds without a request after a trouble; they double while it lasts."""


@dataclass
class RateLimiter:
    """Lets requests go out: additive increase, multiplicative decrease (AIMD, as TCP has it).

    `enter` waits until a request may go out; one of `succeeded`, `was_busy`, `was_lost` or
    `withdrawn` has to be told of each that did. While an endpoint does not answer at all, one
    request at a time is let out to see whether it is back.

    Attributes:
        most: requests at once, at most.
        allowed: requests at once at present.
        down: whether the last thing heard of the endpoint is that it does not answer.
        answered: when a request last succeeded, by the clock.
    """

    most: int
    clock: Callable[[], float] = time.monotonic
    allowed: float = field(init=False)
    in_flight: int = 0
    down: bool = False
    answered: float = field(init=False)
    _pause: float = 0.0
    _opens: float = 0.0
    _troubled: float = -math.inf
    _waiters: deque[asyncio.Future[None]] = field(default_factory=deque)
    _timer: asyncio.TimerHandle | None = None

    def __post_init__(self) -> None:
        self.allowed = float(self.most)
        self.answered = self.clock()

    async def enter(self) -> float:
        """Wait for leave to send a request.

        Returns:
            When that was, by the clock; to be handed back with how it went.
        """
        if self._waiters or not self._is_open():
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            self._admit()
            try:
                await waiter
            except asyncio.CancelledError:
                self._give_up(waiter)
                raise
        else:
            self.in_flight += 1
        return self.clock()

    def succeeded(self) -> None:
        """A completion came."""
        self.answered, self.down, self._pause = self.clock(), False, 0.0
        self.allowed = min(self.most, self.allowed + 1 / self.allowed)
        self.withdrawn()

    def was_busy(self, sent: float, retry_after: float | None) -> None:
        """The endpoint asks for fewer requests, and maybe to wait some seconds."""
        if sent > self._troubled:  # else it was sent before the endpoint's wish was known
            self.allowed = max(1.0, self.allowed * SHRINK)
        self._wait(sent, retry_after)
        self.withdrawn()

    def was_lost(self, sent: float) -> None:
        """No answer came."""
        self.down = True
        self._wait(sent, None)
        self.withdrawn()

    def withdrawn(self) -> None:
        """A request is over that says nothing about the endpoint."""
        self.in_flight -= 1
        self._admit()

    def _wait(self, sent: float, seconds: float | None) -> None:
        """Hold requests back; longer than before, if this one was sent after that."""
        if sent > self._troubled:
            self._pause = min(LONGEST_PAUSE, max(FIRST_PAUSE, 2 * self._pause))
            self._troubled = self.clock()
        self._opens = max(self._opens, self.clock() + (self._pause if seconds is None else seconds))

    def _is_open(self) -> bool:
        room = 1 if self.down else math.floor(self.allowed)
        return self.in_flight < room and self.clock() >= self._opens

    def _admit(self) -> None:
        while self._waiters and self._is_open():
            waiter = self._waiters.popleft()
            if not waiter.done():
                self.in_flight += 1
                waiter.set_result(None)
        left = self._opens - self.clock()
        if self._waiters and left > 0 and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(left + 0.001, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._admit()

    def _give_up(self, waiter: asyncio.Future[None]) -> None:
        if waiter.done() and not waiter.cancelled():
            self.withdrawn()  # it had just been let in
        elif waiter in self._waiters:
            self._waiters.remove(waiter)
