"""The generators of reasoning-gym, imported when they are wanted: that takes seconds."""

from __future__ import annotations

import contextlib
import math
import sys
import warnings
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from replplan.errors import ConfigError, DomainError
from replplan.extras import package
from replplan_domains.reasoning_gym.answers import LISTS, admitted, disarm

NEED = package("reasoning_gym", "reasoning-gym")
_SIZE = 2000
"""Beyond all numbers of `seeded.SEEDS`."""
_OF_OTHERS = {"composite"}
"""It mixes others, which have to be named to it."""


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Some of its parts warn, and print: to standard error then."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
        warnings.simplefilter("ignore")
        yield


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """All generators.

    Raises:
        ConfigError: the extra is not installed.
    """
    NEED.require()
    with _quiet():
        from reasoning_gym.factory import DATASETS
    return tuple(sorted(set(DATASETS) - _OF_OTHERS))


def check(name: str) -> None:
    """See that there is a generator of that name.

    Raises:
        ConfigError: there is none, or the extra is not installed.
    """
    if name not in names():
        close = get_close_matches(name, names(), 1)
        hint = f"did you mean {close[0]}?" if close else "--generator all takes every one"
        raise ConfigError(f"reasoning-gym has no generator {name!r}; {hint}")


@lru_cache(maxsize=256)
def _dataset(name: str, options: tuple[tuple[str, Any], ...]) -> Any:
    check(name)
    with _quiet():
        import reasoning_gym

        try:
            made = reasoning_gym.create_dataset(name, seed=0, size=_SIZE, **dict(options))
        except (TypeError, ValueError, AssertionError) as e:
            raise ConfigError(f"the generator {name} cannot be set up so: {e}") from e
    if name in LISTS:
        disarm(sys.modules[type(made).__module__])
    return made


@lru_cache(maxsize=4096)
def entry(name: str, number: int, options: tuple[tuple[str, Any], ...] = ()) -> dict[str, Any]:
    """A question by its number: a dict with `question`, `answer` and `metadata`.

    Raises:
        ConfigError: no such generator, it refuses the options, or the extra is not installed.
        DomainError: it fails to make this question.
    """
    dataset = _dataset(name, options)
    with _quiet():
        try:
            return dict(dataset[number])
        except Exception as e:
            raise DomainError(f"the generator {name} failed at number {number}: {e}") from e


def judge(
    name: str, number: int, options: tuple[tuple[str, Any], ...], answer: str | None
) -> float:
    """The generator's own score of an answer, 0 to 1; 0 for what it cannot read."""
    known = entry(name, number, options)
    with _quiet():
        try:
            said = admitted(name, answer, known)
            score = float(_dataset(name, options).score_answer(said, known))
        except Exception:  # noqa: BLE001 its readers raise whatever they like
            return 0.0
    return min(1.0, max(0.0, score)) if math.isfinite(score) else 0.0
