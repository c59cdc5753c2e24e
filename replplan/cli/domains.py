"""`replplan domains`: which worlds are here, and which tasks they have."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import click

from replplan.cli.options import LIMITS, domain_flags

if TYPE_CHECKING:
    from replplan.domain import Domain, Task

_LONGEST_GOAL = 200


@click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.argument("domain", metavar="[DOMAIN]", required=False)
@click.option("--split", metavar="NAME", help="List the tasks of this split.")
@click.option("--data", metavar="DIR", help="A folder with the domain's official data.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def domains(
    context: click.Context, domain: str | None, split: str | None, data: str | None, as_json: bool
) -> None:
    """List the domains, or the tasks of one.

    Without DOMAIN: their splits, their own flags, what they need. Of DOMAIN: how many tasks each
    split has, and its tasks beside the splits. With --split a task a line: its id for --task, its
    kind where there are several, its goal.

    For example: replplan domains alfworld --split dev
    """
    options = domain_flags(context, domain)
    if domain is None:
        if split or data or options:
            raise click.UsageError("tasks of which DOMAIN? `replplan domains` lists them")
        _list_all(as_json)
        return
    from replplan.plugins import make_domain

    world = make_domain(domain, options if data is None else options | {"data": data})
    if split is None:
        _list_splits(world, as_json)
    else:
        _list_tasks(world, world.tasks(split), as_json)


def _list_all(as_json: bool) -> None:
    from replplan.plugins import domain_names

    rows = [_row(name) for name in domain_names()]
    if as_json:
        click.echo(json.dumps(rows))
        return
    width = max(len(row["name"]) for row in rows) + 2
    for row in rows:
        _print(row["name"], _told(row), width)
    for line in dict.fromkeys(_remedy(need) for row in rows for need in row["needs"]):
        if line:
            click.echo(line)


def _list_splits(domain: Domain, as_json: bool) -> None:
    row = _row(domain.name) | {"splits": list(domain.splits())}
    counts = {split: _count(domain, split) for split in row["splits"]}
    if not any(counts.values()) and all(need["here"] for need in row["needs"]):
        domain.tasks(domain.default_split)  # says what is wrong
    examples = [_facts(domain, task) for task in domain.examples]
    if as_json:
        click.echo(json.dumps(row | {"tasks": counts, "examples": examples}))
        return
    told = [*_told(row | {"splits": []}), *_counted(counts, domain.default_split)]
    _print(domain.name, told, len(domain.name) + 2)
    for line in filter(None, map(_remedy, row["needs"])):
        click.echo(line)
    if examples:
        click.echo("in no split, for --task:")
        _print_tasks(examples)


def _count(domain: Domain, split: str) -> int | None:
    """How many tasks; None where they are not to be had."""
    from replplan.errors import ReplplanError

    try:
        return len(domain.tasks(split))
    except ReplplanError:
        return None


def _counted(counts: dict[str, int | None], default: str) -> Iterator[str]:
    for split, count in counts.items():
        many = "not here" if count is None else f"{count:,} task{'' if count == 1 else 's'}"
        yield f"{split}: {many}" + (", the default" if split == default else "")


def _list_tasks(domain: Domain, tasks: Iterable[Task], as_json: bool) -> None:
    facts = (_facts(domain, task) for task in tasks)
    if as_json:
        click.echo(json.dumps(list(facts)))
    else:
        _print_tasks(facts)


def _facts(domain: Domain, task: Task) -> dict[str, str]:
    return {"id": task.id, "kind": domain.kind(task), "goal": task.goal}


def _print_tasks(tasks: Iterable[dict[str, str]]) -> None:
    from replplan.console.clean import one_line

    for task in tasks:
        parts = (task["id"], task["kind"], one_line(task["goal"], _LONGEST_GOAL))
        click.echo("  ".join(part for part in parts if part))


def _row(name: str) -> dict[str, Any]:
    from replplan.errors import ConfigError
    from replplan.plugins import domain_class, domain_options, hyphened

    try:
        cls = domain_class(name)
    except ConfigError as e:
        return {"name": name, "summary": str(e), "splits": [], "options": [], "needs": []}
    return {
        "name": name,
        "summary": cls.summary,
        "splits": list(cls().splits()),
        "options": [hyphened(o) for o in domain_options(cls) if o not in LIMITS],
        "needs": [{"what": n.what, "here": n.is_here, "remedy": n.remedy} for n in cls.needs],
    }


def _told(row: dict[str, Any]) -> list[str]:
    """What there is to say of a domain, line by line."""
    flags = " ".join(f"--{option}" for option in row["options"])
    needs = ", ".join(f"{n['what']} ({'here' if n['here'] else 'no'})" for n in row["needs"])
    facts = {"splits": " ".join(row["splits"]), "flags": flags, "needs": needs}
    return [row["summary"], *(f"{name}: {fact}" for name, fact in facts.items() if fact)]


def _remedy(need: dict[str, Any]) -> str:
    return "" if need["here"] else f"{need['what']} is not installed: {need['remedy']}"


def _print(name: str, told: list[str], width: int) -> None:
    first, *rest = _wrapped(told, width)
    click.echo("\n".join([name + first[len(name) :], *rest]))


def _wrapped(told: list[str], inset: int) -> Iterator[str]:
    width = max(get_terminal_size().columns, inset + 20)
    for line in told:
        yield click.wrap_text(line, width, " " * inset, " " * (inset + 2))
