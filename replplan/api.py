"""Planning from Python: `plan`, `plan_sync`, `stream`, `open_kernel`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Literal, TypedDict, Unpack

from replplan.config import new_trace_path
from replplan.episode import Episode, EpisodeResult
from replplan.events import Event, Sink
from replplan.kernel import Kernel, KernelOptions, Mount
from replplan.limits import Limits
from replplan.model import Model
from replplan.models import make_model
from replplan.plugins import domain_class, kernel_opener
from replplan.trace import TraceWriter


class PlanOptions(TypedDict, total=False):
    """What `plan` takes beside the goal; every one has a default.

    Attributes:
        files: files that the cells may read.
        tools: functions that the cells may call; they run in this process, with JSON in and out.
        model: "local", "replay:TRACE", a name that the endpoint serves, or a Model.
        base_url: the endpoint, else OPENAI_BASE_URL, else OpenAI's own.
        api_key: its key, else OPENAI_API_KEY.
        limits: what the plan may spend.
        seed: given to the model with every request.
        isolation: "auto" or "none".
        mounts: folders that cells see at their own places, `DIR` or `DIR:rw` to be changed.
        network: whether cells can use the network.
        kernel: an installed kernelspec by its name, whose Python the cells then have.
        on_event: is told every event.
        trace: where the trace is written; a fresh file in the platform's folder by default.
    """

    files: Sequence[Path | str]
    tools: Sequence[Callable[..., Any]]
    model: str | Model | None
    base_url: str | None
    api_key: str | None
    limits: Limits
    seed: int
    isolation: Literal["auto", "none"]
    mounts: Sequence[Mount | Path | str]
    network: bool
    kernel: str | None
    on_event: Sink
    trace: Path | str


async def plan(goal: str, **options: Unpack[PlanOptions]) -> EpisodeResult:
    """Plan towards a goal over your own files and functions.

    Returns:
        The result: `answer`, `stop_reason`, `usage`, `trace`.

    Raises:
        ConfigError: an option is wrong: a file that is not there, a model that is not known.
        TraceError: the trace cannot be written.
    """
    notebook = domain_class("notebook")
    domain = notebook(  # type: ignore[call-arg]
        goal=goal, files=options.get("files", ()), tools=options.get("tools", ())
    )
    (task,) = domain.tasks("goal")
    path = Path(options.get("trace") or new_trace_path("plan", goal))
    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(_model(options))
        sinks: list[Sink] = [stack.enter_context(TraceWriter(path))]
        if on_event := options.get("on_event"):
            sinks.append(on_event)
        episode = Episode(
            domain=domain,
            task=task,
            model=model,
            open_kernel=kernel_opener(),
            limits=options.get("limits", Limits()),
            seed=options.get("seed", 0),
            kernel=_kernel(options),
            sinks=tuple(sinks),
            trace=str(path),
        )
        return await episode.run()


def _kernel(options: PlanOptions) -> KernelOptions:
    mounts = options.get("mounts", ())
    return KernelOptions(
        isolation=options.get("isolation", "auto"),
        mounts=tuple(m if isinstance(m, Mount) else Mount.parse(str(m)) for m in mounts),
        network=options.get("network", False),
        kernel=options.get("kernel"),
    )


@asynccontextmanager
async def _model(options: PlanOptions) -> AsyncIterator[Model]:
    """The model that was named, closed at the end; one that was given stays open."""
    given = options.get("model")
    if given is not None and not isinstance(given, str):
        yield given
        return
    model = make_model(given, options.get("base_url"), options.get("api_key"))
    try:
        yield model
    finally:
        await model.close()


def plan_sync(goal: str, **options: Unpack[PlanOptions]) -> EpisodeResult:
    """`plan`, waited for. Works inside a running event loop too, as in a notebook.

    Raises:
        As `plan`; KeyboardInterrupt ends the plan before it is passed on.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(plan(goal, **options))
    return _run_in_thread(lambda: plan(goal, **options))


def _run_in_thread(start: Callable[[], Any]) -> EpisodeResult:
    """Run a plan in an event loop of its own, in a thread of its own."""
    ready, done, outcome = threading.Event(), threading.Event(), dict[str, Any]()

    async def main() -> None:
        outcome["loop"], outcome["task"] = asyncio.get_running_loop(), asyncio.current_task()
        ready.set()
        outcome["result"] = await start()

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as e:  # noqa: BLE001 it is raised again in the caller's thread
            outcome["error"] = e
        finally:
            ready.set()
            done.set()

    thread = threading.Thread(target=run, name="replplan-plan")
    thread.start()
    try:
        done.wait()  # not join: once interrupted, it takes the thread for ended (Python 3.11)
    except BaseException:
        ready.wait()
        if "task" in outcome:
            outcome["loop"].call_soon_threadsafe(outcome["task"].cancel)
        done.wait()
        raise
    if "error" in outcome:
        raise outcome["error"]
    result: EpisodeResult = outcome["result"]
    return result


async def stream(goal: str, **options: Unpack[PlanOptions]) -> AsyncIterator[Event]:
    """The events of a plan as they happen; leaving the loop ends the plan.

    Raises:
        As `plan`.
    """
    queue: asyncio.Queue[Event | None] = asyncio.Queue()
    told = options.get("on_event")

    def on_event(event: Event) -> None:
        if told:
            told(event)
        queue.put_nowait(event)

    options["on_event"] = on_event
    task = asyncio.create_task(plan(goal, **options))
    task.add_done_callback(lambda _: queue.put_nowait(None))
    try:
        while (event := await queue.get()) is not None:
            yield event
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def open_kernel(options: KernelOptions | None = None) -> AbstractAsyncContextManager[Kernel]:
    """A live kernel: `async with open_kernel() as kernel: await kernel.execute("1 + 1")`.

    Raises:
        KernelError: it does not start.
    """
    return kernel_opener()(options or KernelOptions())
