"""`replplan pool`: which demonstrations there are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from replplan.cli.options import Commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replplan.pool import Demonstration
    from replplan.pool.stock import Stocked

_DOMAIN = click.option("--domain", metavar="NAME", help="Those for this domain alone.")
_BROKEN = 1


@click.group(cls=Commands)
def pool() -> None:
    """The demonstrations, by the name of their REPL.

    They are the project's, yours, and those of the domains.
    """


@pool.command("list")
@_DOMAIN
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(domain: str | None, as_json: bool) -> int:
    """List them: name, domain, whose, turns, size in characters, file.

    Exit code 1 where one of them cannot be read.
    """
    from replplan.pool.stock import stock

    stocked = list(stock(domain))
    rows = [_row(s, d) for s in stocked if (d := s.demonstration)]
    if as_json:
        click.echo(json.dumps(rows))
    elif rows:
        _print_table(rows)
    else:
        click.echo("no demonstration", err=True)
    broken = [s for s in stocked if s.problem]
    for s in broken:
        click.echo(f"replplan: {s.problem}", err=True)
    return _BROKEN if broken else 0


def _row(stocked: Stocked, demonstration: Demonstration) -> dict[str, Any]:
    return {
        "name": demonstration.repl,
        "domain": stocked.domain,
        "from": stocked.place.owner,
        "turns": len(demonstration.turns),
        "size": demonstration.size,
        "path": str(stocked.path),
    }


def _print_table(rows: list[dict[str, Any]]) -> None:
    from replplan.console.clean import one_line

    texts = [{k: one_line(str("any" if v is None else v)) for k, v in row.items()} for row in rows]
    widths = {k: max(len(k), *(len(t[k]) for t in texts)) for k in texts[0] if k != "path"}
    for text in ({k: k for k in texts[0]}, *texts):
        click.echo("  ".join([*(f"{text[k]:{w}}" for k, w in widths.items()), text["path"]]))


@pool.command()
@click.argument("name", metavar="NAME")
@_DOMAIN
def show(name: str, domain: str | None) -> None:
    """Show the demonstrations of a REPL name, or the one in a file.

    They are shown as a model reads them.
    """
    from replplan.pool import read_demonstration
    from replplan.pool.stock import named

    for number, stocked in enumerate(named(name, domain)):
        demonstration = stocked.demonstration or read_demonstration(stocked.path)
        click.echo("\n" * (number > 0) + "\n".join(_lines(stocked, demonstration)))


def _lines(stocked: Stocked, demonstration: Demonstration) -> Iterator[str]:
    from replplan.console.clean import harmless, one_line
    from replplan.prompt import show as shown

    about = {"domain": stocked.domain or "any", "from": stocked.place.owner}
    about |= {k: str(v) for k, v in demonstration.about.items() if k in ("task", "model", "date")}
    yield click.style(f"{demonstration.repl}  {one_line(str(stocked.path))}", bold=True)
    yield one_line(", ".join(f"{k} {v}" for k, v in about.items() if v))
    yield f"\n{harmless(demonstration.opening)}"
    for number, (code, result) in enumerate(demonstration.turns):
        if number in demonstration.told:
            yield f"\n{harmless(demonstration.told[number])}"
        yield f"\nIn [{number + 1}]:\n" + _indented(code)
        yield _indented(shown(result))


def _indented(text: str) -> str:
    from replplan.console.clean import harmless

    return "\n".join(f"    {line}".rstrip() for line in harmless(text).split("\n"))


@pool.command()
@click.argument("name", metavar="NAME")
@_DOMAIN
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(name: str, domain: str | None, yes: bool) -> None:
    """Remove the demonstrations of a REPL name, or the one in a file.

    Those of a domain stay.
    """
    from replplan.pool.stock import discard, named, removable

    everything = named(name, domain)
    found = removable(name, everything)
    if stay := len(everything) - len(found):
        click.echo(f"{stay} of a domain stay", err=True)
    for stocked in found:
        click.echo(str(stocked.path))
    question = f"Remove {len(found)} demonstration{'s' if len(found) > 1 else ''}?"
    if yes or click.confirm(question, err=True):
        for stocked in found:
            discard(stocked)
