"""A level of BabyAI as an environment."""

from __future__ import annotations

from typing import Any

from replplan.domain import Environment, Transition
from replplan_domains.babyai.levels import ACTIONS, open_level
from replplan_domains.babyai.words import NOTHING, describe, thing

_REFUSAL = f"{NOTHING} The actions are: {', '.join(ACTIONS)}."


class BabyAIEnvironment(Environment):
    """One level being played. After its end it repeats its last transition.

    Copies and pickles go on from here by themselves.
    """

    def __init__(self, level: str, seed: int) -> None:
        """Draw a level by a seed.

        Raises:
            ConfigError: there is no such level, or the extra is not installed.
        """
        self._level, self._seed = level, seed
        self._world, self._seen = open_level(level, seed)
        self._done, self._end = 0, None

    _end: Transition | None

    def reset(self) -> str:
        """Begin anew; the first text tells the mission."""
        self._world, self._seen = open_level(self._level, self._seed)
        self._done, self._end = 0, None
        return f"Your mission: {self._seen['mission']}\n{self._text(True)}"

    def step(self, action: str) -> Transition:
        """Do one of the six actions; anything else is refused in words, and counts.

        The transition's info has BabyAI's own `reward`, which is less the longer it took, and the
        `admissible` actions: all six, always.
        """
        if self._end is not None:
            return self._end
        self._done += 1
        told = self._did(action) if action in ACTIONS else self._transition(_REFUSAL)
        if self._done >= self._world.max_steps and not told.terminated:
            told = told.model_copy(update={"truncated": True})
        if told.terminated or told.truncated:
            self._end = told
        return told

    def _did(self, action: str) -> Transition:
        before = self._state()
        self._seen, reward, terminated, truncated, _ = self._world.step(ACTIONS.index(action))
        text = self._text(self._state() != before)
        return self._transition(text, float(reward), bool(terminated), bool(truncated))

    def _transition(
        self, text: str, reward: float = 0.0, terminated: bool = False, truncated: bool = False
    ) -> Transition:
        return Transition(
            observation=text,
            reward=1.0 if terminated and reward > 0 else 0.0,
            terminated=terminated,
            truncated=truncated,
            info={"reward": reward, "admissible": list(ACTIONS)},
        )

    def _state(self) -> Any:
        """All that an action can change."""
        world = self._world
        place = tuple(map(int, world.agent_pos))
        return place, int(world.agent_dir), id(world.carrying), world.grid.encode().tobytes()

    def _text(self, changed: bool) -> str:
        carried = self._world.carrying
        told = thing(carried.type, carried.color) if carried else ""
        return describe(self._seen["image"], int(self._world.agent_dir), told, changed)
