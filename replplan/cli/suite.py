"""`replplan eval --suite quick`: a handful of tasks of every world that is installed here."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

import click

from replplan.console.words import counted, duration
from replplan.errors import ConfigError, ReplplanError

if TYPE_CHECKING:
    from replplan.cli.lead import Led, Order

_TASKS, _TURNS = 3, 12
_SECONDS = 540.0
"""How long a suite takes at most, where nothing else is said."""

_PLAYED = 0.8
"""The part of a world's time in which its episodes may run."""

_MEANING = """\
Score, turns and seconds are those of an episode on average. Episodes are cut short here: this says
that worlds, kernels and model work, not how good the model is."""

_REFUSED = ("resume", "split", "cluster", "retry_failed")

OrderOf = Callable[[str, dict[str, Any]], "Order"]
"""Makes the order for a world, given its name and the flags."""


@dataclass(frozen=True)
class World:
    """What came of a world's tasks.

    `seconds` and `turns` are those of an episode on average; `reasons` counts why episodes ended;
    `fault` says what kept the world, or an episode of it, from being played.
    """

    domain: str
    tasks: int = 0
    done: int = 0
    solved: int = 0
    score: float | None = None
    turns: float | None = None
    seconds: float | None = None
    reasons: dict[str, int] = field(default_factory=dict)
    fault: str = ""

    @property
    def good(self) -> bool:
        """Whether all of it was played, and nothing around the plans broke."""
        return not self.fault and self.done == self.tasks > 0


@dataclass(frozen=True)
class SuiteResult:
    """What came of a suite: its worlds, those that it did not come to, why others are left out,
    and how many seconds it took."""

    worlds: list[World]
    not_begun: list[str]
    absent: list[str]
    seconds: float


def play_suite(names: str | None, flags: dict[str, Any], folder: Path, order_of: OrderOf) -> int:
    """Play the suite and print its table; the exit code: 0 where every world was played.

    Raises:
        click.UsageError: a flag makes no sense for many worlds.
        ConfigError: a world that was asked for by name is not there.
    """
    for name in _REFUSED:
        if flags[name]:
            raise click.UsageError(
                f"--suite plays many worlds: leave out --{name.replace('_', '-')}"
            )
    here, absent = _choose(names)
    flags = {**flags, "limit": flags["limit"] or _TASKS, "turns": flags["turns"] or _TURNS}
    seconds = flags["total_seconds"] or _SECONDS
    _say(flags, f"{counted(len(here), 'world')}, {duration(seconds)} at most")
    began = time.monotonic()
    worlds, interrupted = _play_each(here, flags, began + seconds, folder, order_of)
    played = SuiteResult(worlds, here[len(worlds) :], absent, time.monotonic() - began)
    _print(played, folder, flags)
    return 130 if interrupted else int(not all(world.good for world in worlds))


def _play_each(
    names: list[str], flags: dict[str, Any], end: float, folder: Path, order_of: OrderOf
) -> tuple[list[World], bool]:
    """Play one world after the other; and whether the user broke it off."""
    worlds = list[World]()
    for number, name in enumerate(names):
        share = max(1.0, (end - time.monotonic()) / (len(names) - number))
        what = f"{name}, {counted(flags['limit'], 'task')}, {duration(share)} at most"
        _say(flags, f"\n{number + 1} of {len(names)}: {what}")
        world, interrupted = _play(name, _with_share(flags, share, folder / name), order_of)
        worlds.append(world)
        if interrupted:
            return worlds, True
    return worlds, False


def _choose(names: str | None) -> tuple[list[str], list[str]]:
    """The worlds that can be played, and a sentence for each that cannot.

    Raises:
        ConfigError: one that was asked for is not there, or cannot be played.
    """
    from replplan.plugins import domain_class, domain_names

    asked = [name.strip() for name in (names or "").split(",") if name.strip()]
    here, absent = [], []
    for name in asked or domain_names():
        cls = domain_class(name)
        missing = [need for need in cls.needs if not need.is_here]
        if missing:
            absent.append(f"{name} is left out: {missing[0].what} is not installed:"
                          f" {missing[0].remedy}")  # fmt: skip
        elif cls.baseline or asked:  # else nothing measures it
            here.append(name)
    if asked and absent:
        raise ConfigError("; ".join(absent))
    if not here:
        raise ConfigError("no world is installed that could be played")
    return here, absent


