"""What stands behind `%plan`: options, then the goal in words."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import Any

import click

from replplan.config import read_defaults
from replplan.errors import ConfigError

_TEXT = """Plan towards a goal, with this notebook's variables.

    %plan which region fell most in March?
    %%plan --vars sales --answer worst
    Which region fell most in March, and by how much?

The plan's cells run in a kernel of their own, walled in, with copies of the variables; with --here
they run in this notebook. The answer is left in the variable `answer`, the result in `plan_result`,
the cells in `plan_cells`; `%plan_cells` shows them, `%plan_cells all` puts them into a new cell.
"""


@dataclass(frozen=True)
class Arguments:
    """What was asked for; the fields are the flags."""

    goal: str = ""
    vars: str | None = None
    no_vars: bool = False
    tools: str = ""
    file: tuple[str, ...] = ()
    model: str | None = None
    base_url: str | None = None
    answer: str = "answer"
    instructions: str = ""
    isolation: str = "auto"
    network: bool = False
    insert: bool = False
    here: bool = False
    yes: bool = False
    limits: dict[str, float] = field(default_factory=dict)


def read_arguments(line: str, cell: str | None, write: Any) -> Arguments | None:
    """The arguments of a magic; None where it was asked for its help, which `write` is given.

    Raises:
        ConfigError: they are wrong.
    """
    words = _words(line)
    try:
        with _command.make_context("%plan", words, default_map=_defaults()) as context:
            flags = dict(context.params)
    except click.exceptions.Exit:
        return None
    except click.ClickException as error:
        raise ConfigError(f"{error.format_message()} %plan --help lists the options.") from error
    if flags.pop("help"):
        write(_command.get_help(click.Context(_command, info_name="%plan")))
        return None
    limits = {name: flags.pop(name) for name in ("turns", "seconds", "cost")}
    goal = "\n".join(filter(None, [" ".join(flags.pop("goal")), (cell or "").strip()]))
    return Arguments(goal, limits={n: v for n, v in limits.items() if v is not None}, **flags)


def _words(line: str) -> list[str]:
    """The words of a line. An apostrophe is one: a goal is prose."""
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split, lexer.quotes, lexer.commenters, lexer.escape = True, '"', "", ""
    try:
        return list(lexer)
    except ValueError as error:
        raise ConfigError(f'{line!r} has a " that is not closed') from error


def _defaults() -> dict[str, Any]:
    """Defaults from `replplan.toml`, as the command line has them."""
    found = read_defaults()
    own = {k: v for k, v in found.items() if not isinstance(v, dict)} | found.get("plan", {})
    return {name.replace("-", "_"): value for name, value in own.items()}


def _option(*names: str, **settings: Any) -> click.Option:
    return click.Option(names, **settings)


_command = click.Command(
    "%plan",
    params=[
        click.Argument(["goal"], nargs=-1),
        _option("--vars", metavar="A,B", help="Variables to hand over, if not all simple ones."),
        _option("--no-vars", is_flag=True, help="Hand over none."),
        _option("--tools", metavar="F,G", default="", help="Functions of this notebook that cells "
                "may call; they run in this notebook."),
        _option("--file", metavar="PATH", multiple=True, help="A file to read; may come again."),
        _option("--model", metavar="NAME", help="As for `replplan plan`, or a variable that holds "
                "a Model."),
        _option("--base-url", metavar="URL", help="An OpenAI-compatible endpoint."),
        _option("--answer", metavar="NAME", default="answer", help="The variable for the answer."),
        _option("--instructions", metavar="TEXT", default="", help="What to heed."),
        _option("--turns", type=click.IntRange(min=1), help="Limit: cells."),
        _option("--seconds", type=click.FloatRange(min=0, min_open=True), help="Limit: time."),
        _option("--cost", type=click.FloatRange(min=0, min_open=True), help="Limit: US dollars."),
        _option("--isolation", type=click.Choice(["auto", "none"]), default="auto",
                help="How the cells are walled in."),
        _option("--network", is_flag=True, help="Cells can use the network."),
        _option("--insert", is_flag=True, help="Put the plan's cells into a new cell."),
        _option("--here", is_flag=True, help="Run the cells in this notebook, after a yes."),
        _option("--yes", is_flag=True, help="Say that yes."),
        _option("--help", is_flag=True, help="Show this."),
    ],
    help=_TEXT,
    add_help_option=False,
    context_settings={"allow_interspersed_args": False, "max_content_width": 90},
)  # fmt: skip
