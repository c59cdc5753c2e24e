"""Traces: every event of a plan, one JSON line each, written as it happens."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from replplan.closing import Closing
from replplan.errors import TraceError
from replplan.events import EVENT, TRACE_VERSION, Event, PlanStarted


class TraceWriter(Closing):
    """A sink that writes a trace. Each line leaves the process before the next event is taken.

    Raises:
        TraceError: the file cannot be made or written; what is in it stays.
    """

    def __init__(self, path: Path, advice: str = "choose a place by --trace") -> None:
        self.path, self._advice = path, advice
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = path.open("xb", buffering=0)
        except FileExistsError:
            raise TraceError(f"{path} is there already: name another file with --trace") from None
        except OSError as e:
            raise TraceError(self._sentence(e)) from e

    def __call__(self, event: Event) -> None:
        """Write an event."""
        if event.transient:
            return
        try:
            self._write(event.to_json() + b"\n")
        except OSError as e:
            raise TraceError(self._sentence(e)) from e

    def sync(self) -> None:
        """Wait until what was written is on the disk.

        Raises:
            TraceError: it cannot be written.
        """
        try:
            os.fsync(self._file)
        except OSError as e:
            raise TraceError(self._sentence(e)) from e

    def _write(self, line: bytes) -> None:
        while line:  # an unbuffered write may take a part only
            line = line[self._file.write(line) :]

    def _sentence(self, error: OSError) -> str:
        return f"the trace {self.path} cannot be written: {error.strerror}; {self._advice}"

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_trace(path: Path) -> Iterator[Event]:
    """The events of a trace, in order. A last line that was cut off is left out.

    Raises:
        TraceError: no file, no trace, one of another version, or a damaged line in the middle.
    """
    try:
        file = path.open("rb")
    except OSError as e:
        raise TraceError(f"the trace {path} cannot be read: {e.strerror}") from e
    with file:
        number = 0
        for number, line in enumerate(file, 1):
            if line.endswith(b"\n"):
                yield read_event(line, f"{path}, line {number}")
        if not number:
            raise TraceError(f"the trace {path} is empty")


def read_event(line: bytes, where: str) -> Event:
    """The event that a line of a trace is.

    Args:
        line: the line; its end may be there or not.
        where: which one it is, for what is said of it.

    Raises:
        TraceError: it is damaged, none that is known, or of a trace of another version.
    """
    try:
        event = EVENT.validate_json(line)
    except ValidationError as e:
        raise TraceError(_what_is_wrong(line, where)) from e
    if isinstance(event, PlanStarted) and event.version != TRACE_VERSION:
        raise TraceError(_other_version(where, event.version))
    return event


def _what_is_wrong(line: bytes, where: str) -> str:
    try:
        data = json.loads(line)
    except ValueError as e:
        return f"{where} is damaged, or of no trace: {e}"
    version = data.get("version", TRACE_VERSION) if isinstance(data, dict) else 0
    if version != TRACE_VERSION:
        return _other_version(where, version)
    return f"{where} is no event that this replplan knows"


def _other_version(where: str, version: object) -> str:
    return f"{where}: a trace of version {version}; this replplan reads version {TRACE_VERSION}"