def _with_share(flags: dict[str, Any], share: float, folder: Path) -> dict[str, Any]:
    """The flags for one world: its share of the time, parted among its episodes but for some in
    which they open and close."""
    one = _PLAYED * share * (flags["jobs"] or 1) / flags["limit"]
    seconds = min(flags["seconds"] or one, one)
    return {**flags, "suite": None, "total_seconds": share, "seconds": seconds, "out": folder}


def _play(name: str, flags: dict[str, Any], order_of: OrderOf) -> tuple[World, bool]:
    """Play a world; and whether the user broke it off."""
    from replplan.cli.lead import lead

    try:
        led = lead(order_of(name, flags))
    except KeyboardInterrupt:  # before there is an episode to be finished
        return World(name, tasks=flags["limit"], fault="interrupted"), True
    except ReplplanError as error:
        return World(name, tasks=flags["limit"], fault=str(error)), False
    return _world(name, led), led.ending.kind == "interrupted"


def _world(name: str, led: Led) -> World:
    lines = list(led.folder.lines.values())
    scores = [line.score for line in lines if line.score is not None]
    faults = [str(line.error) for line in lines if line.fault]
    faults += [led.ending.why or led.ending.kind] if led.ending.kind != "complete" else []
    return World(
        domain=name,
        tasks=len(led.folder.study.jobs()),
        done=len(lines),
        solved=sum(line.good for line in lines),
        score=round(mean(scores), 4) if scores else None,
        turns=_mean(line.usage.turns for line in lines),
        seconds=_mean(line.usage.seconds for line in lines),
        reasons=dict(Counter(line.stop_reason for line in lines)),
        fault=faults[0].partition("\n")[0] if faults else "",
    )


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return round(mean(found), 2) if found else None


def _say(flags: dict[str, Any], text: str) -> None:
    if not flags["quiet"]:
        click.echo(text, err=flags["json"])


def _print(played: SuiteResult, folder: Path, flags: dict[str, Any]) -> None:
    if flags["json"]:
        rows = [asdict(world) for world in played.worlds]
        told = {"worlds": rows, "not_begun": played.not_begun, "absent": played.absent}
        click.echo(json.dumps({"run": str(folder), **told}))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("world", "played", "solved", "score", "turns", "seconds", "why they ended"):
        table.add_column(column)
    for world in played.worlds:
        table.add_row(*_cells(world))
    click.echo("")
    Console(file=sys.stdout, markup=False, highlight=False).print(table)
    for line in _below(played):
        click.echo(line)
    if folder.exists():  # else nothing was begun
        click.echo(f"more: replplan report {folder}/*")


def _cells(world: World) -> Iterator[str]:
    yield world.domain
    yield f"{world.done}/{world.tasks}"
    yield str(world.solved)
    yield "" if world.score is None else f"{world.score:.2f}"
    yield "" if world.turns is None else f"{world.turns:.1f}"
    yield "" if world.seconds is None else f"{world.seconds:.1f}"
    yield ", ".join(f"{reason} {count}" for reason, count in world.reasons.items())


def _below(played: SuiteResult) -> Iterator[str]:
    """What is to be said below the table."""
    faults = dict[str, list[str]]()
    for world in played.worlds:
        faults.setdefault(world.fault, []).append(world.domain)
    yield from (f"{', '.join(names)}: {fault}" for fault, names in faults.items() if fault)
    yield from (f"{name}: not begun" for name in played.not_begun)
    yield from played.absent
    good = sum(world.good for world in played.worlds)
    whole = len(played.worlds) + len(played.not_begun)
    yield f"{good} of {counted(whole, 'world')} played through, in {duration(played.seconds)}."
    yield _MEANING
