"""A run folder: `run.json`, `episodes.jsonl`, `traces/`. What is in it survives whatever happens.

A line is written in one go and is on the disk before the next episode is begun. A folder belongs
to one process at a time; a lock that the system lifts when that process ends sees to it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from replplan.closing import Closing
from replplan.errors import ConfigError, TraceError
from replplan.evaluate.files import (
    FAILED,
    INFO,
    LINES,
    TRACES,
    read_info,
    read_lines,
    replace_file,
    sync_folder,
    write_line,
)
from replplan.evaluate.info import RunInfo, inspect_host
from replplan.evaluate.line import EpisodeLine
from replplan.evaluate.study import Job, Study

SET_ASIDE, DAMAGED = "abandoned", "damaged.txt"
_ASKING = 0.2
"""Seconds in which who only asks whether a run is worked on has long let go of its lock."""

Say = Callable[[str], None]


class RunFolder(Closing):
    """A run that this process works on. Made by `create` or `resume`; close it at the end."""

    def __init__(self, path: Path, lock: FileLock, info: RunInfo) -> None:
        self.path, self._lock, self.info = path, lock, info
        self.lines: dict[int, EpisodeLine] = {}
        self._file = -1

    @property
    def study(self) -> Study:
        """What the run is to find out."""
        return self.info.study

    @classmethod
    def create(cls, path: Path, study: Study, jobs: int = 1) -> RunFolder:
        """Begin a run in a folder that is new or empty.

        Raises:
            ConfigError: there is something in it, or it cannot be made.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
            if (path / INFO).exists():
                raise ConfigError(f"{path} holds a run already: go on with it by --resume {path}")
            if any(p.name != _lock_name() for p in path.iterdir()):
                raise ConfigError(f"{path} is not empty: name another folder with --out")
            folder = cls(path, _locked(path), RunInfo(study=study, jobs=jobs, **inspect_host()))
            (path / TRACES).mkdir(exist_ok=True)
            replace_file(path / INFO, folder.info.model_dump_json(indent=2) + "\n")
            folder._open()
        except OSError as e:
            raise ConfigError(f"no run can be written to {path}: {e.strerror or e}") from e
        return folder

    @classmethod
    def resume(cls, path: Path, say: Say) -> RunFolder:
        """Go on with a run.

        Args:
            path: its folder.
            say: is told, in a sentence, of what was damaged and is done again.

        Raises:
            ConfigError: there is no run, one of another version, or another process is at it.
        """
        info = read_info(path)
        folder = cls(path, _locked(path), info)
        try:
            folder._mend(say)
            folder._open()
        except BaseException:
            folder.close()
            raise
        return folder

    def missing(self) -> list[Job]:
        """The episodes that have no line yet."""
        return [job for job in self.study.jobs() if job.number not in self.lines]

    def trace(self, job: Job) -> Path:
        """The path of an episode's trace."""
        return self.path / TRACES / f"{job.name}.jsonl"

    def clear(self, job: Job) -> Path:
        """The path of an episode's trace, where nothing is now: what was is set aside."""
        path = self.trace(job)
        if path.exists():
            self._set_aside(path)
        return path

    def _set_aside(self, trace: Path) -> str:
        """Move a trace; its new path in the run folder."""
        aside = trace.parent / SET_ASIDE
        aside.mkdir(exist_ok=True)
        number = sum(1 for _ in aside.glob(f"{trace.stem}.*.jsonl")) + 1
        moved = trace.rename(aside / f"{trace.stem}.{number}.jsonl")
        return str(moved.relative_to(self.path))

    def add(self, line: EpisodeLine) -> None:
        """Keep a finished episode: when this returns it is on the disk.

        Raises:
            TraceError: it cannot be written; the file is as it was before.
        """
        if line.number in self.lines:
            raise AssertionError(f"episode {line.number} was played twice")
        data = line.to_json() + b"\n"
        size = os.fstat(self._file).st_size
        try:
            write_line(self._file, data)
        except OSError as e:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, size)
            raise TraceError(f"{self.path / LINES} cannot be written: {e.strerror}") from e
        self.lines[line.number] = line

    def take_out_failed(self) -> int:
        """Have the episodes that a fault of the infrastructure ended be missing again.

        Their lines move to `failed.jsonl`.

        Returns:
            How many they are.
        """
        failed = [line for line in self.lines.values() if line.is_infrastructure]
        for line in failed:
            trace = self.path / line.trace if line.trace else None
            moved = self._set_aside(trace) if trace and trace.exists() else None
            kept = line.model_copy(update={"trace": moved})
            self._keep(FAILED, iter([kept.model_dump_json()]))
            del self.lines[line.number]
        if failed:
            self._rewrite()
        return len(failed)

    def failed(self) -> list[EpisodeLine]:
        """What came of episodes that were played again since."""
        return [line for line in read_lines(self.path, FAILED) if isinstance(line, EpisodeLine)]

    def close(self) -> None:
        """Let others have it. May be called twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        self._lock.release()

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        self._file = os.open(self.path / LINES, flags, 0o644)
        sync_folder(self.path)

    def _mend(self, say: Say) -> None:
        """Read the lines, and take out what is damaged, which is kept elsewhere."""
        damaged = []
        for line in read_lines(self.path):
            if isinstance(line, EpisodeLine):
                self.lines[line.number] = line
            else:
                damaged.append(line)
        self.lines = {n: line for n, line in self.lines.items() if n <= len(self.study.jobs())}
        if damaged:
            for bad in damaged:
                say(f"{bad.where} {bad.why}: its episode is taken from its trace, or done again")
            self._keep(DAMAGED, (bad.text for bad in damaged))
            self._rewrite()

    def _rewrite(self) -> None:
        text = "".join(line.model_dump_json() + "\n" for line in self.lines.values())
        was_open = self._file >= 0
        replace_file(self.path / LINES, text)
        if was_open:
            os.close(self._file)
            self._open()

    def _keep(self, name: str, lines: Iterator[str]) -> None:
        with (self.path / name).open("a", encoding="utf-8") as file:
            file.writelines(line.rstrip("\n") + "\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())


def is_worked_on(path: Path) -> bool:
    """Whether a process works on a run; True also where nobody can tell."""
    lock = FileLock(path / _lock_name())
    if not Path(lock.lock_file).exists():
        return True
    try:
        lock.acquire(timeout=0)
    except OSError:  # a `Timeout` too
        return True
    lock.release()
    return False


def _lock_name() -> str:
    return ".lock"


def _locked(path: Path) -> FileLock:
    lock = FileLock(path / _lock_name())
    try:
        lock.acquire(timeout=_ASKING, poll_interval=_ASKING / 10)
    except Timeout:
        raise ConfigError(
            f"another process works on {path}: wait for its end, or name another folder"
        ) from None
    return lock
