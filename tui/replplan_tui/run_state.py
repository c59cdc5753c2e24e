"""A run folder as it is read again and again while episodes end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from replplan.console.clean import one_line
from replplan.evaluate.files import LINES, TRACES, read_info
from replplan.evaluate.folder import is_worked_on
from replplan.evaluate.line import EpisodeLine
from replplan.evaluate.study import Job


@dataclass(frozen=True)
class Row:
    """An episode: what came of it, or whether it is under way, or was until its run broke off."""

    job: Job
    line: EpisodeLine | None = None
    under_way: bool = False
    broken_off: bool = False


class RunState:
    """What a folder tells of a run.

    Attributes:
        jobs: all of its episodes.
        lines: the finished ones by number.
        version: changes when something has changed.
        problem: what cannot be read, in a sentence.

    Raises:
        ConfigError: the folder holds no run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.info = read_info(folder)
        self.jobs = self.info.study.jobs()
        self.lines: dict[int, EpisodeLine] = {}
        self.version = 0
        self.problem = ""
        self._read, self._size = 0, -1
        self._begun: frozenset[str] = frozenset()
        self._goes_on = True

    @property
    def title(self) -> str:
        """What the run is, in a line."""
        study = self.info.study
        models, methods = ", ".join(study.models), ", ".join(study.methods)
        created = self.info.created.replace("T", " ").removesuffix("+00:00")
        return one_line(f"{self.folder} · {study.domain} · {models} · {methods} · {created}")

    def read(self) -> None:
        """Take up what is new in the folder."""
        try:
            size = (self.folder / LINES).stat().st_size if (self.folder / LINES).exists() else 0
            if size != self._size:
                self._read_lines(size)
            names = frozenset(p.stem for p in (self.folder / TRACES).glob("*.jsonl"))
            goes_on = len(self.lines) == len(self.jobs) or is_worked_on(self.folder)
        except OSError as e:
            self.problem = f"{self.folder} cannot be read: {e.strerror}"
            return
        if (names, goes_on) != (self._begun, self._goes_on):
            self._begun, self._goes_on, self.version = names, goes_on, self.version + 1

    def _read_lines(self, size: int) -> None:
        if size < self._size:  # written anew, as after `--retry-failed`
            self._read, self.lines = 0, {}
        with (self.folder / LINES).open("rb") as file:
            file.seek(self._read)
            for text in file:
                if not text.endswith(b"\n"):
                    break
                self._read += len(text)
                self._enter(text)
        self._size, self.version = size, self.version + 1

    def _enter(self, text: bytes) -> None:
        try:
            line = EpisodeLine.model_validate_json(text)
        except ValueError:
            self.problem = f"a line of {LINES} is damaged"
        else:
            self.lines[line.number] = line

    def rows(self) -> list[Row]:
        """All episodes, in the order in which they are played."""
        return [self._row(job) for job in self.jobs]

    def _row(self, job: Job) -> Row:
        line = self.lines.get(job.number)
        if line or job.name not in self._begun:
            return Row(job, line)
        return Row(job, under_way=self._goes_on, broken_off=not self._goes_on)

    def trace(self, row: Row) -> Path | None:
        """The trace of an episode, if it has begun."""
        named = self.folder / row.line.trace if row.line and row.line.trace else None
        path = named or self.folder / TRACES / f"{row.job.name}.jsonl"
        return path if path.exists() else None
