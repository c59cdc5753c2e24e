"""Which task of a domain is meant."""

from __future__ import annotations

from replplan.domain import Domain, Task
from replplan.errors import ConfigError


def choose_task(domain: Domain, split: str | None, task: str | None, seed: int) -> Task:
    """The task of that id or number in its split; without either the seed picks one.

    Raises:
        ConfigError: no such split or task, or one that has no goal.
    """
    chosen = _chosen(domain, split, task, seed)
    if not chosen.goal.strip():
        raise ConfigError(f"{domain.name} has no goal yet: give it one by --goal")
    return chosen


def _chosen(domain: Domain, split: str | None, task: str | None, seed: int) -> Task:
    if task is not None and not task.isdigit():
        try:
            return domain.task(task)
        except KeyError:
            where = f"the splits {', '.join(domain.splits())}"
            raise ConfigError(
                f"{domain.name} has no task {task!r} in {where};"
                f" `replplan domains {domain.name} --split NAME` lists them"
            ) from None
    split = split or domain.default_split
    tasks = domain.tasks(split)
    if not len(tasks):
        raise ConfigError(f"the split {split} of {domain.name} holds no task")
    number = int(task) if task is not None else seed % len(tasks)
    if number >= len(tasks):
        raise ConfigError(f"the split {split} of {domain.name} has tasks 0 to {len(tasks) - 1}")
    return tasks[number]
