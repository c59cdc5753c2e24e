"""Any Gymnasium environment whose observations are text, as a domain."""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar, cast

from replplan.domain import Domain, Environment, Task, Transition
from replplan.errors import ConfigError, DomainError
from replplan.extras import Need, package

_MARKED = re.compile(r"\x1b\[([\d;]+)m([^\x1b]+)\x1b\[0m")
_BRACKETS = {"34": "()", "35": "<>", "42": "{}"}
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_MOST_ACTIONS = 200
"""So many where an environment has no limit of its own."""

_SEEDS = {"train": range(1000, 2000), "dev": range(100), "test": range(100, 300)}


class GymDomain(Domain):
    """A Gymnasium environment; its tasks are seeds. Made by `gym_domain`."""

    name: ClassVar[str] = "gym"
    summary: ClassVar[str] = "a Gymnasium environment with text observations"
    needs: ClassVar[tuple[Need, ...]] = (package("gymnasium", "gym"),)
    baseline: ClassVar[str] = "random: any action, 200 at most"

    def __init__(
        self,
        env_id: str,
        goal: str,
        actions: Sequence[str],
        options: dict[str, Any],
        ends_well: bool = False,
    ) -> None:
        self.env_id, self.goal, self.options = env_id, goal, options
        self.ends_well, self._named = ends_well, tuple(actions)

    @cached_property
    def actions(self) -> tuple[str, ...]:
        """The names of the actions; none where they are free text."""
        return self._facts[0]

    @property
    def full(self) -> float:
        """The sum of rewards that counts as solved."""
        return self._facts[1]

    @cached_property
    def _facts(self) -> tuple[tuple[str, ...], float]:
        """What the environment tells of itself.

        Raises:
            ConfigError: there is none, it does not speak text, or its actions are other ones.
        """
        with contextlib.closing(GymWorld(self, 0)) as world:
            actions = self._named or world.numbers
            world.check(actions)
            return actions, world.full

    @property
    def description(self) -> str:
        """The goal, and the actions where they can be listed."""
        told = (
            f"The actions are: {', '.join(self.actions)}." if self.actions else "Actions are text."
        )
        return f"A world of Gymnasium, {self.env_id}. {told} The goal: {self.goal}"

    def made_of(self, seed: int) -> dict[str, Any]:
        """What `gymnasium.make` is given for the task of a seed."""
        return self.options

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
        self._facts  # noqa: B018 what is wrong with the environment is said at once
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

    def play(self, task: Task, world: Environment | None) -> None:
        """Do any action, at random."""
        assert world is not None
        draw = random.Random(task.id)
        world.reset()
        for _ in range(_MOST_ACTIONS):
            told = world.step(draw.choice(self.actions or ("look",)))
            if told.terminated or told.truncated:
                return


