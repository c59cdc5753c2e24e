"""The pool: demonstrations by REPL name, read from notebooks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from replplan.cell import CellError, CellResult
from replplan.errors import ConfigError

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True)
class Demonstration:
    """A session that went well: what it was told at its opening, then its cells and results."""

    repl: str
    opening: str
    turns: tuple[tuple[str, CellResult], ...]
    source: Path

    @property
    def size(self) -> int:
        """Characters that it puts into a prompt, about."""
        return len(self.opening) + sum(map(_size, self.turns))


@dataclass(frozen=True)
class Pool:
    """Demonstrations in folders `<REPL name>/*.ipynb`; an earlier folder comes first."""

    folders: tuple[Path, ...] = ()

    def choose(self, name: str, room: int | None = None) -> tuple[Demonstration, ...]:
        """Demonstrations for a REPL of that name, in a fixed order.

        Args:
            name: the REPL's name.
            room: characters that they may take together; None for no limit.

        Raises:
            ConfigError: a notebook cannot be read or holds no code.
        """
        chosen: list[Demonstration] = []
        for path in self.paths(name):
            demonstration = read_demonstration(path)
            room = room - demonstration.size if room is not None else None
            if room is not None and room < 0:
                break
            chosen.append(demonstration)
        return tuple(chosen)

    def paths(self, name: str) -> Iterator[Path]:
        """The notebooks for a REPL of that name."""
        for folder in self.folders:
            yield from sorted((folder / name).glob("*.ipynb"))


def read_demonstration(path: Path) -> Demonstration:
    """Read a demonstration from its notebook.

    The first cell, in Markdown, holds what the session was told; the code cells follow with their
    outputs.

    Raises:
        ConfigError: it is no notebook, or holds no code.
    """
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, nbformat.ValidationError) as e:
        raise ConfigError(f"{path} is no notebook that can be read: {_first_line(e)}") from e
    cells = [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()]
    if not cells:
        raise ConfigError(f"{path} holds no code: a demonstration needs at least one code cell")
    first = notebook.cells[0]
    return Demonstration(
        repl=path.parent.name,
        opening=first.source if first.cell_type == "markdown" else "",
        turns=tuple((c.source, _result(c.outputs)) for c in cells),
        source=path,
    )


def _result(outputs: list[Any]) -> CellResult:
    text = "".join(o.text for o in outputs if o.output_type == "stream")
    values = [o.data.get("text/plain") for o in outputs if o.output_type == "execute_result"]
    errors = [o for o in outputs if o.output_type == "error"]
    error = None
    if errors:
        e = errors[-1]
        trace = _ANSI.sub("", "\n".join(e.traceback)) or f"{e.ename}: {e.evalue}"
        error = CellError(name=e.ename, message=e.evalue, traceback=trace)
    return CellResult(output=text, value=values[-1] if values else None, error=error)


def _size(turn: tuple[str, CellResult]) -> int:
    code, result = turn
    trace = result.error.traceback if result.error else ""
    return len(code) + len(result.output) + len(result.value or "") + len(trace)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
