"""The plans that were run last, out of the folder where traces go."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from replplan.console.clean import one_line
from replplan.errors import TraceError
from replplan.events import PlanFinished, PlanStarted
from replplan.trace import read_event

MOST, _TAIL = 100, 1 << 16


@dataclass(frozen=True)
class Recent:
    """A trace: what was to be done, and what came of it."""

    path: Path
    changed: float
    started: PlanStarted
    finished: PlanFinished | None

    @property
    def state(self) -> str:
        """How it ended, in a word."""
        if self.finished is None:
            return "unfinished"
        solved = self.finished.score.solved
        if solved is None:
            return one_line(self.finished.stop_reason, 20)
        return "solved" if solved else f"no: {one_line(self.finished.stop_reason, 20)}"


def recent_traces(folder: Path) -> list[Recent]:
    """The newest traces of a folder, the newest first; what is none is left out."""
    newest = sorted(((_changed(p), p) for p in folder.glob("*.jsonl")), reverse=True)[:MOST]
    return [found for when, path in newest if (found := _read(path, when))]


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # somebody has just removed it
        return 0.0


def _read(path: Path, when: float) -> Recent | None:
    try:
        with path.open("rb") as file:
            started = read_event(file.readline(), str(path))
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL))
            last = file.read().rstrip(b"\n").rpartition(b"\n")[2]
    except (OSError, TraceError):
        return None
    if not isinstance(started, PlanStarted):
        return None
    return Recent(path, when, started, _finished(last, path))


def _finished(line: bytes, path: Path) -> PlanFinished | None:
    try:
        if json.loads(line).get("type") != "plan_finished":
            return None
        event = read_event(line, str(path))
    except (ValueError, AttributeError, TraceError):
        return None
    return event if isinstance(event, PlanFinished) else None
