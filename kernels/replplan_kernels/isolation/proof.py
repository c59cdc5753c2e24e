"""The proof that the walls hold: every known way out is tried, for real, from behind them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from replplan_kernels.isolation import ladder
from replplan_kernels.isolation.attempts import Attempt, every_attempt
from replplan_kernels.isolation.attempts.world import World, a_world
from replplan_kernels.isolation.helper import Helper

CONTROL = "an ordinary computation"


def _names(*families: type[BaseException]) -> frozenset[str]:
    names = (_names(*family.__subclasses__()) | {family.__name__} for family in families)
    return frozenset[str]().union(*names)


HELD = _names(OSError, MemoryError)
"""The errors by which a wall may be felt."""


@dataclass(frozen=True)
class Finding:
    """What came of one attempt.

    Attributes:
        what: what was tried.
        held: the wall held; for the control, that an ordinary computation works.
        detail: the system's answer, or what was got hold of.
        known: why this level is known not to hold it; empty if it is to hold.
    """

    what: str
    held: bool
    detail: str = ""
    known: str = ""


def prove(level: ladder.Level) -> list[Finding]:
    """Try every wall of a level, which takes about three seconds.

    The first and the last finding are the control, without which "held" would mean nothing.
    """
    with a_world() as world, a_prover(world, level) as prover:
        found = [prover.attempt(attempt) for attempt in every_attempt()]
        return [prover.control(), *found, prover.control()]


@dataclass(frozen=True)
class Prover:
    """Tries ways out, each in a process of its own behind walls."""

    world: World
    level: ladder.Level
    helper: Helper

    def attempt(self, attempt: Attempt) -> Finding:
        """Try one way out, and ask the world what it felt of it."""
        answer = self._ask(attempt.place, self.world.seen)
        error = str(answer.get("error", ""))
        held = error.partition(":")[0] in HELD if error else not answer["result"]
        detail = error or str(answer["result"])
        if self.world.heard():
            detail, held = "the host heard it", False
        if self.world.harmed():
            detail, held = "the host's files were changed", False
        return Finding(attempt.what, held, detail, attempt.known(self.level))

    def control(self) -> Finding:
        """Whether an ordinary computation works there."""
        answer = self._ask(ladder.WORKS)
        return Finding(CONTROL, answer.get("result") == "works", str(answer))

    def _ask(self, function: str, *arguments: Any) -> dict[str, Any]:
        request = ladder.prepare(self.world.walls, level=self.level)
        return self.helper.ask({"request": request, "function": function, "arguments": arguments})


@contextlib.contextmanager
def a_prover(world: World, level: ladder.Level, prefix: Sequence[str] = ()) -> Iterator[Prover]:
    """A prover for a level.

    Args:
        world: what must stay out of reach.
        level: the level to try.
        prefix: what to put before the command of the process that tries, such as a change of user.
    """
    outside = ladder.command_prefix(world.walls) if level == "bubblewrap" else []
    with Helper([*prefix, *outside], [world.open]) as helper:
        yield Prover(world, level, helper)
