"""`replplan report` and `replplan compare`: what runs found out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from replplan.report.runs import Arm, Run

_RUN = click.Path(path_type=Path)


@click.command()
@click.argument("runs", nargs=-1, required=True, type=_RUN, metavar="RUN...")
@click.option("--markdown", is_flag=True, help="Print Markdown.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write one self-contained page with pictures and every episode's plan.",
)
@click.option(
    "--plans",
    type=click.IntRange(min=0),
    metavar="N",
    help="With --html: put in at most N plans.  [default: 1000]",
)
def report(
    runs: tuple[Path, ...], markdown: bool, as_json: bool, html: Path | None, plans: int | None
) -> None:
    """Tell what run folders hold: success, cost, time, errors.

    Success by kind of task, with intervals; tokens, cost and time; stop reasons; the commonest
    errors.
    """
    from rich.console import Console

    from replplan.report.runs import arms_of, read_run
    from replplan.report.tables import tables
    from replplan.report.text import markdown as as_markdown
    from replplan.report.text import print_tables, title_of

    read = [read_run(path) for path in runs]
    for warning in (w for run in read for w in run.warnings):
        click.echo(warning, err=True)
    arms = arms_of(read)
    if as_json:
        click.echo(json.dumps(_figures(arms)))
    elif markdown:
        click.echo(as_markdown(title_of(read), tables(arms)), nl=False)
    elif html is None:
        print_tables(Console(file=sys.stdout, markup=False, highlight=False), tables(arms))
    if html is not None:
        _write_page(html, read, arms, plans)


def _write_page(path: Path, runs: list[Run], arms: list[Arm], plans: int | None) -> None:
    from replplan.errors import ConfigError
    from replplan.report.html import MOST_PLANS, report_page

    text = report_page(runs, arms, MOST_PLANS if plans is None else plans)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as e:
        raise ConfigError(f"{path} cannot be written: {e.strerror}") from e
    click.echo(f"{path} ({len(text.encode()) / 1e6:.1f} MB)", err=True)


def _figures(arms: list[Arm]) -> list[dict[str, Any]]:
    from replplan.evaluate.statistics import wilson

    return [
        {
            "run": str(arm.run.path),
            "method": arm.method,
            "model": arm.model,
            "episodes": len(arm.lines),
            "solved": arm.solved,
            "interval": list(wilson(arm.solved, len(arm.lines))[1:]),
            "cost": arm.cost,
            "tokens": sum(line.usage.tokens for line in arm.lines),
        }
        for arm in arms
    ]


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", required=False, metavar="[B]")
@click.option("--markdown", is_flag=True, help="Print Markdown.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def compare(a: str, b: str | None, markdown: bool, as_json: bool) -> None:
    """Compare two runs in pairs of the same task and seed.

    By McNemar's test and bootstrap intervals.

    \b
    replplan compare runs/before runs/after
    replplan compare runs/both@repl-plan runs/both@react
    replplan compare runs/both

    A run with several methods or models needs @METHOD or @METHOD@MODEL behind its folder; one that
    holds just two is compared with itself.
    """
    from rich.console import Console

    from replplan.report.compare import compare as compare_arms
    from replplan.report.compare import comparison_tables
    from replplan.report.flips import as_json as told
    from replplan.report.flips import flips_as_markdown, print_flips
    from replplan.report.text import markdown as as_markdown
    from replplan.report.text import print_tables

    found = compare_arms(*_sides(a, b))
    tables = comparison_tables(found)
    if as_json:
        click.echo(json.dumps(told(found)))
    elif markdown:
        click.echo(as_markdown(f"{a} and {b or ''}", tables) + flips_as_markdown(found), nl=False)
    else:
        console = Console(file=sys.stdout, markup=False, highlight=False)
        print_tables(console, tables)
        print_flips(console, found)


def _sides(a: str, b: str | None) -> tuple[Arm, Arm]:
    from replplan.errors import ConfigError
    from replplan.report.runs import arms_of, choose_arm, read_run

    if b is not None:
        return choose_arm(a), choose_arm(b)
    arms = arms_of([read_run(Path(a))])
    if len(arms) != 2:
        raise ConfigError(f"{a} is to be compared with what? It holds {len(arms)} arm(s), not two")
    return arms[0], arms[1]
