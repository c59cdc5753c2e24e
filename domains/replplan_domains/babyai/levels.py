"""The levels of BabyAI by name, and its own solver."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from replplan.errors import ConfigError
from replplan.extras import package

NEED = package("minigrid", "babyai")
_PREFIX = "BabyAI-"
ACTIONS = ("turn left", "turn right", "go forward", "pick up", "drop", "toggle")
"""In the order of minigrid's numbers."""


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """It prints what it rejects while it draws, which is no news."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield


@lru_cache(maxsize=1)
def level_ids() -> dict[str, str]:
    """Gymnasium's id of each level, by the level's name, such as `GoToLocal`.

    Raises:
        ConfigError: the extra is not installed.
    """
    NEED.require()
    with _quiet():
        import gymnasium
        import minigrid  # noqa: F401 it registers its levels
    found = sorted(i for i in gymnasium.registry if i.startswith(_PREFIX))
    return {i.removeprefix(_PREFIX).rpartition("-v")[0]: i for i in found}


def check(level: str) -> None:
    """See that there is a level of that name.

    Raises:
        ConfigError: there is none, or the extra is not installed.
    """
    known = level_ids()
    if level not in known:
        close = get_close_matches(level, known, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(sorted(known))}"
        raise ConfigError(f"BabyAI has no level {level!r}; {hint}")


def open_level(level: str, seed: int) -> tuple[Any, Any]:
    """A level drawn by a seed, as minigrid's own environment, and its first observation."""
    NEED.require()
    check(level)
    import gymnasium

    with _quiet():
        environment = gymnasium.make(level_ids()[level], disable_env_checker=True).unwrapped
        return environment, environment.reset(seed=seed)[0]


@lru_cache(maxsize=4096)
def mission(level: str, seed: int) -> str:
    """What is to be done in a level drawn by a seed."""
    return str(open_level(level, seed)[1]["mission"])


@lru_cache(maxsize=256)
def bots_plan(level: str, seed: int) -> tuple[str, ...] | None:
    """The actions of BabyAI's own solver; None where it fails."""
    from minigrid.utils.baby_ai_bot import BabyAIBot

    environment, _ = open_level(level, seed)
    plan: list[str] = []
    over, action = False, None
    with _quiet():
        try:
            bot = BabyAIBot(environment)
            while not over:
                action = bot.replan(action)
                _, reward, won, cut, _ = environment.step(action)
                plan.append(ACTIONS[int(action)])
                over = bool(won or cut)
        except Exception:  # noqa: BLE001 it has no plan for every level
            return None
    return tuple(plan) if won and reward > 0 else None
