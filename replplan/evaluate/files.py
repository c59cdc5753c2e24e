"""The files of a run folder: reading them, and writing them so that nothing is lost."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from replplan.errors import ConfigError
from replplan.evaluate.info import RUN_VERSION, RunInfo
from replplan.evaluate.line import EpisodeLine

INFO, LINES, FAILED, TRACES = "run.json", "episodes.jsonl", "failed.jsonl", "traces"


class BadLine:
    """A line that is none, and why."""

    def __init__(self, path: Path, number: int, text: bytes) -> None:
        self.text = text.decode(errors="replace")
        self.where = f"{path}, line {number},"
        self.is_whole = text.endswith(b"\n")
        self.why = "is damaged" if self.is_whole else "breaks off"


def read_lines(folder: Path, name: str = LINES) -> Iterator[EpisodeLine | BadLine]:
    """What `episodes.jsonl` of a run folder, or a file like it, holds, line by line.

    Raises:
        ConfigError: it cannot be read.
    """
    path = folder / name
    try:
        content = path.read_bytes() if path.exists() else b""
    except OSError as e:
        raise ConfigError(f"{path} cannot be read: {e.strerror}") from e
    for number, text in enumerate(content.splitlines(keepends=True), 1):
        try:
            line = EpisodeLine.model_validate_json(text)
        except ValueError:
            yield BadLine(path, number, text)
        else:  # what is whole but for its end was still being written
            yield line if text.endswith(b"\n") else BadLine(path, number, text)


def read_info(path: Path) -> RunInfo:
    """What `run.json` of a run folder holds.

    Raises:
        ConfigError: there is none, or one of another version, or it is damaged.
    """
    file = path / INFO
    try:
        found = json.loads(file.read_bytes())
        version = found.get("version") if isinstance(found, dict) else None
        if version != RUN_VERSION:
            raise ConfigError(
                f"{file} is of a run of version {version}; this replplan reads {RUN_VERSION}: "
                "take the replplan that wrote it"
            )
        return RunInfo.model_validate(found)
    except FileNotFoundError:
        raise ConfigError(f"{path} is no run folder: it has no {INFO}") from None
    except NotADirectoryError:
        raise ConfigError(f"{path} is no run folder but a file") from None
    except OSError as e:
        raise ConfigError(f"{file} cannot be read: {e.strerror}") from e
    except (ValidationError, ValueError) as e:
        raise ConfigError(f"{file} is damaged: {str(e).splitlines()[0]}") from e


def replace_file(path: Path, text: str) -> None:
    """Write a file so that at any moment it is there as it was or as it is to be."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Have the names in a folder on the disk, where the system knows how."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_line(file: int, data: bytes) -> None:
    """In one go, and onto the disk.

    Raises:
        OSError: a part of it may have been written.
    """
    if os.write(file, data) < len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(file)
