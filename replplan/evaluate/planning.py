"""From what a user asks for to a study that can be run: everything is checked before it begins."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import islice

from replplan.domain import Domain
from replplan.errors import ConfigError, ModelError
from replplan.evaluate.study import Study
from replplan.methods import planner_named
from replplan.model import Message, Model, Request
from replplan.models import EMBEDDED, REPLAY, make_model
from replplan.switches import Switches


def choose_tasks(
    domain: Domain, splits: Sequence[str], limit: int | None = None
) -> dict[str, tuple[str, ...]]:
    """The ids of the first tasks of these splits, at most `limit` of each.

    Raises:
        ConfigError: there is no such split, or no task in any of them.
    """
    chosen = {
        split: tuple(task.id for task in islice(domain.tasks(split), limit))
        for split in splits or (domain.default_split,)
    }
    if not any(chosen.values()):
        raise ConfigError(
            f"there is no task to be done: {', '.join(chosen)} of {domain.name} holds none"
            if limit != 0
            else "there is no task to be done: --limit is 0"
        )
    return chosen


def name_methods(names: Sequence[str], switches: Switches) -> tuple[str, ...]:
    """The full names of these methods, switched this way.

    Raises:
        ConfigError: there is no such method, or a switch means nothing to it.
    """
    return tuple(dict.fromkeys(planner_named(name, switches).name for name in names))


async def check_models(study: Study) -> None:
    """See that each model can be made and, where its endpoint does not name it, that it answers.

    Raises:
        ReplplanError: one cannot be made, or is not there.
    """
    await asyncio.gather(*(_check(name, study) for name in study.models))


async def _check(name: str, study: Study) -> None:
    model = make_model(name, study.base_url, params=study.params)
    try:
        if name not in EMBEDDED and not name.startswith(REPLAY):
            await _look_up(model)
    finally:
        await model.close()


async def _look_up(model: Model) -> None:
    """Ask an endpoint for one token where it does not say that it serves the model."""
    served = await model.served()  # type: ignore[attr-defined]
    if served is not None and model.name in served:
        return
    try:
        await model.complete(
            Request(messages=(Message(role="user", content="Say yes."),), max_tokens=1)
        )
    except ModelError as error:
        if not error.busy:
            raise
