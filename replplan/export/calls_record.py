"""What a plan's cells called and what came back, in the form that its notebook runs again by."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from replplan.events import Acted, Asked, FunctionCalled
from replplan.export.plan_tree import Entry, PlanTree
from replplan.record import Json

_KIND = re.compile(r"([A-Z]\w*): (.*)", re.DOTALL)


def calls_record(plan: PlanTree) -> str:
    """The record as JSON: `calls` in order, `stays` in REPLs below the root in order, the first
    `observation`, and whether the plan `ended` while a cell ran."""
    turns = [turn for e in _entries(plan) for turn in e.turns]
    data = {
        "observation": plan.world.observation if plan.world else "",
        "ended": any(turn.result and turn.result.stopped == "ended" for turn in turns),
        "calls": [call for e in _entries(plan) for call in _calls(e)],
        "stays": [_stay(entry) for entry in plan.root.within()][1:] if plan.root else [],
    }
    return json.dumps(data, ensure_ascii=False)


def function_names(plan: PlanTree) -> tuple[str, ...]:
    """The names of the host's functions that cells called, those of the world first."""
    steps = (step for e in _entries(plan) for turn in e.turns for step in turn.steps)
    called = {step.name: None for step in steps if isinstance(step, FunctionCalled)}
    return (*(("act", "get_obs") if plan.world else ()), *called)


def _entries(plan: PlanTree) -> Iterator[Entry]:
    return (entry for entries in plan.entries.values() for entry in entries)


def _stay(entry: Entry) -> Json:
    opened = entry.opened
    return {
        "path": f"{opened.parent}/{opened.name}",
        "session": opened.session,
        "args": list(opened.args),
        "cells": [[turn.label, turn.code] for turn in entry.turns if turn.code is not None],
        "failure": entry.closed.failure if entry.closed else None,
    }


def _calls(entry: Entry) -> Iterator[Json]:
    for turn in entry.turns:
        for step in turn.steps:
            if isinstance(step, Acted | Asked | FunctionCalled):
                yield _call(step) | {"session": step.session}


def _call(step: Acted | Asked | FunctionCalled) -> dict[str, Json]:
    """One call: its `name`, what it `said`, and its `value`, its `error`, or that it `ends` all."""
    match step:
        case Acted():
            ends = step.terminated or step.truncated
            return _told("act", [step.action], step.observation) | {"ends": ends}
        case Asked():
            schema = None if step.kind == "str" else json.loads(step.kind)
            texts = [part for part in step.context if not _stands_for_picture(part)]
            error = None if step.error is None else ["AskError", step.error]
            return _told("ask", [step.question, texts, schema], step.answer, error)
        case FunctionCalled():
            said = [list(step.arguments), step.keywords]
            return _told(step.name, said, step.value, _error(step.error))


def _told(name: str, said: list[Json], value: Json, error: Json = None) -> dict[str, Json]:
    return {"name": name, "said": said, "value": value, "error": error, "ends": False}


def _error(text: str | None) -> list[str] | None:
    if text is None:
        return None
    match = _KIND.fullmatch(text)
    return [match[1], match[2]] if match else ["RuntimeError", text]


def _stands_for_picture(part: str) -> bool:
    return re.fullmatch(r"\[image/\w+, [\d,]+ bytes\]", part) is not None
