"""`replplan run` and `replplan plan`: one plan, watched."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from replplan.cli.options import Settings, choose_task, extra_options, planning_flags

if TYPE_CHECKING:
    from replplan.episode import EpisodeResult

SOLVED, NOT_SOLVED, WRONG = 0, 1, 2


@click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.argument("domain", metavar="DOMAIN")
@click.option("--split", metavar="NAME", help="The set of tasks.  [default: the domain's own]")
@click.option("--task", metavar="ID", help="A task by its id, or by its number in the split.")
@click.option("--data", metavar="DIR", help="A folder with the domain's official data.")
@planning_flags
@click.pass_context
def run(context: click.Context, /, domain: str, **flags: Any) -> int:
    """Do one task of DOMAIN and watch it: `replplan run alfworld`.

    A domain may have flags of its own; `replplan domains` lists them. Exit code 0: solved,
    1: not solved, 2: wrong use, or something is missing.
    """
    from replplan.cli.play import Play, play
    from replplan.plugins import make_domain

    known = [p.opts[0][2:] for p in run.params if isinstance(p, click.Option)]
    options = extra_options(context.args, known)
    if flags["data"] is not None:
        options["data"] = flags["data"]
    settings = Settings.from_flags(flags)
    world = make_domain(domain, options)
    task = choose_task(world, flags["split"], flags["task"], settings.seed)
    show_on = sys.stderr if settings.json else sys.stdout
    result = play(Play(settings, world, task, show_on))
    if settings.json:
        print_json(result)
    elif settings.quiet:
        click.echo("solved" if result.solved else f"not solved: {result.stop_reason}")
    return _code(result, bool(result.solved))


@click.command()
@click.argument("goal")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--tools", metavar="MODULE.py", help="A file of functions that the cells may call.")
@planning_flags
def plan(goal: str, files: tuple[str, ...], tools: str | None, **flags: Any) -> int:
    """Reach a GOAL of your own over your own FILEs; the answer goes to standard output.

    For example: replplan plan "how many rows have an empty price?" items.csv
    """
    from replplan.cli.play import Play, play
    from replplan.plugins import domain_class

    settings = Settings.from_flags(flags)
    domain = domain_class("notebook")(goal=goal, files=files, tools=tools)  # type: ignore[call-arg]
    (task,) = domain.tasks("goal")
    result = play(Play(settings, domain, task, sys.stderr))
    if settings.json:
        print_json(result)
    elif result.stop_reason == "answered":
        click.echo(_words(result.answer))
    return _code(result, result.stop_reason == "answered")


def print_json(result: EpisodeResult) -> None:
    """The result as one line of JSON on standard output."""
    click.echo(result.model_dump_json())


def _code(result: EpisodeResult, good: bool) -> int:
    if result.stop_reason == "failed":
        click.echo(f"replplan: {result.error}", err=True)
        return WRONG
    return SOLVED if good else NOT_SOLVED


def _words(answer: Any) -> str:
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
