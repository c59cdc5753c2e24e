"""What is done with a finished plan: kept as demonstrations, written as something else."""

from __future__ import annotations

from pathlib import Path

from replplan.console import words


def keep(trace: Path) -> str:
    """Keep the sessions of a plan that led to success, in the user's own pool.

    Returns:
        What was written, in a sentence.

    Raises:
        ReplplanError: the plan did not succeed, or its trace cannot be read.
    """
    from replplan.pool.keep import draft
    from replplan.pool.places import user_place
    from replplan.pool.recorded import choose_sessions, read_plan

    plan = read_plan(trace)
    drafts = draft(plan, choose_sessions(plan, ()), user_place(plan.started.domain), None)
    fresh = [d for d in drafts if not d.replaces]
    for each in fresh:
        each.write()
    left = len(drafts) - len(fresh)
    also = f"; {left} stay as they are there, with something else in them" if left else ""
    return (
        f"kept {words.counted(len(fresh), 'demonstration')} in {drafts[0].path.parent.parent}{also}"
    )


def export(trace: Path) -> str:
    """Write a plan as an HTML page and as a notebook, beside its trace.

    Returns:
        What was written, in a sentence.

    Raises:
        ReplplanError: the trace cannot be read, or a file cannot be written.
    """
    from replplan.export.formats import export as write

    paths = [path for to in ("html", "notebook") for path in write(trace, to, replace=True)]
    return f"written: {', '.join(map(str, paths))}"
