"""The command line. Each command imports what it needs when it runs: `--help` must be quick."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterable
from typing import Any

import click

from replplan.cli import (
    data,
    doctor,
    domains,
    evaluate,
    export,
    keep,
    mcp,
    model,
    new_domain,
    pool,
    report,
    run,
    watch,
)
from replplan.cli.options import Commands
from replplan.config import read_defaults
from replplan.errors import ConfigError, ReplplanError
from replplan.hint import did_you_mean

_INTERRUPTED = 130


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `replplan run alfworld`: it needs no key and no network.",
)
@click.version_option(package_name="replplan")
@click.pass_context
def cli(context: click.Context) -> None:
    """A language model plans in a live Jupyter kernel.

    It writes cells, reads what came back, repairs what broke; a call of a function that does not
    exist yet becomes a child REPL that solves the sub-task.
    """
    defaults = read_defaults()
    _check(defaults)
    context.default_map = _default_map(defaults, cli.commands)


for command in (
    run.run,
    run.plan,
    evaluate.evaluate,
    report.report,
    report.compare,
    export.export,
    keep.keep,
    watch.watch,
    pool.pool,
    model.model,
    domains.domains,
    data.data,
    doctor.doctor,
    mcp.mcp,
    new_domain.new_domain,
):
    cli.add_command(command)


def _check(defaults: dict[str, Any]) -> None:
    """See to it that all of `replplan.toml` is a flag of some command, or of the one it names.

    Raises:
        ConfigError: something is not.
    """
    every = {parameter.name for command in cli.commands.values() for parameter in command.params}
    for name, value in defaults.items():
        if not isinstance(value, dict):
            _refuse_unknown([name], every, "no command has such a flag")
        elif name not in cli.commands:
            raise ConfigError(f"replplan.toml: there is no command {name!r}, which [{name}] is for")
        else:
            command = cli.commands[name]
            own = {parameter.name for parameter in command.params}
            own |= set(getattr(command, "commands", ()))  # of `model`, tables for `check` and so on
            _refuse_unknown(value, own, f"`replplan {name}` has no such flag")


def _refuse_unknown(names: Iterable[str], known: set[str], why: str) -> None:
    for name in names:
        if _flag(name) not in known:
            hint = did_you_mean(_flag(name), known).replace("_", "-")
            raise ConfigError(f"replplan.toml: {name}: {why}{hint}")


def _default_map(defaults: dict[str, Any], commands: Iterable[str]) -> dict[str, Any]:
    """Flags at the top of `replplan.toml` hold for every command, a command's table for itself."""
    shared = {_flag(k): v for k, v in defaults.items() if not isinstance(v, dict)}
    tables = {k: v for k, v in defaults.items() if isinstance(v, dict)}
    return {
        name: shared | {_flag(k): v for k, v in tables.get(name, {}).items()} for name in commands
    }


def defaults_of(command: str) -> dict[str, Any]:
    """What `replplan.toml` says of a command's flags.

    Raises:
        ConfigError: it cannot be read.
    """
    found: dict[str, Any] = _default_map(read_defaults(), (command,))[command]
    return found


def _flag(name: str) -> str:
    return name.replace("-", "_")


def main() -> None:
    """The console script: one sentence and exit code 2 for a user's mistake, no traceback."""
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as e:
        click.echo(e.ctx.get_help() if e.ctx else "")
        code = 0 if len(sys.argv) == 1 else 2
    except click.ClickException as e:
        e.show()
        code = 2
    except ReplplanError as e:
        click.echo(f"replplan: {e}", err=True)
        code = 2
    except (click.Abort, KeyboardInterrupt):
        code = _INTERRUPTED
    except BrokenPipeError:  # the reader of our output has left; nothing is left to be said to it
        sys.stderr.close()
        code = 1
    except OSError as e:
        if e.errno != errno.ENOSPC:
            raise
        click.echo(f"replplan: what was to be written had no room: {e.strerror}", err=True)
        code = 2
    sys.exit(code if isinstance(code, int) else 0)
