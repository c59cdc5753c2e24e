"""`replplan doctor`: what this machine can do."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from replplan.doctor import Check

_MARKS = {True: "ok", False: "no"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> int:
    """Say what this machine can and cannot do, and why. Exit code 1 where planning cannot work."""
    import asyncio

    from replplan.doctor import examine

    click.echo("trying out what this machine can do, a few seconds ...", err=True)
    checks = asyncio.run(examine())
    if as_json:
        click.echo(json.dumps([c.model_dump() for c in checks]))
    else:
        _print_checks([c for c in checks if not c.within])
        for group in dict.fromkeys(c.within for c in checks if c.within):
            _print_group(group, [c for c in checks if c.within == group])
    sys.stdout.flush()
    return int(any(c.needed and not c.ok for c in checks))


def _print_checks(checks: list[Check]) -> None:
    width = max(len(c.what) for c in checks)
    for c in checks:
        click.echo(f"{_MARKS[c.ok]}  {c.what:{width}}  {c.finding}")
        if c.remedy and not c.ok:
            click.echo(f"    {'':{width}}  {c.remedy}")


def _print_group(group: str, checks: list[Check]) -> None:
    """Those that hold in one paragraph, those that do not each with its reason."""
    held = [c.what for c in checks if c.ok]
    click.echo(f"\n{group}, {len(held)} of {len(checks)} tried and held")
    if held:
        click.echo(click.wrap_text("; ".join(held), 98, "    ", "    "))
    for c in checks:
        if not c.ok:
            click.echo(f"{_MARKS[c.ok]}  {c.what}: {c.finding}")
