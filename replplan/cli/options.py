"""The flags that mean the same everywhere, and what they come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

if TYPE_CHECKING:
    from replplan.kernel import KernelOptions
    from replplan.limits import Limits
    from replplan.method import Planner
    from replplan.resume import Resumable
    from replplan.switches import Switches

F = TypeVar("F", bound=Callable[..., Any])

LIMITS = {
    "turns": (int, "Model calls that write a cell, in the whole plan."),
    "model-calls": (int, "Model calls of every kind."),
    "tokens": (int, "Input and output tokens together."),
    "cost": (float, "US dollars."),
    "seconds": (float, "Wall time."),
    "actions": (int, "Steps in the world."),
    "depth": (int, "How deep child REPLs may nest."),
}
PORT = click.IntRange(0, 65535)
_UNITS = {"cost": "DOLLARS", "seconds": "S"}
_FLAGS: dict[str, dict[str, Any]] = {
    "--model": {
        "metavar": "NAME",
        "help": "'local' (the embedded model, the default), 'local-base' (it without what it was"
        " taught), a name that the endpoint serves, or replay:TRACE.",
    },
    "--base-url": {
        "metavar": "URL",
        "help": "An OpenAI-compatible endpoint; else OPENAI_BASE_URL. Its key: OPENAI_API_KEY.",
    },
    "--param": {
        "multiple": True,
        "metavar": "NAME=VALUE",
        "help": "What each request to the endpoint holds beside, such as temperature=0. May be"
        " given again.",
    },
    "--method": {
        "metavar": "NAME",
        "default": "repl-plan",
        "show_default": True,
        "help": "repl-plan, or one to compare with: react, code, flat.",
    },
    "--step": {
        "type": click.Choice(["cell", "statement"]),
        "default": "cell",
        "show_default": True,
        "help": "What the model writes a turn.",
    },
    "--no-demonstrations": {"is_flag": True, "help": "Show the model no demonstrations."},
    "--no-children": {"is_flag": True, "help": "An undefined call is no sub-task."},
    "--no-ask": {"is_flag": True, "help": "Cells cannot ask fuzzy questions."},
    "--hints": {
        "type": click.Choice(["none", "errors", "all"]),
        "default": None,
        "help": "What the model is told for a repair: all has the actions that a world allows, and"
        " is the default but for a model that was taught this world.",
    },
    "--seed": {
        "type": int,
        "default": 0,
        "show_default": True,
        "help": "Picks the task where none is named, and is given to the model.",
    },
    "--isolation": {
        "type": click.Choice(["auto", "none"]),
        "default": "auto",
        "show_default": True,
        "help": "How the cells are walled in.",
    },
    "--kernel": {
        "metavar": "NAME",
        "help": "An installed kernelspec, whose Python the cells then have; or the connection file"
        " of a kernel that runs; or http://HOST:PORT/?token=TOKEN#NAME of a Jupyter server. Needs"
        " --isolation none.  [default: a kernel of replplan's own Python]",
    },
    "--mount": {
        "multiple": True,
        "metavar": "DIR",
        "help": "A folder that cells can read at its own place; DIR:rw, and they can change it."
        " May be given again.",
    },
    "--network": {"is_flag": True, "help": "Cells can use the network."},
    "--trace": {
        "type": click.Path(dir_okay=False, path_type=Path),
        "metavar": "FILE",
        "help": "Where the trace goes.  [default: a new file in replplan's state folder]",
    },
    "--otel": {
        "metavar": "URL",
        "help": "Send spans of OpenTelemetry to this collector, such as http://localhost:4318.",
    },
    "--otel-content": {"is_flag": True, "help": "With --otel: prompts, code and outputs as well."},
    "--quiet": {"is_flag": True, "help": "Show nothing but the result."},
    "--json": {
        "is_flag": True,
        "help": "Print the result as JSON on standard output; all else goes to standard error.",
    },
}


class Commands(click.Group):
    """Commands that are listed by the first sentence of their help, whole at any width."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of the help."""
        named = [(name, self.commands[name]) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(n, c.get_short_help_str(limit=1000)) for n, c in named])


def resume_flag(command: F) -> F:
    """The flag of the commands that can go on with a plan which broke off."""
    return click.option(
        "--resume",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="TRACE",
        help="Go on with the plan of TRACE, which broke off: a crash, Ctrl-C, a limit. Give the"
        " other flags as they were; task, seed and limits are the trace's.",
    )(command)


def planning_flags(command: F) -> F:
    """The flags of every command that plans."""
    return flags_of(command, _FLAGS)


def batch_flags(command: F) -> F:
    """The flags of every command that plans which mean the same for many plans at once."""
    one = {"--model", "--method", "--seed", "--trace"}
    return flags_of(command, {name: given for name, given in _FLAGS.items() if name not in one})


def some_flags(*names: str) -> Callable[[F], F]:
    """These flags, as every command that plans has them, and those for limits."""
    return lambda command: flags_of(command, {name: _FLAGS[name] for name in names})


