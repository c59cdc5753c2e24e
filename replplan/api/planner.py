"""A planner that keeps a kernel and a model; `plan` is one that plans once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack, cast
from weakref import WeakKeyDictionary

from replplan.api.approve import Approving
from replplan.api.options import (
    OF_KERNEL,
    OF_MODEL,
    PlanOptions,
    check_goal,
    check_options,
    kernel_options,
    live_kernel,
    make_notebook,
    make_pool,
)
from replplan.api.told import Told
from replplan.config import new_trace_path
from replplan.episode import Episode, EpisodeResult
from replplan.errors import ConfigError
from replplan.events import Event
from replplan.kernel import Kernel, KernelOptions
from replplan.limits import Limits
from replplan.model import Model
from replplan.models import make_model
from replplan.plugins import kernel_opener
from replplan.steering import Steering
from replplan.trace import TraceWriter

_TURNS: WeakKeyDictionary[Kernel, asyncio.Lock] = WeakKeyDictionary()
"""Plans in one kernel take turns, and none of them spends its time on waiting."""


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
        self._stack = AsyncExitStack()
        self._kernel = live_kernel(options)
        self._opening, self._connecting = asyncio.Lock(), asyncio.Lock()
        self._toolboxes: dict[str, list[Callable[..., Any]]] = {}
        self._models: dict[tuple[Any, ...], Model] = {}
        self._tasks: set[asyncio.Task[EpisodeResult]] = set()
        self._open = self._bound = False

    async def __aenter__(self) -> Self:
        self._open = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._open = self._bound = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()
        self._kernel = live_kernel(self._options)
        self._models.clear()
        self._toolboxes.clear()

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
        merged = self._merge(options)
        check_goal(goal)
        task = asyncio.create_task(self._plan(goal, merged))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await task

    async def stream(self, goal: str, **options: Unpack[PlanOptions]) -> AsyncGenerator[Event]:
        """The events of a plan as they happen; leaving the loop ends the plan.

        It raises what `plan` raises.
        """
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

    def _merge(self, options: PlanOptions) -> PlanOptions:
        if not self._open:
            raise ConfigError("a planner plans inside of `async with Planner(...) as planner:`")
        if given := [n for n in (*OF_KERNEL, "kernel") if n in options]:
            raise ConfigError(f"{given[0]} is for Planner(...) itself: its plans share one kernel")
        check_options(options)
        return cast("PlanOptions", {**self._options, **options})

    def _values(self, options: PlanOptions) -> PlanOptions:
        """With the planner's own values where the kernel does not have them yet: later they may
        have been changed by cells."""
        own, given = self._options.get("values", {}), options.get("values", {})
        if given is own:
            given = {}
        return cast("PlanOptions", {**options, "values": {**({} if self._bound else own), **given}})

    async def _plan(self, goal: str, options: PlanOptions) -> EpisodeResult:
        options = await self._with_tools(options)
        async with self._turn():
            return await self._work(goal, self._values(options))

    async def _with_tools(self, options: PlanOptions) -> PlanOptions:
        """With the tools of servers among the functions; a server stays open for later plans."""
        if not (servers := options.get("mcp")):
            return options
        from replplan.for_mcp.toolbox import open_tools

        async with self._connecting:
            key = repr(servers)
            if key not in self._toolboxes:
                opened = open_tools(servers)
                self._toolboxes[key] = await self._stack.enter_async_context(opened)
        tools = [*options.get("tools", ()), *self._toolboxes[key]]
        return cast("PlanOptions", {**options, "tools": tools})

    async def _work(self, goal: str, options: PlanOptions) -> EpisodeResult:
        make = partial(make_notebook, goal, options)
        domain = await asyncio.to_thread(make) if options.get("values") else make()
        (task,) = domain.tasks("goal")
        path = Path(options.get("trace") or new_trace_path("plan", goal))
        told, approve = Told(options.get("on_event")), options.get("approve")
        steering = Approving(approve) if approve else Steering()
        episode = Episode(
            domain=domain,
            task=task,
            model=self._model(options),
            open_kernel=lambda opened: self._lend(opened, domain),
            limits=options.get("limits", Limits()),
            seed=options.get("seed", 0),
            kernel=kernel_options(options),
            trace=str(path),
            pool=make_pool(options, domain),
            steering=steering,
        )
        episode = _going_on(episode, options)
        with TraceWriter(path) as writer:
            result = await replace(episode, sinks=(writer, told)).run()
        if isinstance(steering, Approving) and steering.error is not None:
            raise steering.error
        return told.result(result, domain)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait until no other plan works in the kernel."""
        lock = self._opening
        if self._kernel is not None:
            lock = _TURNS.setdefault(self._kernel, lock)
        async with lock:
            yield

    @asynccontextmanager
    async def _lend(self, options: KernelOptions, domain: Any) -> AsyncIterator[Kernel]:
        """The planner's kernel for one plan; the first plan opens it."""
        if self._kernel is None:
            self._kernel = await self._stack.enter_async_context(kernel_opener()(_bare(options)))
        async with self._kernel.lend(options) as variables:
            domain.variables, self._bound = variables, True
            yield self._kernel

    def _model(self, options: PlanOptions) -> Model:
        """The model that was named, closed with the planner; one that was given stays open."""
        given = options.get("model")
        if given is not None and not isinstance(given, str):
            return given
        named = tuple(options.get(name) for name in OF_MODEL)
        if named not in self._models:
            model = make_model(given, options.get("base_url"), options.get("api_key"))
            self._models[named] = model
            self._stack.push_async_callback(model.close)
        return self._models[named]


def _going_on(episode: Episode, options: PlanOptions) -> Episode:
    """The episode, from where the plan that is to be resumed broke off, if one is."""
    if "resume" not in options:
        return episode
    from replplan.resume import read_resumable, resumed

    trace = read_resumable(Path(options["resume"]))
    limits = options.get("limits", trace.started.limits)
    return resumed(replace(episode, limits=limits), trace)


def _bare(options: KernelOptions) -> KernelOptions:
    """How a kernel is opened before it is lent."""
    return KernelOptions(
        files=options.files,
        mounts=options.mounts,
        network=options.network,
        isolation=options.isolation,
        kernel=options.kernel,
    )


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
        KernelError: it does not start.
    """
    return kernel_opener()(options or KernelOptions())
