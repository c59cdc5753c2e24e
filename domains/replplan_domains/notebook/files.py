"""The files of a goal: checked, and told of in a few lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from replplan.errors import ConfigError

TABLES = frozenset({".csv", ".psv", ".tab", ".tsv"})
HEADER_LIMIT = 200
LISTED = 30


def resolve_files(paths: Iterable[Path | str]) -> tuple[Path, ...]:
    """The files as absolute paths.

    Raises:
        ConfigError: one is missing, a folder or unreadable, or two have the same name.
    """
    files: dict[str, Path] = {}
    for path in map(Path, paths):
        file = _resolve(path)
        if files.setdefault(file.name, file) != file:
            raise ConfigError(
                f"{files[file.name]} and {file} have the same name: cells find files by name, "
                "so rename one of them."
            )
    return tuple(files.values())


def describe_files(files: Sequence[Path]) -> Iterator[str]:
    """A line for each file: its name, its size, and the columns of a text table."""
    if files:
        yield "Files in the working folder:"
    yield from (_line(file) for file in islice(files, LISTED))
    if len(files) > LISTED:
        yield f"- and {len(files) - LISTED} more"


def _resolve(path: Path) -> Path:
    if path.is_dir():
        raise ConfigError(f"{path} is a folder: name the files in it.")
    try:
        with path.open("rb"):
            return path.resolve(strict=True)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"the file {path} cannot be read: {reason}.") from error


def _line(file: Path) -> str:
    header = f", columns: {_header(file)}" if file.suffix.lower() in TABLES else ""
    return f"- {file.name} ({_size(file.stat().st_size)}){header}"


def _header(file: Path) -> str:
    """The first line of a table, cut."""
    with file.open(encoding="utf-8-sig", errors="replace") as lines:
        start = lines.readline(HEADER_LIMIT + 1).strip()
    return start if len(start) <= HEADER_LIMIT else f"{start[:HEADER_LIMIT]}..."


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"
