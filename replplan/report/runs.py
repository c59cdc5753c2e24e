"""Runs read back, and their episodes by arm: what is compared with what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from replplan.errors import ConfigError
from replplan.evaluate.files import read_info, read_lines
from replplan.evaluate.info import RunInfo
from replplan.evaluate.line import EpisodeLine


@dataclass(frozen=True)
class Run:
    """A run folder as it was found. `warnings` are sentences about what is missing or damaged."""

    path: Path
    info: RunInfo
    lines: tuple[EpisodeLine, ...]
    warnings: tuple[str, ...] = ()

    def trace(self, line: EpisodeLine) -> Path | None:
        """Where an episode's trace is, if it is there."""
        path = self.path / line.trace if line.trace else None
        return path if path and path.is_file() else None


@dataclass(frozen=True)
class Arm:
    """The episodes of one method with one model, in one run."""

    run: Run
    method: str
    model: str
    label: str
    lines: tuple[EpisodeLine, ...] = field(repr=False)

    @property
    def solved(self) -> int:
        """How many of them were solved."""
        return sum(line.good for line in self.lines)

    @property
    def cost(self) -> float | None:
        """US dollars of all of them; None where a price is not known."""
        costs = [line.usage.cost for line in self.lines]
        known = [cost for cost in costs if cost is not None]
        return sum(known) if len(known) == len(costs) else None


def read_run(path: Path) -> Run:
    """Read a run folder; others may be writing to it.

    Raises:
        ConfigError: it is none, or one of another version.
    """
    info, lines, warnings = read_info(path), dict[int, EpisodeLine](), list[str]()
    for line in read_lines(path):
        if isinstance(line, EpisodeLine):
            lines[line.number] = line
        elif line.is_whole:
            warnings.append(f"{line.where} is damaged and left out")
    total = len(info.study.jobs())
    if len(lines) < total:
        left = total - len(lines)
        warnings.append(f"{path} is not complete: {left} of {total} episodes are missing")
    return Run(path, info, tuple(lines[n] for n in sorted(lines)), tuple(warnings))


def arms_of(runs: Sequence[Run]) -> list[Arm]:
    """The arms of these runs, each with a label that tells it from the others.

    Raises:
        ConfigError: no episode is done yet.
    """
    found = [
        (run, method, asked)
        for run in runs
        for asked in run.info.study.models
        for method in run.info.study.methods
    ]
    arms = []
    for run, method, asked in found:
        lines = tuple(x for x in run.lines if (x.method, x.asked) == (method, asked))
        if lines:
            arms.append(Arm(run, method, asked, _label((run, method, asked), found), lines))
    if not arms:
        where = ", ".join(str(run.path) for run in runs)
        raise ConfigError(f"no episode of {where} is done yet: there is nothing to report")
    return arms


def _label(one: tuple[Run, str, str], every: Sequence[tuple[Run, str, str]]) -> str:
    """The parts by which an arm differs from others; the method at least."""
    run, method, model = one
    parts = [method]
    if len({m for _, _, m in every}) > 1:
        parts.append(model)
    if len({r.path for r, _, _ in every}) > 1:
        parts.append(run.path.name or str(run.path))
    return " · ".join(parts)


def _parts(name: str) -> list[str]:
    """A run folder, and what stands behind it of method and model; all of them may hold an @."""
    parts = name.split("@")
    folders = [n for n in range(1, len(parts) + 1) if Path("@".join(parts[:n])).is_dir()]
    end = max(folders, default=1)
    behind = "@".join(parts[end:])
    return ["@".join(parts[:end]), *(behind.split("@", 1) if behind else ())]


def choose_arm(name: str) -> Arm:
    """The arm of a name: a run folder, with `@METHOD` or `@METHOD@MODEL` where it has several.

    Raises:
        ConfigError: there is no such run or arm, or the name fits several.
    """
    path, *wanted = _parts(name)
    arms = arms_of([read_run(Path(path))])
    fits = [arm for arm in arms if wanted in ([], [arm.method], [arm.method, arm.model])]
    if len(fits) == 1:
        return fits[0]
    names = ", ".join(f"{path}@{arm.method}@{arm.model}" for arm in arms)
    what = "has no such episodes" if not fits else "holds several methods or models"
    raise ConfigError(f"{name} {what}; name one of {names}")
