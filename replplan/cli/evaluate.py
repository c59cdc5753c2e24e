"""`replplan eval`: many tasks, headless."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import click
from click.core import ParameterSource

from replplan.cli.options import Settings, batch_flags, domain_flags
from replplan.cli.study_file import Names, fill_from

if TYPE_CHECKING:
    from replplan.cli.lead import Led, Order
    from replplan.evaluate.board import Board
    from replplan.evaluate.study import Study

_CODES = {"complete": 0, "stopped": 1, "interrupted": 130}
_SEVERAL = {"model", "method", "seed"}
_FOR_RESUME = {"resume", "retry_failed", "jobs", "base_url", "total_cost", "total_seconds"} | {
    "patience", "workers", "cluster", "quiet", "json", "otel", "otel_content",
}  # fmt: skip


@click.command(
    "eval",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    epilog="Exit code 0: every episode has a result; 1: the run was stopped by a limit or a fault;"
    " 130: by you. Domains may have flags of their own, such as --data.",
)
@click.argument("what", metavar="DOMAIN|STUDY.toml", required=False)
@click.option(
    "--suite",
    type=click.Choice(["quick"]),
    help="A handful of tasks of every world that is installed, in less than ten minutes, as a"
    " smoke test; DOMAIN may then be some worlds with commas between them.",
)
@click.option("--split", type=Names(), help="Sets of tasks.  [default: the domain's own]")
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="The first N tasks of each.")
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="K",
    help="Each task K times, with the seeds SEED to SEED+K-1.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="The first seed.")
@click.option(
    "--method",
    type=Names(),
    default="repl-plan",
    show_default=True,
    help="repl-plan, react, code, flat; /no-ask, /no-children and the like switch parts"
    " off: repl-plan,repl-plan/no-children.",
)
@click.option(
    "--model",
    type=Names(),
    help="'local' (the default), names that the endpoint serves, replay:TRACE.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Episodes at once, and requests to each model at once, at most.  [default: 1]",
)
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Play the episodes in N processes, for machines with many processors.",
)
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Play the episodes on a Dask cluster: tcp://HOST:8786, or local:N for N worker processes"
    " here. --jobs is then as many as its workers have threads, by default.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The run folder.  [default: a new one in runs/]",
)
@click.option(
    "--resume",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Go on with the run in this folder: do what is missing.",
)
@click.option(
    "--retry-failed",
    is_flag=True,
    help="With --resume: also do again what a fault around the plan has ended.",
)
@click.option(
    "--total-cost",
    type=click.FloatRange(min=0, min_open=True),
    metavar="DOLLARS",
    help="What the whole run may cost.",
)
@click.option(
    "--total-seconds",
    type=click.FloatRange(min=0, min_open=True),
    metavar="S",
    help="How long this command may run.",
)
@click.option(
    "--patience",
    type=click.FloatRange(min=0),
    default=300.0,
    show_default=True,
    metavar="S",
    help="How long an endpoint that does not answer is waited for.",
)
@batch_flags
@click.pass_context
def evaluate(context: click.Context, /, what: str | None, **flags: Any) -> int:
    """Do many tasks of DOMAIN and keep the results in a run folder.

    \b
    replplan eval alfworld --limit 20 --method repl-plan,react --jobs 4
    replplan eval study.toml
    replplan eval --suite quick
    replplan eval --resume runs/DIR

    It does every task with every seed, method and model. Flags that take several values take them
    with commas. A finished episode is on the disk at once; whatever ends the run, --resume goes
    on. Ctrl-C finishes what runs, and a second one stops now.
    """
    from replplan.cli.lead import lead

    options = domain_flags(context, what)
    if flags["suite"]:
        return _suite(context, what, flags, options)
    if what is not None and what.endswith(".toml"):
        what, flags, options = fill_from(Path(what), context, flags, options)
    return _report(lead(_order(context, what, flags, options)), flags)


def _suite(
    context: click.Context, names: str | None, flags: dict[str, Any], options: dict[str, str]
) -> int:
    """Play a suite; the exit code."""
    from replplan.cli.suite import play_suite
    from replplan.plugins import hyphened

    if options:
        flag = hyphened(next(iter(options)))
        raise click.UsageError(f"--suite plays many worlds: leave out --{flag}")
    folder = flags["out"] or _new_folder(flags["suite"])
    return play_suite(names, flags, folder, lambda name, own: _order(context, name, own, {}))


def _order(
    context: click.Context, what: str | None, flags: dict[str, Any], options: dict[str, str]
) -> Order:
    """What the flags come to.

    Raises:
        ReplplanError: they do not go together, or name what is not there.
    """
    from replplan.cli.lead import Order
    from replplan.telemetry import Telling

    resume: Path | None = flags["resume"]
    if flags["retry_failed"] and resume is None:
        raise click.UsageError("--retry-failed goes with --resume DIR")
    if resume is None and what is None:
        raise click.UsageError("which DOMAIN? `replplan domains` lists them; or --resume DIR")
    if resume is not None:
        _refuse_study(context, what, options)
    study = None if resume or what is None else make_study(what, flags, options)
    return Order(
        path=resume or flags["out"] or _new_folder(what or ""),
        study=study,
        base_url=flags["base_url"],
        jobs=flags["jobs"],
        cluster=flags["cluster"],
        retry_failed=flags["retry_failed"],
        total_cost=flags["total_cost"],
        total_seconds=flags["total_seconds"],
        patience=flags["patience"],
        workers=flags["workers"],
        telling=Telling(endpoint=flags["otel"], content=flags["otel_content"]),
        stream=sys.stderr if flags["json"] else sys.stdout,
        quiet=flags["quiet"],
    )


def make_study(domain: str, flags: dict[str, Any], options: dict[str, str]) -> Study:
    """The study that the flags ask for.

    Raises:
        ReplplanError: they name what is not there.
    """
    from replplan.evaluate.planning import choose_tasks, name_methods
    from replplan.evaluate.study import Study
    from replplan.models import LOCAL, check_named, read_params, without_secrets
    from replplan.plugins import make_domain

    settings = Settings.from_flags({k: v for k, v in flags.items() if k not in _SEVERAL})
    if "data" in options:
        options = options | {"data": str(Path(options["data"]).absolute())}
    kernel = settings.make_kernel_options()
    url = settings.base_url or os.environ.get("OPENAI_BASE_URL")
    check_named(next(iter(flags["model"] or ()), None), url)
    return Study(
        domain=domain,
        options=options,
        tasks=choose_tasks(make_domain(domain, options), flags["split"] or (), flags["limit"]),
        seeds=tuple(range(flags["seed"], flags["seed"] + flags["seeds"])),
        methods=name_methods(flags["method"], settings.make_switches()),
        models=flags["model"] or (LOCAL,),
        base_url=without_secrets(url),
        params=read_params(settings.param),
        limits=settings.make_limits(),
        isolation=settings.isolation,
        mounts=tuple(f"{m.path.absolute()}{':rw' if m.writable else ''}" for m in kernel.mounts),
        network=settings.network,
        kernel=settings.kernel,
    )


def _refuse_study(context: click.Context, what: str | None, options: dict[str, str]) -> None:
    """A run's study stands in its folder: --resume takes nothing that would change it."""
    given = [
        f"--{name.replace('_', '-')}"
        for name in context.params
        if name not in _FOR_RESUME
        and context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        and name != "what"
    ]
    given += [f"--{name}" for name in options] + ([what] if what else [])
    if given:
        raise click.UsageError(
            f"--resume goes on with the study that the folder holds: leave out {', '.join(given)}"
        )


