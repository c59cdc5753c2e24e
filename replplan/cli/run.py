"""`replplan run` and `replplan plan`: one plan, watched."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from replplan.cli.options import (
    Settings,
    domain_flags,
    planning_flags,
    resume_flag,
    watch_flag,
)

if TYPE_CHECKING:
    from replplan.cli.play import WatchedPlan
    from replplan.domain import Domain, Task
    from replplan.episode import EpisodeResult
    from replplan.resume import Resumable

SOLVED, NOT_SOLVED, WRONG = 0, 1, 2


@click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.argument("domain", metavar="DOMAIN", required=False)
@click.option("--split", metavar="NAME", help="The set of tasks.  [default: the domain's own]")
@click.option(
    "--task",
    metavar="ID",
    help="A task by its id, or by its number in the split; `replplan domains DOMAIN` lists them.",
)
@click.option("--data", metavar="DIR", help="A folder with the domain's official data.")
@resume_flag
@watch_flag
@planning_flags
@click.pass_context
def run(context: click.Context, /, domain: str | None, **flags: Any) -> int:
    """Do one task of DOMAIN and watch it: `replplan run alfworld`.

    A domain may have flags of its own; `replplan domains` lists them. Exit code 0: solved,
    1: not solved, 2: wrong use, or something is missing.
    """
    from replplan.cli.play import WatchedPlan, play
    from replplan.plugins import make_domain
    from replplan.task_choice import choose_task

    options = domain_flags(context, domain)
    if flags["data"] is not None:
        options["data"] = flags["data"]
    settings = Settings.from_flags(flags)
    trace = settings.read_resumable()
    if domain is None and trace is None:
        raise click.UsageError("which DOMAIN? `replplan domains` lists them")
    world = make_domain(domain or (trace.started.domain if trace else ""), options)
    task = (
        _task_of(trace, world)
        if trace
        else choose_task(world, flags["split"], flags["task"], settings.seed)
    )
    show_on = sys.stderr if settings.json else sys.stdout
    watched = WatchedPlan(settings, world, task, show_on, trace)
    result = play(watched)
    if settings.json:
        print_json(result)
    elif settings.quiet:
        click.echo("solved" if result.solved else f"not solved: {result.stop_reason}")
    return _code(watched, result, bool(result.solved))


@click.command()
@click.argument("goal")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--tools", metavar="MODULE.py", help="A file of functions that the cells may call.")
@click.option(
    "--mcp",
    multiple=True,
    metavar="COMMAND",
    help="A server of the Model Context Protocol, by its command or its address (http...): cells"
    " may call its tools. It runs as you do, outside of the kernel. May be given again.",
)
@resume_flag
@watch_flag
@planning_flags
def plan(
    goal: str, files: tuple[str, ...], tools: str | None, mcp: tuple[str, ...], **flags: Any
) -> int:
    """Reach a GOAL of your own over your own FILEs.

    The answer goes to standard output, the live view to standard error.

    For example: replplan plan "how many rows have an empty price?" items.csv
    """
    from replplan.api.options import check_goal
    from replplan.cli.play import WatchedPlan, play
    from replplan.plugins import goal_domain

    check_goal(goal)
    settings = Settings.from_flags(flags)
    domain = goal_domain()(goal=goal, files=files, tools=tools)
    (task,) = domain.tasks(domain.default_split)
    watched = WatchedPlan(settings, domain, task, sys.stderr, settings.read_resumable(), mcp)
    result = play(watched)
    if settings.json:
        print_json(result)
    elif result.stop_reason == "answered":
        click.echo(_words(result.answer))
    return _code(watched, result, result.stop_reason == "answered")


def _task_of(trace: Resumable, domain: Domain) -> Task:
    from replplan.errors import ConfigError

    started = trace.started
    try:
        return domain.task(started.task)
    except KeyError:
        raise ConfigError(
            f"{trace.past.path} is of the task {started.task!r} of {started.domain}, which"
            f" {domain.name} has not here: give it the flags that it had"
        ) from None


def print_json(result: EpisodeResult) -> None:
    """The result as one line of JSON on standard output."""
    click.echo(result.to_json())


def _code(watched: WatchedPlan, result: EpisodeResult, good: bool) -> int:
    if result.stop_reason == "failed":
        if not watched.tells_the_end:
            click.echo(f"replplan: {result.error}", err=True)
        return WRONG
    return SOLVED if good else NOT_SOLVED


def _words(answer: Any) -> str:
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
