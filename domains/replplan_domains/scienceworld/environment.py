"""A task of ScienceWorld as an environment."""

from __future__ import annotations

from typing import Any

from replplan.domain import Environment, Transition
from replplan_domains.scienceworld.simulator import borrow, give_back

NO_ACTION = "No known action matches that input."
_LONGEST = 300


class ScienceWorldEnvironment(Environment):
    """One task being done. After its end it repeats its last transition."""

    def __init__(self, task_type: str, variation: int, simplifications: str, moves: int) -> None:
        """Load a task.

        Args:
            task_type: one of the thirty.
            variation: which of its variations.
            simplifications: the simulator's words for what is made easier, separated by commas.
            moves: after so many actions it is cut off.

        Raises:
            ConfigError: the extra or Java is not installed, or there is no such simplification.
        """
        self._what = (task_type, variation, simplifications)
        self._moves, self._done = moves, 0
        self._end: Transition | None = None
        self._simulator: Any = borrow()

    def reset(self) -> str:
        """Begin anew; the first text tells the task.

        Raises:
            DomainError: the simulator cannot load it.
        """
        self._done, self._end = 0, None
        self._simulator.load(*self._what)
        server = self._simulator.server
        told = (server.freeActionTaskDesc(), server.freeActionLook(), server.freeActionInventory())
        return "\n".join(str(text).strip() for text in told)

    def step(self, action: str) -> Transition:
        """Do one action.

        The reward is the simulator's score, 0 where it is below that. At 1 the task is done; one
        wrong focus ends it without success.
        """
        if self._end is not None:
            return self._end
        self._done += 1
        words, server = " ".join(action.split()), self._simulator.server
        known = words.isascii() and words.isprintable() and 0 < len(words) <= _LONGEST
        said = str(server.step(words)).strip() if known else NO_ACTION
        score, over = float(server.getScore()), bool(server.getCompleted())
        terminated = over or score < 0
        told = Transition(
            observation=said,
            reward=min(1.0, max(0.0, score)),
            terminated=terminated,
            truncated=not terminated and self._done >= self._moves,
        )
        if told.terminated or told.truncated:
            self._end = told
        return told

    def close(self) -> None:
        """Leave the simulator to the next world."""
        if self._simulator is not None:
            give_back(self._simulator)
            self._simulator = None
