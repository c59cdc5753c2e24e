"""What a server of the protocol may do, and the plans that it makes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from replplan.api import Planner
from replplan.config import new_trace_path
from replplan.episode import Episode, EpisodeResult
from replplan.errors import ConfigError
from replplan.events import Sink
from replplan.kernel import KernelOptions
from replplan.limits import Limits
from replplan.models import make_model
from replplan.plugins import kernel_opener, make_domain
from replplan.record import Json, Record
from replplan.trace import TraceWriter

if TYPE_CHECKING:
    from replplan.domain import Adapters, Domain, Task
    from replplan.model import Model

SCHEME = "replplan://traces/"


class PlanLimits(Record):
    """What one plan may spend. What is left out, or is more than the server allows, is the
    server's own limit."""

    turns: int | None = Field(None, gt=0, description="model calls that write a cell")
    model_calls: int | None = Field(None, gt=0, description="model calls of every kind")
    tokens: int | None = Field(None, gt=0, description="input and output tokens together")
    cost: float | None = Field(None, gt=0, description="US dollars")
    seconds: float | None = Field(None, gt=0, description="wall time")
    actions: int | None = Field(None, gt=0, description="steps in the world")
    depth: int | None = Field(None, ge=0, description="how deep child REPLs may nest")

    def within(self, allowed: Limits) -> Limits:
        """These limits, none of them above what is allowed."""
        asked = self.model_dump(exclude_none=True)
        both = {
            n: min(v, top) for n, v in asked.items() if (top := getattr(allowed, n)) is not None
        }
        return allowed.model_copy(update={**asked, **both})


class Outcome(Record):
    """What came of a plan."""

    answer: Json = Field(description="the answer; null where the plan came to none")
    stop_reason: str = Field(
        description="answered, world_ended, limit:<which>, stuck, cancelled or failed"
    )
    score: float | None = Field(description="0 to 1, in a domain that measures")
    solved: bool | None = Field(description="whether the task of a domain was solved")
    error: str | None = Field(description="what went wrong, where it failed or got stuck")
    usage: dict[str, float | None] = Field(
        description="what was spent: turns, tokens, seconds, ..."
    )
    trace: str = Field(description="the resource that holds the trace; explain_run takes it")

    @classmethod
    def of(cls, result: EpisodeResult) -> Outcome:
        """The outcome that a result tells of."""
        return cls(
            answer=result.answer,
            stop_reason=result.stop_reason,
            score=result.score,
            solved=result.solved,
            error=result.error,
            usage=result.usage.model_dump(),
            trace=SCHEME + Path(result.trace or "").name,
        )


@dataclass
class Desk:
    """Takes orders for plans. Close it at the end.

    Attributes:
        folders: files are given to plans out of these alone; the first is where relative paths
            begin.
        traces: the folder of the traces of its plans.
        model: the model's name, as for `make_model`.
        base_url: its endpoint.
        params: parameters of every request to it.
        limits: what one plan may spend at most.
        kernel: how kernels are opened.
    """

    folders: Sequence[Path]
    traces: Path
    model: str | None = None
    base_url: str | None = None
    params: Mapping[str, Json] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    kernel: KernelOptions = field(default_factory=KernelOptions)
    _models: dict[Adapters | None, Model] = field(default_factory=dict)
    _plans: set[asyncio.Task[Any]] = field(default_factory=set)

    async def plan(
        self, goal: str, files: Sequence[str], limits: PlanLimits, sink: Sink
    ) -> EpisodeResult:
        """Plan towards a goal over files.

        Raises:
            ReplplanError: a file is not there or not to be had, or the model cannot be made.
        """
        self._enter()
        options = self.kernel
        async with Planner(
            model=self._model(None),
            isolation=options.isolation,
            mounts=options.mounts,
            network=options.network,
        ) as planner:
            return await planner.plan(
                goal,
                files=[self.reachable(file) for file in files],
                limits=limits.within(self.limits),
                trace=self._new_trace("plan", goal),
                on_event=sink,
            )

    async def plan_in_domain(
        self, domain: Domain, task: Task, seed: int, limits: PlanLimits, sink: Sink
    ) -> EpisodeResult:
        """Do a task of a domain.

        Raises:
            ReplplanError: the model cannot be made, or the trace cannot be written.
        """
        self._enter()
        path = self._new_trace(domain.name, task.id)
        with TraceWriter(path) as writer:
            episode = Episode(
                domain=domain,
                task=task,
                model=self._model(domain.adapters),
                open_kernel=kernel_opener(),
                limits=limits.within(self.limits),
                seed=seed,
                kernel=self.kernel,
                sinks=(writer, sink),
                trace=str(path),
            )
            return await episode.run()

    def reachable(self, path: str) -> Path:
        """A file or folder by its path, out of the folders that are open to clients.

        Raises:
            ConfigError: it lies outside of them.
        """
        found = (self.folders[0] / path).resolve()
        if not any(found.is_relative_to(folder.resolve()) for folder in self.folders):
            allowed = ", ".join(map(str, self.folders))
            raise ConfigError(
                f"{path} is not open to clients of this server, which are given files out of "
                f"{allowed} alone; `replplan mcp --folder` opens others"
            )
        return found

    def trace(self, name: str) -> Path:
        """The trace of that name or address.

        Raises:
            ConfigError: there is none.
        """
        name = name.removeprefix(SCHEME)
        path = self.traces / name
        if Path(name).name != name or not path.is_file():
            raise ConfigError(f"there is no trace {name!r} of this server's plans")
        return path

    def kept(self) -> list[Path]:
        """The traces that are there, the newest first."""
        return sorted(self.traces.glob("*.jsonl"), key=lambda path: path.name, reverse=True)

    async def close(self) -> None:
        """Wait for the plans that are under way, and close the models."""
        if self._plans:
            await asyncio.wait(self._plans)
        while self._models:
            await self._models.popitem()[1].close()

    def _enter(self) -> None:
        """Note the task that makes a plan; each has one of its own."""
        task = asyncio.current_task()
        assert task is not None
        self._plans.add(task)
        task.add_done_callback(self._plans.discard)

    def _model(self, adapters: Adapters | None) -> Model:
        if adapters not in self._models:
            self._models[adapters] = make_model(
                self.model, self.base_url, adapters=adapters, params=self.params
            )
        return self._models[adapters]

    def _new_trace(self, domain: str, task: str) -> Path:
        return self.traces / new_trace_path(domain, task).name


def worldly(name: str) -> Domain:
    """A domain that has worlds of its own.

    Raises:
        ConfigError: there is none of that name, or it has no world.
    """
    domain = make_domain(name, {})
    if not domain.has_world:
        raise ConfigError(f"the domain {name} has no tasks of its own: use the tool `plan`")
    return domain
