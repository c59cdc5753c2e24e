"""Gymnasium's environments as a domain of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from replplan.domain import Task
from replplan.gym_world import GymDomain, GymWorld
from replplan_domains.gym.presets import LAKE, PRESETS
from replplan_domains.gym.ways import shortest
from replplan_domains.keywords import keywords, listed

_NONE: dict[str, Any] = {}


class Gym(GymDomain):
    """An environment of Gymnasium by its id; tasks are seeds.

    `FrozenLake-v1`, `FrozenLake8x8-v1`, `Taxi-v4` and `CliffWalking-v1` need no further flag. A
    frozen lake has another map for each seed.
    """

    summary = "an environment of Gymnasium by its id, as text: frozen lakes, taxis, your own"
    observation_size: int | None = 2000

    def __init__(
        self, env: str = LAKE, goal: str = "", action_names: str = "", options: str = ""
    ) -> None:
        """Choose an environment.

        Args:
            env: its id; `module:Name-v0` where a module of yours registers it.
            goal: what is to be done there, in words.
            action_names: what its actions are called, in order, separated by commas; numbers else.
            options: for `gymnasium.make`, such as "is_slippery=True,map_name='8x8'"; with
                "render_mode='ansi'" an environment is seen as it draws itself.

        Raises:
            ConfigError: an option is not written as `name=value`.
        """
        known = PRESETS.get(env)
        self._ready = bool(known and not options)
        if env not in PRESETS:
            self.observation_size = None
        given = ({"render_mode": "ansi"} | known.options if known else _NONE) | keywords(options)
        super().__init__(
            env,
            goal or (known.goal if known else "reach the goal"),
            listed(action_names) or (known.actions if known else ()),
            given,
            ends_well=bool(known and known.ends_well),
        )

    def made_of(self, seed: int) -> dict[str, Any]:
        """The options; for a frozen lake with the map of the seed, where none is given."""
        if not self.env_id.startswith("FrozenLake") or {"desc", "map_name"} & set(self.options):
            return self.options
        from gymnasium.envs.toy_text.frozen_lake import generate_random_map

        size = 8 if "8x8" in self.env_id else 5
        return self.options | {"desc": generate_random_map(size=size, p=0.75, seed=seed)}

    def gold(self, task: Task) -> Sequence[str] | None:
        """A shortest way, where the environment tells its table of transitions and is certain."""
        world = self.open(task)
        assert isinstance(world, GymWorld)
        world.reset()
        way = shortest(world.inside, self.ends_well)
        world.close()
        return None if way is None else [self.actions[number] for number in way]

    @property
    def demos(self) -> Path | None:
        """Demonstrations of the frozen lake."""
        here = Path(__file__).parent / "demos"
        return here if self.env_id == LAKE and self._ready else None