class GymWorld(Environment):
    """A Gymnasium environment that takes text and gives text.

    The reward is the sum so far, as a share of what counts as solved, from 0 to 1; where the
    environment ends by success alone, 1 at its end.

    Raises:
        ConfigError: gymnasium is not installed, or makes no such environment.
    """

    def __init__(self, domain: GymDomain, seed: int) -> None:
        domain.needs[0].require()
        import gymnasium

        self._domain, self._seed = domain, seed
        self._sum, self._done, self._end = 0.0, 0, cast("Transition | None", None)
        try:
            self._env: Any = gymnasium.make(domain.env_id, **domain.made_of(seed))
        except Exception as error:  # what its makers raise at odd options, beside Gymnasium's own
            said = error if isinstance(error, gymnasium.error.Error) else repr(error)
            raise ConfigError(f"gymnasium makes no {domain.env_id}: {said}") from error
        spaces = gymnasium.spaces
        self._limit = getattr(self._env.spec, "max_episode_steps", None) or _MOST_ACTIONS
        self._says = isinstance(self._env.observation_space, spaces.Text)
        self._takes_text = isinstance(self._env.action_space, spaces.Text)
        count = getattr(self._env.action_space, "n", 0)
        self.numbers: tuple[str, ...] = tuple(map(str, range(int(count))))
        self.full = float(getattr(self._env.spec, "reward_threshold", None) or 1.0)

    @property
    def inside(self) -> Any:
        """The environment itself, without what Gymnasium wraps around it."""
        return self._env.unwrapped

    def check(self, actions: Sequence[str]) -> None:
        """See whether it speaks text, and has these actions.

        Raises:
            ConfigError: it does not.
        """
        drawn = "ansi" in self._env.metadata.get("render_modes", ())
        if not self._says and not (drawn and self._env.render_mode == "ansi"):
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
        self._sum, self._done, self._end = 0.0, 0, None
        return self._text(self._env.reset(seed=self._seed)[0])

    def step(self, action: str) -> Transition:
        """Do one action, by its name; one that there is not is refused in words, and counts.

        Raises:
            DomainError: the environment broke.
        """
        if self._end is not None:
            return self._end
        self._done += 1
        told = self._refused(action) or self._did(action)
        if self._done >= self._limit and not told.terminated:
            told = told.model_copy(update={"truncated": True})
        if told.terminated or told.truncated:
            self._end = told
        return told

    def _refused(self, action: str) -> Transition | None:
        actions = self._domain.actions
        if self._takes_text:
            said = None if self._env.action_space.contains(action) else "That is no action here."
        else:
            named = ", ".join(actions)
            said = None if action in actions else f"There is no such action: {named}."
        return None if said is None else Transition(observation=said, reward=self._share(False))

    def _did(self, action: str) -> Transition:
        try:
            seen, reward, terminated, truncated, _ = self._env.step(
                action if self._takes_text else self._domain.actions.index(action)
            )
        except Exception as error:
            raise DomainError(f"{self._domain.env_id} broke: {error}") from error
        self._sum += float(reward)
        return Transition(
            observation=self._text(seen),
            reward=self._share(bool(terminated)),
            terminated=bool(terminated),
            truncated=bool(truncated),
        )

    def close(self) -> None:
        """Close the environment."""
        self._env.close()

    def _share(self, terminated: bool) -> float:
        if self._domain.ends_well:
            return float(terminated)
        return min(1.0, max(0.0, self._sum / self._domain.full))

    def _text(self, seen: Any) -> str:
        if self._says:
            return str(seen)
        drawn = _MARKED.sub(_bracketed, str(self._env.render()))
        return _COLOUR.sub("", drawn).strip("\n")


def _bracketed(marked: re.Match[str]) -> str:
    """What is marked by a colour, in brackets: round where it is blue, pointed where magenta,
    curly where it is a green background, else square."""
    codes = set(marked[1].split(";"))
    pair = next((pair for code, pair in _BRACKETS.items() if code in codes), "[]")
    return f"{pair[0]}{marked[2]}{pair[1]}"


def gym_domain(
    env_id: str,
    goal: str = "reach the goal",
    actions: Sequence[str] = (),
    ends_well: bool = False,
    **options: Any,
) -> GymDomain:
    """A Gymnasium environment as a domain, such as `gym_domain("FrozenLake-v1",
    actions=["left", "down", "right", "up"], render_mode="ansi")`.

    Args:
        env_id: its id; `module:Name-v0` where a module of yours registers it.
        goal: what is to be done there, in words.
        actions: names of the actions of a discrete space, in order; else they are numbers.
        ends_well: whether it ends by success alone, whatever its rewards.
        options: for `gymnasium.make`. With `render_mode="ansi"` what is drawn is what is seen,
            and what is marked by a colour stands in brackets.

    Raises:
        ConfigError: there is no such environment, it does not speak text, or the extra `gym` is
            not installed.
    """
    GymDomain.needs[0].require()
    domain = GymDomain(env_id, goal, actions, options, ends_well)
    domain.actions  # noqa: B018 what is wrong with the environment is said at once
    return domain
