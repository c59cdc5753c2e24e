"""The gate of a run, asked from another process: the worker's end, and the host's."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from replplan.evaluate.gate import Gate, Outcome
from replplan.evaluate.leave import Leave
from replplan.evaluate.messages import Enter, Forget, GateReply, Question, Settle


class RemoteGate:
    """The worker's end. `tell` sends a message to the host, in order."""

    def __init__(self, tell: Callable[[Question], None]) -> None:
        self._tell, self._numbers = tell, itertools.count(1)
        self._waiting: dict[int, asyncio.Future[float | bool]] = {}

    async def enter(self, model: str) -> float:
        """Wait for leave to send a request."""
        number = next(self._numbers)
        try:
            return await self._ask(Enter(ask=number, model=model), number)
        except asyncio.CancelledError:
            self._tell(Forget(ask=number, model=model))
            raise

    async def settle(self, outcome: Outcome) -> bool:
        """Tell how a request went; whether to send it once more."""
        if outcome.trouble is None:
            self._tell(Settle(outcome=outcome))
            return False
        number = next(self._numbers)
        return bool(await self._ask(Settle(ask=number, outcome=outcome), number))

    async def _ask(self, question: Enter | Settle, number: int) -> float | bool:
        reply: asyncio.Future[float | bool] = asyncio.get_running_loop().create_future()
        self._waiting[number] = reply
        self._tell(question)
        try:
            return await reply
        finally:
            del self._waiting[number]

    def hear(self, reply: GateReply) -> None:
        """What the host replied."""
        waiting = self._waiting.get(reply.ask)
        if waiting is not None and not waiting.done():
            waiting.set_result(reply.value)


class GateKeeper:
    """The host's end, for one worker: takes its questions to the gate, and replies.

    `reply` sends a reply; to a worker that has gone, none.
    """

    def __init__(self, gate: Gate, reply: Callable[[GateReply], Awaitable[None]]) -> None:
        self._leave, self._reply = Leave(gate), reply
        self._asking: dict[int, asyncio.Task[None]] = {}
        self._questions: set[asyncio.Task[None]] = set()
        self._news: set[asyncio.Task[Any]] = set()

    def hear(self, message: Question) -> None:
        """Take up what the worker says, in the order in which it says it."""
        match message:
            case Settle(ask=None):
                _start(self._leave.settle(message.outcome), self._news)
            case Enter(ask=int(number)) | Settle(ask=int(number)):
                self._asking[number] = _start(self._answer(message, number), self._questions)
            case Forget():
                self._forget(message)

    async def _answer(self, question: Enter | Settle, number: int) -> None:
        """Ask the gate, which takes its time, and reply."""
        try:
            value = await (
                self._leave.enter(question.model)
                if isinstance(question, Enter)
                else self._leave.settle(question.outcome)
            )
        finally:
            self._asking.pop(number, None)
        await self._reply(GateReply(ask=number, value=value))

    def _forget(self, forget: Forget) -> None:
        if task := self._asking.pop(forget.ask, None):
            task.cancel()
        else:  # it has leave, and no use for it
            _start(self._leave.give_back(forget.model), self._news)

    async def close(self) -> None:
        """The worker has ended, or the run: what it held of the gate is free again."""
        for task in self._questions:
            task.cancel()
        await asyncio.gather(*self._questions, *self._news, return_exceptions=True)
        await self._leave.give_all_back()


def _start(work: Coroutine[Any, Any, Any], among: set[asyncio.Task[Any]]) -> asyncio.Task[Any]:
    task = asyncio.create_task(work)
    among.add(task)
    task.add_done_callback(among.discard)
    return task
