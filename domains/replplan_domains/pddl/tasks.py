"""The problems as tasks: drawn by seed, or those of a folder."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from replplan.domain import Task
from replplan.errors import ConfigError, DomainError
from replplan_domains.pddl.generate import SIZES, WORLDS, problems

DOMAIN = "pddl"
ALL = "all"
_HERE = Path(__file__).parent
LENGTHS = _HERE / "lengths.json"
"""Lengths of shortest plans by problem; `python -m replplan_domains.pddl.lengths` makes it."""

GOALS = {
    "blocks": "stack the blocks as the goal says, by as few actions as possible",
    "logistics": "bring the parcels where the goal says, by as few actions as possible",
}
_ANY = "reach the goal by as few actions as possible"


def world_text(world: str) -> str:
    """A world in PDDL, as it was written."""
    return (_HERE / "worlds" / f"{world}.pddl").read_text(encoding="utf-8")


@cache
def _lengths() -> dict[str, int]:
    found: dict[str, int] = json.loads(LENGTHS.read_text()) if LENGTHS.is_file() else {}
    return found


@cache
def drawn_tasks(world: str, split: str) -> tuple[Task, ...]:
    """The problems of a split: of one world, or of both in turns (`world` empty)."""
    if world:
        count = SIZES[split] // len(WORLDS)
        texts = itertools.islice(problems(world, split), count)
        return tuple(_drawn(world, split, number, text) for number, text in enumerate(texts))
    both = zip(*(drawn_tasks(name, split) for name in WORLDS), strict=True)
    return tuple(task for pair in both for task in pair)


def _drawn(world: str, split: str, number: int, text: str) -> Task:
    name = f"{world}-{split}-{number}"
    data = {"world": world, "problem": text, "length": _lengths().get(name)}
    return Task(id=name, domain=DOMAIN, split=split, goal=GOALS[world], data=data)


def found_tasks(folder: Path) -> tuple[Task, ...]:
    """A task for each problem of a folder.

    Raises:
        ConfigError: it has no domain.pddl, or nothing beside it.
        DomainError: a file cannot be read.
    """
    return tuple(_found(folder))


def _found(folder: Path) -> Iterator[Task]:
    files = sorted(folder.glob("*.pddl"))
    if folder / "domain.pddl" not in files:
        raise ConfigError(f"{folder} has no domain.pddl: give a folder with it and its problems.")
    if len(files) == 1:
        raise ConfigError(f"{folder} has a domain.pddl and no problem beside it.")
    world = read_file(folder / "domain.pddl")
    for file in files:
        if file.name != "domain.pddl":
            data = {"text": world, "problem": read_file(file), "length": None}
            yield Task(id=file.stem, domain=DOMAIN, split=ALL, goal=_ANY, data=data)


def read_file(file: Path) -> str:
    """A file of PDDL.

    Raises:
        DomainError: it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DomainError(f"{file} cannot be read: {error}") from error


def text_of(task: Task) -> str:
    """A task's world and problem in PDDL, one after the other."""
    world = world_of(task)
    return f"{world.strip()}\n{str(task.data['problem']).strip()}"


def world_of(task: Task) -> str:
    """A task's world in PDDL."""
    text = task.data.get("text")
    return world_text(str(task.data["world"])) if text is None else str(text)


def drawn_task(name: str, known: Sequence[str]) -> Task:
    """The drawn task of that id.

    Raises:
        KeyError: there is none.
    """
    world, _, rest = name.partition("-")
    split, _, number = rest.partition("-")
    if world in known and split in SIZES and number.isdecimal():
        tasks = drawn_tasks(world, split)
        if int(number) < len(tasks) and tasks[int(number)].id == name:
            return tasks[int(number)]
    raise KeyError(name)
