"""Tasks for `inspect eval replplan/alfworld --model ...` and `replplan/webshop`.

Arguments of a task are given with `-T name=value`. Samples, epochs, limits, concurrency, retries
and logs are inspect's own.
"""

from __future__ import annotations

from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample

from replplan.for_inspect.score import outcome
from replplan.for_inspect.solver import repl_plan
from replplan.plugins import make_domain


@task
def alfworld(
    split: str | None = None, method: str = "repl-plan", seed: int = 0, data: str | None = None,
    turns: int | None = None, actions: int | None = None, isolation: str = "auto",
) -> Task:  # fmt: skip
    """Household games.

    Args:
        split: the set of tasks.
        method: repl-plan, or one to compare with: react, code, flat.
        seed: of the first epoch; each further one has the next.
        data: a folder with the official games.
        turns: model calls that write a cell, in the whole plan.
        actions: steps in the world.
        isolation: how cells are walled in, auto or none.
    """
    return _task("alfworld", split, data, method=method, seed=seed, isolation=isolation,
                 limits={"turns": turns, "actions": actions})  # fmt: skip


@task
def webshop(
    split: str | None = None, method: str = "repl-plan", seed: int = 0, data: str | None = None,
    turns: int | None = None, actions: int | None = None, isolation: str = "auto",
) -> Task:  # fmt: skip
    """Shopping by instruction.

    Args:
        split: the set of tasks.
        method: repl-plan, or one to compare with: react, code, flat.
        seed: of the first epoch; each further one has the next.
        data: a folder with the official catalogue.
        turns: model calls that write a cell, in the whole plan.
        actions: steps in the world.
        isolation: how cells are walled in, auto or none.
    """
    return _task("webshop", split, data, method=method, seed=seed, isolation=isolation,
                 limits={"turns": turns, "actions": actions})  # fmt: skip


def _task(name: str, split: str | None, data: str | None, **solving: Any) -> Task:
    options = {} if data is None else {"data": data}
    domain = make_domain(name, options)
    split = split or domain.default_split
    samples = [
        Sample(id=t.id, input=t.goal, metadata={"domain": name, "split": split})
        for t in domain.tasks(split)
    ]
    return Task(
        dataset=MemoryDataset(samples, name=f"{name}-{split}"),
        solver=repl_plan(name, options, **solving),
        scorer=outcome(),
    )
