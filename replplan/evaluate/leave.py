"""What somebody far away has of the gate: leave for requests, which ends with them."""

from __future__ import annotations

from collections import Counter

from replplan.evaluate.gate import Gate, Outcome


class Leave:
    """The requests of one worker that the gate has let pass and that are not settled yet.

    A worker that ends, or whose question crosses its being broken off, settles nothing by itself;
    what it holds of the gate would be lost to all others.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._held: Counter[str] = Counter()

    async def enter(self, model: str) -> float:
        """Wait for leave to send a request."""
        sent = await self._gate.enter(model)
        self._held[model] += 1
        return sent

    async def settle(self, outcome: Outcome) -> bool:
        """Enter how a request went; whether to send it once more. What is not held any more has
        been given back."""
        if not self._held[outcome.model]:
            return False
        self._held[outcome.model] -= 1
        return await self._gate.settle(outcome)

    async def give_back(self, model: str) -> None:
        """A request that may go out never will."""
        await self.settle(Outcome(model=model, sent=0.0, first=0.0))

    async def give_all_back(self) -> None:
        """Whoever held it has ended."""
        for model in [*self._held.elements()]:
            await self.give_back(model)
