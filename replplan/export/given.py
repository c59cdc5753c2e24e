"""What the cells of a plan were given, for the notebook of its trace: values and files."""

from __future__ import annotations

import pickle
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from replplan.carried import Value
from replplan.console.clean import one_line
from replplan.domain import Task
from replplan.errors import ReplplanError
from replplan.events import PlanStarted
from replplan.goal import GoalDomain
from replplan.plugins import domain_class


def given_cell(started: PlanStarted) -> str | None:
    """The cell that binds what the cells of a plan found; None where they found nothing.

    What a domain makes of the task alone, it makes once more. Of a goal of the user's own the
    trace has names alone: there the cell says what the reader has to bind and to put down.
    """
    task = Task(
        id=started.task,
        domain=started.domain,
        split=started.split,
        goal=started.goal,
        data=started.data,
    )
    values, files = _names(task)
    if not values and not files:
        return None
    told = [one_line(f"# Bound: {', '.join(values)}")] if values else []
    told += [one_line(f"# Beside this notebook: {', '.join(files)}")] if files else []
    call = f"bring({task.model_dump_json()!r}, globals())"
    return "\n".join([*told, "from replplan.export.given import bring\n", call])


def bring(task: str, names: dict[str, Any]) -> None:
    """Bind the values that the cells of a task find, and copy its files into this folder.

    Args:
        task: the task in JSON.
        names: where they are bound.

    Raises:
        LookupError: the task is a goal of the user's own, and what it names is not there.
        ConfigError: its domain is not here.
    """
    done = Task.model_validate_json(task)
    if issubclass(domain_class(done.domain), GoalDomain):
        _see_to_it(done, names)
        return
    values, files = _given(done)
    names.update((v.name, pickle.loads(v.data)) for v in values)  # noqa: S301 - made just now
    for file in files:
        if not Path(file.name).exists():
            shutil.copyfile(file, file.name)


def _see_to_it(task: Task, names: dict[str, Any]) -> None:
    values, files = _names(task)
    unbound = [name for name in values if name not in names]
    missing = [name for name in files if not Path(name).exists()]
    wishes = [f"bind {', '.join(unbound)} in a cell above"] if unbound else []
    wishes += [f"put {', '.join(missing)} beside this notebook"] if missing else []
    if wishes:
        raise LookupError(
            f"the trace does not hold what this plan was given: {' and '.join(wishes)}"
        )


def _names(task: Task) -> tuple[list[str], list[str]]:
    """The names of the values and of the files of a task."""
    if "given" in task.data:
        given: dict[str, list[str]] = task.data["given"]
        return given["values"], given["files"]
    with suppress(ReplplanError, LookupError, TypeError, ValueError):
        values, files = _given(task)
        return [value.name for value in values], [file.name for file in files]
    return [], []  # the domain is not here, wants to be told more, or the trace is an older one


def _given(task: Task) -> tuple[tuple[Value, ...], tuple[Path, ...]]:
    domain = domain_class(task.domain)()
    return domain.values(task), domain.files(task)
