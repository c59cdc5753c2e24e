"""A trace as a notebook that runs again: cells for real, what they called from the record.

The root's cells are plain cells; those of a sub-task stand in a section of their own behind the
cell that called it, under `%%repl`, since they live in a namespace of their own. The first cell
holds the record and calls `replplan_kernels.recorded.replay`; the second, where there is one, has
what the cells were given.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from replplan.cell import CellResult
from replplan.console import words
from replplan.console.fence import before_code
from replplan.console.items import said
from replplan.events import Acted, Noted
from replplan.export.calls_record import calls_record, function_names
from replplan.export.given import given_cell
from replplan.export.plan_tree import Entry, PlanTree, Turn, read_plan_tree
from replplan.pool.notebook import outputs_of
from replplan.showing import readable

_CUT_OFF = ("limit:seconds", "cancelled")
_DEEPEST = 6


def to_notebook(path: Path) -> str:
    """The notebook of a trace, as the text of an .ipynb file.

    Raises:
        TraceError: it cannot be read.
    """
    import nbformat

    notebook = plan_notebook(read_plan_tree(path))
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"  # type: ignore[no-untyped-call]


def plan_notebook(plan: PlanTree) -> Any:
    """The notebook of one plan."""
    from nbformat.v4 import new_notebook

    started = plan.started
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "replplan": {
            "domain": started.domain, "task": started.task, "split": started.split,
            "seed": started.seed, "model": started.model, "method": started.method,
        },
    }  # fmt: skip
    cells = list(_Cells(plan).all())
    for number, cell in enumerate(cells, 1):
        cell.id = f"cell-{number}"
    return new_notebook(cells=cells, metadata=metadata)  # type: ignore[no-untyped-call]


class _Cells:
    """The cells of a plan's notebook, in order."""

    def __init__(self, plan: PlanTree) -> None:
        self._plan = plan

    def all(self) -> Iterator[Any]:
        """Opening, record, what was given, the root with its children, and how it ended."""
        yield _text(_opening(self._plan))
        yield _code(_record_cell(self._plan), {"jupyter": {"source_hidden": True}})
        if (given := given_cell(self._plan.started)) is not None:
            yield _code(given, {})
        if self._plan.world:
            begins = readable(self._plan.started.domain, self._plan.world.observation)
            yield _text(f"The world begins:\n\n{_quoted(begins)}")
        if self._plan.root:
            yield from self._entry(self._plan.root)
        yield _text(_ending(self._plan))

    def _entry(self, entry: Entry) -> Iterator[Any]:
        yield _text(_heading(entry))
        for turn in entry.turns:
            yield from self._turn(entry, turn)
            children = [step for step in turn.steps if isinstance(step, Entry)]
            for child in children:
                yield from self._entry(child)
            if children and turn is not entry.turns[-1]:
                yield _text(f"{_hashes(entry)} {entry.opened.session} goes on")

    def _turn(self, entry: Entry, turn: Turn) -> Iterator[Any]:
        code = _code_of(turn)
        prose = turn.reply.strip() if code is None else before_code(turn.reply)
        if turn.code is None and code is not None:  # a reply in words, and the action that it was
            prose = turn.reply.strip()
        if prose:
            yield _text(prose)
        if code is not None:
            yield self._cell(entry, turn, code)
        for step in turn.steps:
            if isinstance(step, Noted):
                yield _text(f"*A note:*\n\n{_quoted(step.text)}")
        if turn.rejected is not None:
            yield _text(f"*Rejected:*\n\n{_quoted(turn.rejected)}")

    def _cell(self, entry: Entry, turn: Turn, code: str) -> Any:
        result = turn.result or CellResult()
        why = self._not_again(turn)
        tags = ["raises-exception"] if result.error and why is None else []
        if why is not None:
            code = f"%%stopped {why}\n{code}"
        elif entry.opened.parent is not None:
            code, tags = f"%%repl {entry.opened.session} {turn.label}\n{code}", []
        cell = _code(code, {"tags": tags} if tags else {})
        cell.execution_count = turn.number or None
        cell.outputs = outputs_of(_with_answer(result), turn.number)
        return cell

    def _not_again(self, turn: Turn) -> str | None:
        """Why a cell that was stopped must not run again; None for one that can."""
        if turn.code is None:
            return None
        if turn.result is None:
            return "it had not ended when the trace ends"
        finished = self._plan.finished
        stopped = turn.result.stopped
        if stopped == "ended" and not (finished and finished.stop_reason in _CUT_OFF):
            return None
        whys = {"timeout": "it was stopped at its time limit"}
        return None if stopped is None else whys.get(stopped, "it was stopped from outside")


def _with_answer(result: CellResult) -> CellResult:
    """The result as it looks when the cell runs again: with its answer printed."""
    if result.answer is None:
        return result
    return result.model_copy(update={"output": f"{result.output}answered {said(result.answer)}\n"})


def _code_of(turn: Turn) -> str | None:
    """The cell of a turn; of a reply that was an action, the call that does it."""
    if turn.code is not None:
        return turn.code
    actions = [step.action for step in turn.steps if isinstance(step, Acted)]
    return "\n".join(f"print(act({action!r}))" for action in actions) or None


def _opening(plan: PlanTree) -> str:
    goal = plan.started.goal.strip() or plan.started.task
    title, _, rest = goal.partition("\n")
    rest = f"{rest.strip()}\n\n" if rest.strip() else ""
    return (
        f"# {title}\n\n{rest}{words.setting(plan.started)}\n\n"
        "This notebook runs again without a model and without a world: the first cell holds what "
        "cells called and what came back. It needs replplan (`pip install replplan`). Its cells "
        "were written by a language model, and here nothing walls them in."
    )


def _record_cell(plan: PlanTree) -> str:
    return (
        "from replplan_kernels.recorded import replay\n\n"
        f"replay({calls_record(plan)!r}, {function_names(plan)!r})"
    )


def _heading(entry: Entry) -> str:
    opened = entry.opened
    again = f", entry {opened.entry}" if opened.entry > 1 else ""
    lines = [f"{_hashes(entry)} {opened.session}{again}"]
    if opened.parent is not None:
        lines.append(f"`{' '.join((opened.call or opened.name).split())}`")
    if opened.comment:
        lines.append(_quoted(opened.comment))
    if entry.closed:
        failure, answer = entry.closed.failure, entry.closed.answer
        lines += [f"Failed: {failure}"] if failure is not None else []
        lines += [f"Answered `{said(answer)}`"] if answer else []
    return "\n\n".join(lines)


def _hashes(entry: Entry) -> str:
    return "#" * min(_DEEPEST, entry.opened.depth + 2)


def _ending(plan: PlanTree) -> str:
    finished = plan.finished
    if finished is None:
        return "---\n\nThe trace ends here: it is cut off."
    lines = [
        words.outcome(finished),
        f"{words.done(finished.usage)}, {words.spent(finished.usage)}",
    ]
    return "---\n\n" + "\n\n".join(lines)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}  " if line else ">" for line in text.strip().split("\n"))


def _text(text: str) -> Any:
    from nbformat.v4 import new_markdown_cell

    return new_markdown_cell(text)  # type: ignore[no-untyped-call]


def _code(code: str, metadata: dict[str, Any]) -> Any:
    from nbformat.v4 import new_code_cell

    return new_code_cell(code, metadata=metadata)  # type: ignore[no-untyped-call]
