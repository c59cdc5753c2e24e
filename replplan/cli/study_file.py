"""`study.toml`: the flags of `replplan eval` in a file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from replplan.errors import ConfigError
from replplan.hint import did_you_mean


class Names(click.ParamType[tuple[str, ...]]):
    """Names with commas between them; in a file, a list too."""

    name = "names"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """What the help shows."""
        return "A,B"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """The names, each once, in order."""
        words = value.split(",") if isinstance(value, str) else value
        if not isinstance(words, list | tuple) or not all(isinstance(w, str) for w in words):
            self.fail(f"{value!r} is no list of names", param, ctx)
        return tuple(dict.fromkeys(word.strip() for word in words if word.strip()))


def read_study_file(path: Path) -> dict[str, Any]:
    """The settings of a study file: flags by name, with `_` or `-`; `[limits]` is taken apart.

    Raises:
        ConfigError: it cannot be read, or is no TOML.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"there is no study file {path}") from None
    except (OSError, UnicodeDecodeError) as e:
        raise ConfigError(f"the study file {path} cannot be read: {e}") from e
    except tomllib.TOMLDecodeError as e:
        raise ConfigError(f"the study file {path} is not valid TOML: {e}") from e
    limits = found.pop("limits", {})
    if not isinstance(limits, dict):
        raise ConfigError(f"{path}: [limits] is a table, such as turns = 60")
    return {name.replace("-", "_"): value for name, value in (found | limits).items()}


def fill_from(
    path: Path, context: click.Context, flags: dict[str, Any], options: dict[str, str]
) -> tuple[str, dict[str, Any], dict[str, str]]:
    """The domain, the flags and the domain's options of a study file.

    What stands on the command line goes before what stands in the file.

    Raises:
        ConfigError: the file names no domain, or something that is no flag.
        click.UsageError: a value is none of its flag.
    """
    settings = read_study_file(path)
    domain, own = settings.pop("domain", None), settings.pop("options", {})
    if not isinstance(domain, str):
        raise ConfigError(f'{path} names no domain: it needs a line such as domain = "alfworld"')
    if not isinstance(own, dict):
        raise ConfigError(f"{path}: [options] is a table of the domain's own flags")
    known = {p.name: p for p in context.command.params if isinstance(p, click.Option)}
    filled = dict(flags)
    for name, value in settings.items():
        if name not in known:
            hint = did_you_mean(name, filter(None, known))
            raise ConfigError(f"{path}: there is no setting {name!r}{hint}")
        if context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            filled[name] = _value(path, known[name], value, context)
    return domain, filled, {k: _text(v) for k, v in own.items()} | options


def _value(path: Path, option: click.Option, value: Any, context: click.Context) -> Any:
    try:
        return option.process_value(context, value)
    except click.BadParameter as e:
        raise ConfigError(f"{path}: {option.name} = {value!r}: {e.message}") from None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
