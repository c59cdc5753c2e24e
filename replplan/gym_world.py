"""Any Gymnasium environment whose observations are text, as a domain."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from typing import Any, ClassVar

from replplan.domain import Domain, Environment, Task, Transition
from replplan.errors import ConfigError, DomainError
from replplan.extras import require

_MARKED = re.compile(r"\x1b\[[\d;]+m([^\x1b]+)\x1b\[0m")
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_SEEDS = {"train": range(1000, 2000), "dev": range(100), "test": range(100, 300)}


class GymDomain(Domain):
    """A Gymnasium environment; its tasks are seeds. Made by `gym_domain`."""

    name: ClassVar[str] = "gym"
    summary: ClassVar[str] = "a Gymnasium environment with text observations"

    def __init__(
        self, env_id: str, goal: str, actions: Sequence[str], options: dict[str, Any]
    ) -> None:
        self.env_id, self.goal, self.options = env_id, goal, options
        with contextlib.closing(GymWorld(self, 0)) as world:
            self.actions = tuple(actions) or world.numbers
            self.full = world.full
            world.check(self.actions)

    @property
    def description(self) -> str:
        """The goal, and the actions where they can be listed."""
        told = (
            f"The actions are: {', '.join(self.actions)}." if self.actions else "Actions are text."
        )
        return f"A world of Gymnasium, {self.env_id}. {told} The goal: {self.goal}"

    def splits(self) -> tuple[str, ...]:
        """Seeds to learn from, to try on, to measure by."""
        return tuple(_SEEDS)

    def tasks(self, split: str) -> Sequence[Task]:
        """A task for each seed.

        Raises:
            ConfigError: there is no such split.
        """
        if split not in _SEEDS:
            raise ConfigError(f"{self.env_id} has no split {split!r}: {', '.join(_SEEDS)}")
        return [
            Task(
                id=f"{split}-{seed}", domain=self.name, split=split, goal=self.goal,
                data={"seed": seed},
            )
            for seed in _SEEDS[split]
        ]  # fmt: skip

    def open(self, task: Task) -> Environment:
        """The environment, with the task's seed."""
        return GymWorld(self, int(task.data["seed"]))


class GymWorld(Environment):
    """A Gymnasium environment that takes text and gives text.

    The reward is the sum so far, as a share of what counts as solved, from 0 to 1.
    """

    def __init__(self, domain: GymDomain, seed: int) -> None:
        import gymnasium

        self._domain, self._seed, self._sum, self._over = domain, seed, 0.0, False
        try:
            self._env: Any = gymnasium.make(domain.env_id, **domain.options)
        except (gymnasium.error.Error, ImportError, TypeError) as error:
            raise ConfigError(f"gymnasium makes no {domain.env_id}: {error}") from error
        spaces = gymnasium.spaces
        self._says = isinstance(self._env.observation_space, spaces.Text)
        self._takes_text = isinstance(self._env.action_space, spaces.Text)
        count = getattr(self._env.action_space, "n", 0)
        self.numbers: tuple[str, ...] = tuple(map(str, range(int(count))))
        self.full = float(getattr(self._env.spec, "reward_threshold", None) or 1.0)

    def check(self, actions: Sequence[str]) -> None:
        """See whether it speaks text, and has these actions.

        Raises:
            ConfigError: it does not.
        """
        if not self._says and self._env.render_mode != "ansi":
            raise ConfigError(
                f"the observations of {self._domain.env_id} are no text: give it"
                ' render_mode="ansi" where it has that, or wrap it'
            )
        if self._takes_text:
            return
        if not self.numbers or len(actions) != len(self.numbers):
            raise ConfigError(
                f"{self._domain.env_id} takes {self._env.action_space}: name its actions in order"
            )

    def reset(self) -> str:
        """Begin anew from the seed."""
        self._sum, self._over = 0.0, False
        return self._text(self._env.reset(seed=self._seed)[0])

    def step(self, action: str) -> Transition:
        """Do one action, by its name; one that there is not is refused in words.

        Raises:
            DomainError: the environment broke.
        """
        actions = self._domain.actions
        if self._over or not (self._takes_text or action in actions):
            told = (
                "It is over." if self._over else f"There is no such action: {', '.join(actions)}."
            )
            return Transition(observation=told, reward=self._share, terminated=self._over)
        if self._takes_text and not self._env.action_space.contains(action):
            return Transition(observation="That is no action here.", reward=self._share)
        try:
            seen, reward, terminated, truncated, _ = self._env.step(
                action if self._takes_text else actions.index(action)
            )
        except Exception as error:
            raise DomainError(f"{self._domain.env_id} broke: {error}") from error
        self._sum += float(reward)
        self._over = bool(terminated or truncated)
        return Transition(
            observation=self._text(seen),
            reward=self._share,
            terminated=bool(terminated),
            truncated=bool(truncated),
        )

    def close(self) -> None:
        """Close the environment."""
        self._env.close()

    @property
    def _share(self) -> float:
        return min(1.0, max(0.0, self._sum / self._domain.full))

    def _text(self, seen: Any) -> str:
        if self._says:
            return str(seen)
        drawn = _MARKED.sub(r"[\1]", str(self._env.render()))
        return _COLOUR.sub("", drawn).strip("\n")


def gym_domain(
    env_id: str, goal: str = "reach the goal", actions: Sequence[str] = (), **options: Any
) -> GymDomain:
    """A Gymnasium environment as a domain, such as `gym_domain("FrozenLake-v1",
    actions=["left", "down", "right", "up"], render_mode="ansi")`.

    Args:
        env_id: its id; `module:Name-v0` where a module of yours registers it.
        goal: what is to be done there, in words.
        actions: names of the actions of a discrete space, in order; else they are numbers.
        options: for `gymnasium.make`. With `render_mode="ansi"` what is drawn is what is seen,
            and what is marked by a colour stands in brackets.

    Raises:
        ConfigError: there is no such environment, it does not speak text, or the extra `gym` is
            not installed.
    """
    require("gymnasium", "gym")
    return GymDomain(env_id, goal, actions, options)
