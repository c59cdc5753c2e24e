"""A planner that keeps a kernel and a model; `plan` is one that plans once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self, Unpack

from replplan.api.approve import Approving
from replplan.api.kept import Kept
from replplan.api.options import (
    OF_KERNEL,
    PlanOptions,
    check_goal,
    check_options,
    kernel_options,
    make_domain,
    make_pool,
)
from replplan.api.told import Told
from replplan.config import new_trace_path
from replplan.episode import Episode, EpisodeResult
from replplan.errors import ConfigError
from replplan.events import Event
from replplan.kernel import Kernel, KernelOptions
from replplan.limits import Limits
from replplan.plugins import kernel_opener
from replplan.steering import Steering
from replplan.trace import TraceWriter


class Planner:
    """Plans one goal after another in one kernel, with one model.

        async with Planner(model="gpt-5-mini", values={"df": df}) as planner:
            first = await planner.plan("Clean the table: one row for each customer.")
            second = await planner.plan("Which customers left in March?")

    What cells of one plan have bound, the next one finds. Leaving the block ends what is under way.
    """

    def __init__(self, **options: Unpack[PlanOptions]) -> None:
        """Set the options of all plans. See `PlanOptions`; nothing is started yet.

        Raises:
            ConfigError: an option is not known or not of the right kind.
        """
        check_options(options)
        self._options = options
        self._kept: Kept | None = None
        self._tasks: set[asyncio.Task[EpisodeResult]] = set()

    async def __aenter__(self) -> Self:
        self._kept = Kept(self._options)
        return self

    async def __aexit__(self, *_: object) -> None:
        kept, self._kept = self._kept, None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if kept is not None:
            await kept.close()

    async def plan(self, goal: str, **options: Unpack[PlanOptions]) -> EpisodeResult:
        """Plan towards a goal.

        Args:
            goal: what is to be done or found out, in words.
            options: those of this plan alone, over the planner's own.

        Returns:
            The result, with `answer`, of the `answer_type` where one was asked for; `stop_reason`,
            `usage`, `trace`, and `error` where it failed.

        Raises:
            ConfigError: an option is wrong: a file that is not there, a model that is not known.
            TraceError: the trace cannot be written.
            Exception: what `on_event` or `approve` raised.
        """
        kept, merged = self._open(), self._merge(options)
        check_goal(goal)
        task = asyncio.create_task(_plan(goal, merged, kept))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await task

    async def stream(self, goal: str, **options: Unpack[PlanOptions]) -> AsyncGenerator[Event]:
        """The events of a plan as they happen; leaving the loop ends the plan.

        It raises what `plan` raises.
        """
        self._open()
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        told = self._merge(options).get("on_event")

        def on_event(event: Event) -> None:
            if told:
                told(event)
            queue.put_nowait(event)

        options["on_event"] = on_event
        task = asyncio.create_task(self.plan(goal, **options))
        task.add_done_callback(lambda _: queue.put_nowait(None))
        try:
            while (event := await queue.get()) is not None:
                yield event
            await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _open(self) -> Kept:
        if self._kept is None:
            raise ConfigError("a planner plans inside of `async with Planner(...) as planner:`")
        return self._kept

    def _merge(self, options: PlanOptions) -> PlanOptions:
        if given := [n for n in (*OF_KERNEL, "kernel") if n in options]:
            raise ConfigError(f"{given[0]} is for Planner(...) itself: its plans share one kernel")
        check_options(options)
        return {**self._options, **options}


async def _plan(goal: str, options: PlanOptions, kept: Kept) -> EpisodeResult:
    options = {**options, "tools": await kept.tools(options)}
    async with kept.turn():
        return await _work(goal, {**options, "values": kept.values(options)}, kept)


async def _work(goal: str, options: PlanOptions, kept: Kept) -> EpisodeResult:
    make = partial(make_domain, goal, options)
    domain = await asyncio.to_thread(make) if options.get("values") else make()
    (task,) = domain.tasks(domain.default_split)
    path = Path(options.get("trace") or new_trace_path("plan", goal))
    told, approve = Told(options.get("on_event")), options.get("approve")
    steering = Approving(approve) if approve else Steering()
    episode = Episode(
        domain=domain,
        task=task,
        model=kept.model(options),
        open_kernel=lambda opened: kept.lend(opened, domain),
        limits=options.get("limits", Limits()),
        seed=options.get("seed", 0),
        kernel=kernel_options(options),
        trace=str(path),
        pool=make_pool(options, domain),
        steering=steering,
    )
    episode = _going_on(episode, options)
    with told.heard(), TraceWriter(path) as writer:
        result = await replace(episode, sinks=(writer, told)).run()
    if isinstance(steering, Approving) and steering.error is not None:
        raise steering.error
    return told.result(result, domain)


def _going_on(episode: Episode, options: PlanOptions) -> Episode:
    """The episode, from where the plan that is to be resumed broke off, if one is."""
    if "resume" not in options:
        return episode
    from replplan.resume import read_resumable, resumed

    trace = read_resumable(Path(options["resume"]))
    limits = options.get("limits", trace.started.limits)
    return resumed(replace(episode, limits=limits), trace)


async def plan(goal: str, **options: Unpack[PlanOptions]) -> EpisodeResult:
    """Plan towards a goal over your own files, functions and values.

    Args:
        goal: what is to be done or found out, in words.
        options: see `PlanOptions`.

    Returns:
        The result, with `answer`, of the `answer_type` where one was asked for; `stop_reason`,
        `usage`, `trace`, and `error` where it failed.

    Raises:
        ConfigError: an option is wrong: a file that is not there, a model that is not known.
        TraceError: the trace cannot be written.
        Exception: what `on_event` or `approve` raised.
    """
    async with Planner(**options) as planner:
        return await planner.plan(goal)


async def stream(goal: str, **options: Unpack[PlanOptions]) -> AsyncGenerator[Event]:
    """The events of a plan as they happen; leaving the loop ends the plan.

    It raises what `plan` raises.
    """
    async with (
        Planner(**options) as planner,
        contextlib.aclosing(planner.stream(goal)) as events,
    ):
        async for event in events:
            yield event


def open_kernel(options: KernelOptions | None = None) -> AbstractAsyncContextManager[Kernel]:
    """A live kernel: `async with open_kernel() as kernel: await kernel.execute("1 + 1")`.

    Raises:
        ConfigError: an option names what is not there.
        KernelError: it does not start.
    """
    return kernel_opener()(options or KernelOptions())
