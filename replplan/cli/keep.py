"""`replplan keep`: what went well becomes a demonstration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from replplan.pool.keep import Draft


@click.command()
@click.argument("trace", type=click.Path(path_type=Path))
@click.option(
    "--session", "sessions", metavar="NAME", multiple=True,
    help="Keep only this session: a REPL's name, or an id in the trace. May be given again.",
)  # fmt: skip
@click.option("--name", metavar="NAME", help="The notebooks' name.  [default: the task's]")
@click.option("--project", is_flag=True, help="Write into ./demos, not among your own.")
@click.option("--anyway", is_flag=True, help="Keep what answered although the plan failed.")
@click.option("--yes", is_flag=True, help="Overwrite without asking.")
def keep(
    trace: Path, sessions: tuple[str, ...], name: str | None, project: bool, anyway: bool, yes: bool
) -> None:
    """Keep the sessions of TRACE that led to success.

    They are demonstrations for later plans. Each becomes a notebook under its REPL's name. Secrets,
    e-mail addresses and the folders of this machine are taken out; look it over all the same before
    you pass it on.
    """
    from replplan.pool.keep import draft
    from replplan.pool.places import project_place, user_place
    from replplan.pool.recorded import choose_sessions, read_plan

    plan = read_plan(trace)
    chosen = choose_sessions(plan, sessions, anyway=anyway)
    place = project_place() if project else user_place(plan.started.domain)
    drafts = draft(plan, chosen, place, name)
    for d in drafts:
        click.echo(_line(d))
    for d in drafts:
        if d.replaces and not yes and not _agreed(d):
            click.echo(f"left as it was: {_shown(d)}", err=True)
        else:
            d.write()


def _agreed(draft: Draft) -> bool:
    return click.confirm(f"{_shown(draft)} holds something else. Overwrite it?", err=True)


def _line(draft: Draft) -> str:
    turns = f"{draft.turns} turn" + ("s" if draft.turns != 1 else "")
    out = ", ".join(f"{n} {kind}" + ("s" if n > 1 else "") for kind, n in draft.scrubbed.items())
    return f"{_shown(draft)}: {draft.session}, {turns}" + (f"; taken out: {out}" if out else "")


def _shown(draft: Draft) -> str:
    from replplan.console.clean import one_line

    return one_line(str(draft.path))