def _new_folder(what: str) -> Path:
    when = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return Path("runs") / f"{when}-{what}-{uuid4().hex[:4]}"


def _report(led: Led, flags: dict[str, Any]) -> int:
    """Say how it ended; the exit code."""
    from replplan.cli.lead import how_to_go_on
    from replplan.evaluate.board import Board

    folder, ending = led.folder, led.ending
    board = Board()
    board.begin(folder)
    say = partial(click.echo, err=flags["json"])
    if ending.kind != "complete":
        why = f": {ending.why}" if ending.why else ""
        say(f"{ending.kind} with {board.done} of {board.total} done{why}; {how_to_go_on(folder)}")
    if flags["json"]:
        click.echo(json.dumps(_summary(led, board)))
    elif not flags["quiet"] and board.done:
        say(f"solved {board.solved}/{board.done}: {board.interval}")
        say(f"replplan report {folder.path}")
    return _CODES[ending.kind]


def _summary(led: Led, board: Board) -> dict[str, Any]:
    ending = led.ending
    return {
        "run": str(led.folder.path),
        "episodes": board.total,
        "done": board.done,
        "solved": board.solved,
        "interval": [round(board.interval.low, 4), round(board.interval.high, 4)],
        "failed": board.failed,
        "tokens": sum(line.usage.tokens for line in led.folder.lines.values()),
        "cost": board.cost,
        "ending": ending.kind,
        "why": ending.why,
    }
