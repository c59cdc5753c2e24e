"""Exports by name: what a trace, or all traces of a run, can become."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from replplan.errors import ConfigError
from replplan.export.html import to_html
from replplan.export.notebook import to_notebook
from replplan.export.sft import to_sft
from replplan.extras import require


class Format(NamedTuple):
    """One thing that traces can become.

    `make` gives the whole file; `fill` writes a folder of files instead. `many` says whether it
    takes more than one trace.
    """

    suffix: str
    make: Callable[[Sequence[Path]], bytes] | None = None
    many: bool = False
    fill: Callable[[Sequence[Path], Path], list[Path]] | None = None


def _of_one(make: Callable[[Path], str]) -> Callable[[Sequence[Path]], bytes]:
    return lambda traces: make(traces[0]).encode()


def _to_inspect(traces: Sequence[Path], folder: Path) -> list[Path]:
    require("inspect_ai", "inspect")
    from replplan.for_inspect.log import to_inspect

    return to_inspect(traces, folder)


FORMATS = {
    "html": Format(".html", _of_one(to_html)),
    "notebook": Format(".ipynb", _of_one(to_notebook)),
    "sft": Format(".sft.jsonl", to_sft, many=True),
    "inspect": Format(".inspect", many=True, fill=_to_inspect),
}


def export(source: Path, to: str, out: Path | None = None, *, replace: bool = False) -> list[Path]:
    """Write a trace, or a run's traces, as something else.

    Args:
        source: a trace, or the folder of a run.
        to: one of `FORMATS`.
        out: where to, a file or the folder for several; `-` for standard output. By default beside
            the source, named like it.
        replace: whether a file that is there already is written anew.

    Returns:
        The files that were written.

    Raises:
        ConfigError: there is no such format, it takes one trace alone, or the file is there
            already or cannot be written.
        TraceError: a trace cannot be read.
    """
    if to not in FORMATS:
        raise ConfigError(f"there is no format {to!r}; there are: {', '.join(FORMATS)}")
    form = FORMATS[to]
    traces = traces_of(source)
    if len(traces) > 1 and not form.many:
        count, one = len(traces), traces[0]
        raise ConfigError(f"{source} holds {count} traces, and {to} takes one, such as {one}")
    path = out or source.with_name(source.name.removesuffix(".jsonl") + form.suffix)
    if form.fill:
        return form.fill(traces, path)
    assert form.make
    if str(path) != "-" and path.exists() and not replace:
        raise ConfigError(f"{path} is there already: name another with --out, or use --force")
    made = form.make(traces)
    if str(path) == "-":
        sys.stdout.buffer.write(made)
        return []
    _write(path, made)
    return [path]


def traces_of(source: Path) -> list[Path]:
    """The traces that a path means: itself, or all those of a run's folder.

    Raises:
        ConfigError: the folder holds none.
    """
    if not source.is_dir():
        return [source]
    traces = sorted(source.glob("traces/*.jsonl")) or sorted(source.glob("*.jsonl"))
    if not traces:
        raise ConfigError(f"the folder {source} holds no traces: no file traces/*.jsonl")
    return traces


def _write(path: Path, made: bytes) -> None:
    """The whole of it or nothing."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(made)
        part.replace(path)
    except OSError as e:
        raise ConfigError(f"{path} cannot be written: {e.strerror}") from e
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
