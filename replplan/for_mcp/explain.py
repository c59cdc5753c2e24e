"""What happened in a plan or in a run, as text for an agent to read."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from replplan.console import words
from replplan.console.clean import one_line
from replplan.console.items import said
from replplan.console.plain import PlainView
from replplan.export.plan_tree import Entry, PlanTree, plan_tree
from replplan.trace import read_trace

if TYPE_CHECKING:
    from replplan.evaluate.line import EpisodeLine

_LONGEST = 20_000
"""Characters of a plan's course that are shown; the middle of a longer one is left out."""

_FAILED = 20


def explain(path: Path) -> str:
    """A trace or the folder of a run, told.

    Raises:
        ReplplanError: it is neither, or cannot be read.
    """
    return explain_run(path) if path.is_dir() else explain_plan(path)


def explain_plan(path: Path) -> str:
    """How a plan ended, where it stumbled, and its course.

    Raises:
        TraceError: it cannot be read, or is no trace of a plan.
    """
    events = list(read_trace(path))
    tree, course = plan_tree(events, str(path)), io.StringIO()
    with PlainView(course) as view:
        for event in events:
            view(event)
    stumbles = list(_stumbles(tree))
    parts = [
        *_head(tree),
        *(["", "Where it stumbled:", *stumbles] if stumbles else []),
        "",
        "Its course:",
        _cut(course.getvalue()),
    ]
    return "\n".join(parts)


def explain_run(path: Path) -> str:
    """The tables of a run, and the episodes that were not solved.

    Raises:
        ConfigError: the folder is none of a run.
    """
    from replplan.report.runs import arms_of, read_run
    from replplan.report.tables import tables
    from replplan.report.text import markdown, title_of

    run = read_run(path)
    lines = [_episode(line) for line in run.lines if not line.solved]
    more = [f"- and {len(lines) - _FAILED} more"] if len(lines) > _FAILED else []
    failed = ["## Not solved", *lines[:_FAILED], *more] if lines else []
    return "\n".join([markdown(title_of([run]), tables(arms_of([run]))), *failed])


def _episode(line: EpisodeLine) -> str:
    why = f": {one_line(line.error)}" if line.error else ""
    where = f" ({line.trace})" if line.trace else ""
    return f"- {line.task}, {line.method}: {line.stop_reason}{why}{where}"


def _head(tree: PlanTree) -> Iterator[str]:
    yield f"Goal: {one_line(tree.started.goal)}"
    yield words.setting(tree.started)
    if (end := tree.finished) is None:
        yield "It has not ended: it is still under way, or its process was ended."
        return
    yield f"Outcome: {words.outcome(end)}"
    if end.answer is not None:
        yield f"Answer: {one_line(said(end.answer))}"
    if end.score.value is not None:
        yield f"Score: {end.score.value:g}"
    yield f"Spent: {words.done(end.usage)} · {words.spent(end.usage)}"


def _stumbles(tree: PlanTree) -> Iterator[str]:
    """Cells that raised, replies that held no cell, children that failed."""
    for entry in tree.root.within() if tree.root else ():
        yield from _stumbles_in(entry)


def _stumbles_in(entry: Entry) -> Iterator[str]:
    session = entry.opened.session
    for turn in entry.turns:
        if turn.rejected:
            yield f"- {session}: {one_line(turn.rejected)}"
        if turn.result and (error := turn.result.error):
            yield f"- {session} [{turn.label}]: {error.name}: {one_line(error.message)}"
    if entry.closed and entry.closed.failure:
        yield f"- {session} failed: {one_line(entry.closed.failure)}"


def _cut(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    half = _LONGEST // 2
    return f"{text[:half]}\n... {len(text) - 2 * half:,} characters left out ...\n{text[-half:]}"
