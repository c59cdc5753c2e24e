"""`replplan domains` and `replplan doctor`: what is here, and what this machine can do."""

from __future__ import annotations

import json
import sys
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import click

from replplan.cli.options import LIMITS

if TYPE_CHECKING:
    from replplan.doctor import Check

_MARKS = {True: "ok", False: "no"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def domains(as_json: bool) -> None:
    """List the domains: their splits, their own flags, what they need."""
    rows = [_domain_row(name) for name in _names()]
    if as_json:
        click.echo(json.dumps(rows))
        return
    width = max(len(row["name"]) for row in rows) + 2
    for row in rows:
        first, *rest = (_wrapped(line, width) for line in _told(row))
        click.echo("\n".join([row["name"] + first[len(row["name"]) :], *rest]))
    for line in dict.fromkeys(_remedy(need) for row in rows for need in row["needs"]):
        if line:
            click.echo(line)


def _told(row: dict[str, Any]) -> list[str]:
    """What there is to say of a domain, line by line."""
    flags = " ".join(f"--{option}" for option in row["options"])
    needs = ", ".join(f"{n['what']} ({'here' if n['here'] else 'no'})" for n in row["needs"])
    facts = {"splits": " ".join(row["splits"]), "flags": flags, "needs": needs}
    return [row["summary"], *(f"{name}: {fact}" for name, fact in facts.items() if fact)]


def _wrapped(line: str, inset: int) -> str:
    width = max(get_terminal_size().columns, inset + 20)
    return click.wrap_text(line, width, " " * inset, " " * (inset + 2))


def _remedy(need: dict[str, Any]) -> str:
    return "" if need["here"] else f"{need['what']} is not installed: {need['remedy']}"


def _names() -> tuple[str, ...]:
    from replplan.plugins import domain_names

    return domain_names()


def _domain_row(name: str) -> dict[str, Any]:
    from replplan.errors import ConfigError
    from replplan.plugins import domain_class, domain_options

    try:
        cls = domain_class(name)
    except ConfigError as e:
        return {"name": name, "summary": str(e), "splits": [], "options": [], "needs": []}
    return {
        "name": name,
        "summary": cls.summary,
        "splits": list(cls().splits()),
        "options": [o.replace("_", "-") for o in domain_options(cls) if o not in LIMITS],
        "needs": [{"what": n.what, "here": n.is_here, "remedy": n.remedy} for n in cls.needs],
    }


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
