"""A demonstration as a notebook, read and written: what a model reads is what Jupyter shows."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from replplan.cell import CellError, CellResult, Display
from replplan.errors import ConfigError
from replplan.pool.sheet import read_sheet
from replplan.record import Json

Turn = tuple[str, CellResult]

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_CACHED = 1024


@dataclass(frozen=True)
class Demonstration:
    """A session that went well: what it was told at its opening, then its cells and results.

    Attributes:
        repl: the REPL's name.
        opening: what it was told at first.
        turns: its cells, each with what came of it.
        source: the notebook that it was read from.
        told: what else it was told, by the number of the turn that came next, from 1 on: that its
            sub-task was called again.
        about: what the notebook says of itself, under `replplan` in its metadata: `domain`,
            `repl`, `task`, `call`, `comment`, `args`, `model`, `date`. Each may be missing.
    """

    repl: str
    opening: str
    turns: tuple[Turn, ...]
    source: Path
    told: Mapping[int, str] = field(default_factory=dict)
    about: Mapping[str, Json] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Characters that it puts into a prompt, about."""
        told = len(self.opening) + sum(map(len, self.told.values()))
        return told + sum(map(_size, self.turns))

    @property
    def domain(self) -> str | None:
        """The domain that it is for; None for every domain."""
        domain = self.about.get("domain")
        return domain if isinstance(domain, str) else None

    @property
    def words(self) -> str:
        """What its likeness to another session is judged by."""
        return "\n".join((self.opening, *self.told.values()))


def read_demonstration(path: Path) -> Demonstration:
    """Read a demonstration from its notebook; one that has not changed is read once.

    Markdown before the first code cell is what the session was told at its opening; Markdown
    between code cells is what it was told there. The code cells are its turns.

    Raises:
        ConfigError: it is no notebook, or holds no code.
    """
    try:
        state = path.stat()
    except OSError as e:
        raise ConfigError(f"{path} cannot be read: {e.strerror}") from e
    return _read(path.absolute(), state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=_CACHED)
def _read(path: Path, changed: int, size: int) -> Demonstration:
    notebook = _notebook(path)
    turns: list[Turn] = []
    told: dict[int, list[str]] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.source.strip():
            turns.append((cell.source, _result(cell.outputs)))
        elif cell.cell_type == "markdown" and cell.source.strip():
            told.setdefault(len(turns), []).append(cell.source)
    if not turns:
        raise ConfigError(f"{path} holds no code: a demonstration needs at least one code cell")
    about = notebook.metadata.get("replplan")
    texts = {turn: "\n\n".join(parts) for turn, parts in told.items() if turn < len(turns)}
    return Demonstration(
        repl=path.parent.name,
        opening=texts.pop(0, ""),
        turns=tuple(turns),
        source=path,
        told=texts,
        about=dict(about) if isinstance(about, dict) else {},
    )


def _notebook(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as e:
        raise ConfigError(f"{path} cannot be read: {e.strerror}") from e
    except UnicodeDecodeError as e:
        raise ConfigError(f"{path} is no notebook that can be read: {e}") from e
    return read_sheet(text) or _converted(path, text)


def _converted(path: Path, text: str) -> Any:
    """A notebook of whatever format Jupyter has had."""
    import nbformat

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a missing cell id is of no account here
            notebook = nbformat.reader.reads(text)  # type: ignore[no-untyped-call]
            notebook = nbformat.convert(notebook, 4)  # type: ignore[no-untyped-call]
            nbformat.validate(notebook)
    except (ValueError, TypeError, AttributeError, KeyError, nbformat.ValidationError) as e:
        said, *_ = str(e).split("\n")
        raise ConfigError(f"{path} is no notebook that can be read: {said}") from e
    return notebook


def _result(outputs: Iterable[Any]) -> CellResult:
    """What a cell's outputs come to, as the kernel would have given it."""
    text, value, error = "", None, None
    displays: list[Display] = []
    for output in outputs:
        match output.output_type:
            case "stream":
                text += output.text
            case "execute_result":
                value = str(output.data.get("text/plain", ""))
            case "error":
                error = _error(output)
            case "display_data":
                displays.append(display := _display(output.data))
                text += "" if display.text in text else display.text + "\n"
    return CellResult(output=text, value=value, error=error, displays=tuple(displays))


def _error(output: Any) -> CellError:
    trace = _ANSI.sub("", "\n".join(output.traceback)) or f"{output.ename}: {output.evalue}"
    return CellError(name=output.ename, message=output.evalue, traceback=trace)


def _display(data: Mapping[str, Any]) -> Display:
    rich = [m for m in data if m != "text/plain"]
    mime = next((m for m in rich if m.startswith("image/")), rich[0] if rich else "text/plain")
    plain = str(data.get("text/plain", ""))
    return Display(mime=mime, data=str(data.get(mime, "")), text=plain or f"[{mime}]")


def make_notebook(
    opening: str,
    turns: Sequence[Turn],
    told: Mapping[int, str],
    about: Mapping[str, Json],
) -> Any:
    """The notebook that `read_demonstration` reads as these."""
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    cells: list[Any] = [new_markdown_cell(opening, id="opening")]  # type: ignore[no-untyped-call]
    for number, (code, result) in enumerate(turns, 1):
        if text := told.get(number - 1):
            cells.append(new_markdown_cell(text, id=f"told-{number}"))  # type: ignore[no-untyped-call]
        cells.append(
            new_code_cell(  # type: ignore[no-untyped-call]
                code,
                id=f"cell-{number}",
                execution_count=number,
                outputs=outputs_of(result, number),
            )
        )
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "replplan": dict(about),
    }
    return new_notebook(cells=cells, metadata=metadata)  # type: ignore[no-untyped-call]


def outputs_of(result: CellResult, number: int) -> list[Any]:
    """What came of a cell, as the outputs of a notebook's cell of that number."""
    from nbformat.v4 import new_output

    def make(kind: str, **content: Any) -> Any:
        return new_output(kind, **content)  # type: ignore[no-untyped-call]

    outputs = [make("stream", name="stdout", text=result.output)] if result.output else []
    outputs += [
        make("display_data", data={d.mime: d.data, "text/plain": d.text}) for d in result.displays
    ]
    if result.value is not None:
        data = {"text/plain": result.value}
        outputs.append(make("execute_result", data=data, execution_count=number))
    if result.error:
        e = result.error
        trace = e.traceback.split("\n")
        outputs.append(make("error", ename=e.name, evalue=e.message, traceback=trace))
    return outputs


def _size(turn: Turn) -> int:
    code, result = turn
    trace = result.error.traceback if result.error else ""
    return len(code) + len(result.output) + len(result.value or "") + len(trace)
