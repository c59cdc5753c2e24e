"""Where episodes are played in one process: what they share is made once."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from replplan.domain import Domain, Task
from replplan.episode import Episode
from replplan.errors import ConfigError
from replplan.evaluate.gate import Gate, GatedModel
from replplan.evaluate.line import EpisodeLine, Tally
from replplan.evaluate.status import Watch, Watcher
from replplan.evaluate.study import Job, Study
from replplan.kernel import KernelOpener
from replplan.methods import planner_named
from replplan.model import Model
from replplan.models import make_model
from replplan.plugins import kernel_opener, make_domain
from replplan.pool import Pool
from replplan.pool.places import domain_pool
from replplan.telemetry import Telling
from replplan.trace import TraceWriter

_NOWHERE = Telling()


class Room:
    """Plays the episodes of a study, as many at once as it is asked to.

    Args:
        study: the study.
        gate: what each model request passes.
        domain: its domain, where that has no name by which it can be made.
        models: models by their names in the study; those that are not there are made.
        telling: where the episodes are told as spans.
    """

    def __init__(
        self,
        study: Study,
        gate: Gate,
        domain: Domain | None = None,
        models: dict[str, Model] | None = None,
        telling: Telling = _NOWHERE,
    ) -> None:
        self.study, self._gate = study, gate
        self.domain = domain or make_domain(study.domain, study.options)
        self._models, self._open = dict(models or {}), ExitStack()
        self._sinks = self._open.enter_context(telling.sinks())

    @cached_property
    def _open_kernel(self) -> KernelOpener:
        return kernel_opener()

    @cached_property
    def _pool(self) -> Pool:
        return domain_pool(self.domain)

    def model(self, name: str) -> Model:
        """The model of that name, ungated.

        Raises:
            ReplplanError: it cannot be made.
        """
        if name not in self._models:
            if name.startswith("replay:"):
                return make_model(name)  # it is used up by the episode that it is made for
            # The gate sends requests again; a client that did so too would hide it from the gate.
            self._models[name] = make_model(
                name,
                self.study.base_url,
                retries=0,
                adapters=self.domain.adapters,
                params=self.study.params,
            )
        return self._models[name]

    async def play(self, job: Job, trace: Path, watch: Watch) -> EpisodeLine:
        """Play an episode.

        Args:
            job: which one.
            trace: the file that its trace is written to; it must not be there yet.
            watch: is told what it does.

        Raises:
            TraceError: the trace cannot be written.
            ConfigError: the task, the method or the model is none.
        """
        task, tally = self._task(job), Tally()
        with TraceWriter(trace, "make room there") as writer:
            episode = Episode(
                domain=self.domain,
                task=task,
                model=GatedModel(self.model(job.model), self._gate, job.model),
                open_kernel=self._open_kernel,
                planner=planner_named(job.method),
                limits=self.study.limits,
                seed=job.seed,
                kernel=self.study.kernel_options(),
                sinks=(writer, tally, Watcher(watch), *self._sinks()),
                trace=f"{trace.parent.name}/{trace.name}",
                pool=self._pool,
            )
            result = await episode.run()
            await asyncio.to_thread(writer.sync)
        return tally.line(job, result)

    def _task(self, job: Job) -> Task:
        try:
            return self.domain.task(job.task)
        except KeyError:
            raise ConfigError(
                f"{self.domain.name} has no task {job.task!r} any more: is its data the same?"
            ) from None

    async def close(self) -> None:
        """Close the models, and send the last spans."""
        for model in self._models.values():
            await model.close()
        await asyncio.to_thread(self._open.close)