def flags_of(command: F, flags: Mapping[str, dict[str, Any]]) -> F:
    """Give a command these flags and those for limits."""
    for name, (kind, text) in reversed(LIMITS.items()):
        limit = click.FloatRange(min=0, min_open=True) if kind is float else click.IntRange(min=1)
        unit = _UNITS.get(name, "N")
        command = click.option(f"--{name}", type=limit, metavar=unit, help=f"Limit: {text}")(
            command
        )
    for name, settings in reversed(list(flags.items())):
        command = click.option(name, **settings)(command)
    return command


def watch_flag(command: F) -> F:
    """The flag of commands whose plan can be shown by the terminal app."""
    text = "Watch and steer it in the terminal app."
    return click.option("--watch", is_flag=True, help=text)(command)


@dataclass(frozen=True)
class Settings:
    """What the shared flags come to."""

    model: str | None = None
    base_url: str | None = None
    param: tuple[str, ...] = ()
    method: str = "repl-plan"
    step: Literal["cell", "statement"] = "cell"
    no_demonstrations: bool = False
    no_children: bool = False
    no_ask: bool = False
    hints: Literal["none", "errors", "all"] | None = None
    seed: int = 0
    isolation: Literal["auto", "none"] = "auto"
    kernel: str | None = None
    mount: tuple[str, ...] = ()
    network: bool = False
    trace: Path | None = None
    resume: Path | None = None
    otel: str | None = None
    otel_content: bool = False
    quiet: bool = False
    json: bool = False
    watch: bool = False
    limits: dict[str, float] = field(default_factory=dict)

    @classmethod
    def from_flags(cls, flags: dict[str, Any]) -> Settings:
        """The settings among a command's parameters."""
        names = [n.replace("-", "_") for n in LIMITS]
        limits = {n: flags[n] for n in names if flags[n] is not None}
        own = {n: flags[n] for n in cls.__dataclass_fields__ if n in flags}
        return cls(**own, limits=limits)

    def make_limits(self, trace: Resumable | None = None) -> Limits:
        """The limits: those that were given over the defaults, or over those of a trace."""
        from replplan.limits import Limits

        before = trace.started.limits.model_dump() if trace else {}
        return Limits(**before | self.limits)

    def read_resumable(self) -> Resumable | None:
        """The trace of the plan that is to go on, if one is.

        Raises:
            TraceError: it cannot be read.
            ConfigError: its plan came to its end.
        """
        from replplan.resume import read_resumable

        return read_resumable(self.resume) if self.resume else None

    def make_kernel_options(self) -> KernelOptions:
        """How the kernel is to be opened."""
        from replplan.kernel import KernelOptions
        from replplan.mount import Mount

        return KernelOptions(
            isolation=self.isolation,
            mounts=tuple(map(Mount.parse, self.mount)),
            network=self.network,
            kernel=self.kernel,
        )

    def make_planner(self, trace: Resumable | None = None) -> Planner:
        """The method with its switches; a trace's own where no others are given.

        Raises:
            ConfigError: there is no such method, or a switch means nothing to it.
        """
        from replplan.methods import planner_named

        planner = planner_named(self.method, self.make_switches())
        untold = trace is not None and planner.name == planner_named("repl-plan").name
        return planner_named(trace.started.method) if trace and untold else planner

    def make_switches(self) -> Switches:
        """How the switches of a method stand."""
        from replplan.switches import Switches

        return Switches(
            demonstrations=not self.no_demonstrations,
            children=not self.no_children,
            ask=not self.no_ask,
            step=self.step,
            hints=self.hints,
        )


def domain_flags(context: click.Context, domain: str | None) -> dict[str, str]:
    """A domain's own flags: `--name value`, `--name=value`, or `--name` alone for yes.

    Raises:
        click.UsageError: an argument that is no flag, a misspelt flag of the command itself, or
            one that stands where the domain's name was to stand.
    """
    known = [p.opts[0][2:] for p in context.command.params if isinstance(p, click.Option)]
    if domain is not None and domain.startswith("--"):
        extra_options([domain], known)
        name = domain.partition("=")[0]
        raise click.UsageError(f"a domain's own flags stand behind the DOMAIN's name: {name}")
    return extra_options(context.args, known)


def extra_options(args: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """What is given by flags that the command does not know, by name.

    Raises:
        click.UsageError: an argument that is no flag, or a misspelt flag of the command itself.
    """
    from difflib import get_close_matches

    options: dict[str, str] = {}
    left = list(args)
    while left:
        word = left.pop(0)
        if not word.startswith("--") or len(word) == 2:
            raise click.UsageError(f"what is {word!r} for? A flag begins with --")
        name, has_value, value = word[2:].partition("=")
        if close := get_close_matches(name, known, 1, 0.75):
            raise click.UsageError(f"no such option: --{name}; did you mean --{close[0]}?")
        if not has_value and left and not left[0].startswith("--"):
            value = left.pop(0)
        options[name.replace("-", "_")] = value
    return options
