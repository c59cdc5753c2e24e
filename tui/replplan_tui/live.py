"""A plan of this process under the app: it runs in a thread and an event loop of its own, so that
no screen ever slows it down."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakSet

from replplan.branching import branch
from replplan.episode import Episode, EpisodeResult
from replplan.errors import ReplplanError
from replplan.events import Sink
from replplan.helm import Helm
from replplan.model import Model
from replplan.steering import Steering
from replplan.telemetry import Telling
from replplan.trace import TraceWriter
from replplan_tui.bounded import BoundedFeed

T = TypeVar("T")


@dataclass(frozen=True)
class Launch:
    """A plan that is to be started.

    Attributes:
        model: makes the model, in the plan's own thread.
        episode: makes the episode of a model, a trace's path, sinks, and who steers.
        trace: where the trace goes.
        telling: where else the plan is told of.
    """

    model: Callable[[], Model]
    episode: Callable[[Model, Path, tuple[Sink, ...], Steering], Episode]
    trace: Path
    telling: Telling = field(default_factory=Telling)


class LiveFeed(BoundedFeed):
    """The events of a plan of this process, and the helm that it is steered with."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.helm = Helm(watching=True)
        self.result: EpisodeResult | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.guests: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        _FEEDS.add(self)

    # ------------------------------------------------------------------ the app's side
    def call(self, what: Callable[..., object], *args: object) -> None:
        """Do something with the helm or a decision, in the plan's own loop."""
        if self.loop is not None and not self.ended:
            self.loop.call_soon_threadsafe(what, *args)

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin something in the plan's own loop.

        Raises:
            ReplplanError: the plan is over.
        """
        if self.loop is None or self.ended:
            work.close()
            raise ReplplanError("the plan is over: there is nothing to steer")
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def stop(self) -> None:
        """End the plan. A second time does nothing: it would break off how the plan ends."""
        begun = self._stop.is_set()
        super().stop()
        if self._task is not None and not begun:
            self.call(self._task.cancel)

    # ------------------------------------------------------------------ the plan's side
    async def follow(self, work: Coroutine[Any, Any, EpisodeResult]) -> None:
        """Run a plan to its end; what is wrong is told in `problem`."""
        self.loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        try:
            if self._stop.is_set():
                work.close()
            else:
                self.result = await work
        except asyncio.CancelledError:
            pass  # its trace says so
        except ReplplanError as e:
            self.problem = str(e)
        except Exception as e:  # noqa: BLE001 the app shows it, and lives on
            self.problem = f"a fault in replplan, {type(e).__name__}: {e}"
        finally:
            self.ended = True


_FEEDS = WeakSet[LiveFeed]()


class PlanFeed(LiveFeed):
    """A plan from its beginning, in a thread that lasts as long as its branches do."""

    def __init__(self, launch: Launch) -> None:
        super().__init__(launch.trace)
        self.launch = launch
        self._thread = threading.Thread(target=self._run, name="replplan-plan")

    def start(self) -> None:
        """Run it."""
        self._thread.start()

    def join(self) -> None:
        """Wait until the plan and its branches have ended."""
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._host())

    async def _host(self) -> None:
        self.loop = asyncio.get_running_loop()  # what is pressed by now is not lost
        try:
            model = self.launch.model()
        except ReplplanError as e:
            self.problem, self.ended = str(e), True
            return
        try:
            await asyncio.create_task(self.follow(self._plan(model)))
            while self.guests:
                await asyncio.wait(self.guests)
        finally:
            await model.close()

    async def _plan(self, model: Model) -> EpisodeResult:
        launch = self.launch
        with TraceWriter(launch.trace) as writer, launch.telling.sinks() as also:
            sinks: tuple[Sink, ...] = (writer, self.put, *also())
            return await launch.episode(model, launch.trace, sinks, self.helm).run()


class BranchFeed(LiveFeed):
    """A plan that goes on from where another one stands. It is a guest in the other's thread."""

    def __init__(self, origin: LiveFeed) -> None:
        super().__init__(_path_of_branch(origin.path))
        self.origin = origin
        self.guests = origin.guests

    def start(self) -> None:
        """Make the branch, when the other's root runs no cell, and run it."""
        self.origin.call(self._begin)

    def _begin(self) -> None:
        task = asyncio.create_task(self.follow(self._branch()))
        self.guests.add(task)
        task.add_done_callback(self.guests.discard)

    async def _branch(self) -> EpisodeResult:
        plan = self.origin.helm.plan
        if plan is None:
            raise ReplplanError("the plan is not under way: there is nothing to branch")
        with TraceWriter(self.path) as writer:
            twin = await branch(
                plan, sinks=(writer, self.put), trace=str(self.path), steering=self.helm
            )
            return await twin.run()


def end_plans() -> None:
    """Have all plans of this process end; any thread may."""
    for feed in list(_FEEDS):
        feed.stop()


def wait_for_plans() -> None:
    """Wait until all plans of this process have ended: none ends well while Python itself does."""
    for feed in list(_FEEDS):
        if isinstance(feed, PlanFeed):
            feed.join()


def _path_of_branch(path: Path) -> Path:
    """A path beside the trace that a branch comes from."""
    names = (path.with_name(f"{path.stem}-branch-{n}.jsonl") for n in count(1))
    return next(name for name in names if not name.exists())
