"""Results out of traces: a run that was killed may have finished more than it could note down."""

from __future__ import annotations

import contextlib
from pathlib import Path

from replplan.episode import EpisodeResult
from replplan.errors import ReplplanError
from replplan.evaluate.files import TRACES
from replplan.evaluate.folder import RunFolder
from replplan.evaluate.line import EpisodeLine, Tally
from replplan.evaluate.study import Job
from replplan.events import ModelReplied, PlanStarted
from replplan.trace import read_trace

_TAIL = 1 << 16


def harvest(path: Path, job: Job) -> EpisodeLine | None:
    """The line of an episode whose trace tells its end; None for one that was broken off."""
    if not _tells_its_end(path):
        return None
    tally, started = Tally(), None
    try:
        for event in read_trace(path):
            tally(event)
            started = event if isinstance(event, PlanStarted) else started
    except ReplplanError:  # it is set aside, and its episode played again
        return None
    finished = tally.finished
    if started is None or finished is None or finished.stop_reason == "cancelled":
        return None
    result = EpisodeResult.of(started, finished, f"{path.parent.name}/{path.name}")
    return tally.line(job, result)


def spent_in(folder: RunFolder) -> float:
    """US dollars that a run has cost, what was broken off or is done again included."""
    lines = [*folder.lines.values(), *folder.failed()]
    told = {line.trace for line in lines}
    files = (folder.path / TRACES).rglob("*.jsonl")
    untold = (path for path in files if str(path.relative_to(folder.path)) not in told)
    return sum(line.usage.cost or 0.0 for line in lines) + sum(map(_spent, untold))


def _spent(trace: Path) -> float:
    """What a trace says that its plan has cost."""
    cost = 0.0
    with contextlib.suppress(ReplplanError):  # as far as it can be read
        for event in read_trace(trace):
            if isinstance(event, ModelReplied):
                cost = event.usage.cost or cost
    return cost


def _tells_its_end(path: Path) -> bool:
    """Whether the last whole line is a plan's last event, without reading all of it."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            return b'"type":"plan_finished"' in file.read()
    except OSError:
        return False
