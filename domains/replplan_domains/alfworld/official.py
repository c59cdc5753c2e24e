"""Reading an official game file, `game.tw-pddl`: JSON around a PDDL problem and a text grammar."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from replplan.errors import DomainError
from replplan.record import Json
from replplan_domains.alfworld.kinds import KINDS, Kind
from replplan_domains.alfworld.records import ESCAPES, GameRecord, read_record

SECTIONS = re.compile(r"\(:objects(.*?)\(:init(.*?)\(:goal(.*)", re.DOTALL)
ENTITY = re.compile(r"(\S+_bar_\S+)\s+-\s+(object|receptacle|location)\b")
FACT = re.compile(r"\(([^()]+)\)")
TASK = re.compile(r"Your task is to: (.*?)\.\"")
OTHER_GOALS = ("inReceptacleObject", "isSliced")


def official_record(path: Path) -> GameRecord:
    """The record of an official file; its id is folder and trial.

    Raises:
        DomainError: the file is damaged, or its goal is of no kind that is played here.
    """
    data = _load(path)
    sections = SECTIONS.search(data["pddl_problem"])
    task = TASK.search(data["grammar"])
    if sections is None or task is None:
        raise DomainError("the file holds no :objects, :init and :goal with a task sentence")
    objects, init, goal = sections.groups()
    names = _entities(objects)
    return read_record(
        {
            "id": "/".join(path.parts[-3:-1]),
            "type": _kind(goal).name,
            "task": task[1],
            "goal": {"types": list(dict.fromkeys(re.findall(r"(\w+Type)\)", goal)))},
            "walkthrough": data.get("walkthrough") or [],
            "init": list(_runs(init, names)),
            **{f"{kind}s": [_plain(name) for name in names[kind]] for kind in names},
        }
    )


def is_playable(path: Path) -> bool:
    """Whether the official loader would play this file: it leaves out what cannot be solved."""
    return b'"solvable": false' not in path.read_bytes()


def _load(path: Path) -> dict[str, Json]:
    data = json.loads(path.read_text(encoding="utf-8"))
    for field in ("pddl_problem", "grammar"):
        if not isinstance(data, dict) or not isinstance(data.get(field), str):
            raise DomainError(f"the game's {field!r} is missing")
    return dict(data)


def _entities(text: str) -> dict[str, list[str]]:
    found = ENTITY.findall(text)
    return {k: [n for n, kind in found if kind == k] for k in ("object", "receptacle", "location")}


def _runs(text: str, names: dict[str, list[str]]) -> Iterator[str]:
    refs = {n: f"{kind[0]}{i}" for kind, found in names.items() for i, n in enumerate(found)}
    rows = [fact.split() for fact in FACT.findall(text)]
    for predicate, run in groupby(rows, key=lambda row: row[0]):
        yield " ".join([predicate, *(refs.get(word, word) for row in run for word in row[1:])])


def _plain(name: str) -> str:
    for sign, escape in ESCAPES:
        name = name.replace(escape, sign)
    return name


def _kind(goal: str) -> Kind:
    marked = [kind for kind in KINDS if kind.mark and kind.mark in goal]
    if len(marked) > 1 or any(other in goal for other in OTHER_GOALS):
        raise DomainError("its goal is of no kind that is played here")
    return marked[0] if marked else KINDS[0]
