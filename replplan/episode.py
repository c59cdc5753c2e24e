"""One task, one planner, one score."""

from __future__ import annotations

import asyncio
import importlib.metadata
import traceback
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from replplan.asking import ask_room
from replplan.base_event import Fault
from replplan.calls import TreeCalls
from replplan.domain import Domain, Score, Task
from replplan.errors import KernelError, LimitExceeded, ReplplanError
from replplan.events import PlanFinished, PlanStarted, Resumed, Sink, WorldReset
from replplan.kernel import Kernel, KernelOpener, KernelOptions
from replplan.limits import Budget, Limits, Usage
from replplan.live_plan import LivePlan
from replplan.method import Planner
from replplan.model import Model
from replplan.no_kernel import open_no_kernel
from replplan.past import Past, lead
from replplan.planner import ReplPlanner
from replplan.pool import Pool
from replplan.pool.places import domain_pool
from replplan.prompt import prompt_version
from replplan.record import Json, Record
from replplan.session import Session
from replplan.steering import Steering, raise_limit
from replplan.tree import Ending, Stuck, Tree
from replplan.world import open_world


class EpisodeResult(Record):
    """What came of an episode: one line of a table.

    Attributes:
        task: the task's id, of this `domain` and `split`.
        seed: what was given to the model with every request.
        model: its name.
        score: how well the task was done, 0 to 1; None where nothing measures that.
        solved: whether that counts as solved; None as well.
        answer: in JSON where it has a JSON form, else its repr; None where there is none.
        stop_reason: answered, world_ended, limit:<which>, stuck, cancelled, or failed.
        usage: what was spent.
        trace: the path of the trace, if one was written.
        error: the sentence that goes with failed, stuck or a limit.
        fault: where a failure lies: in the model, the kernel, the world, or replplan itself.
    """

    task: str
    domain: str
    split: str
    seed: int
    model: str
    score: float | None
    solved: bool | None
    answer: Json
    stop_reason: str
    usage: Usage
    trace: str | None = None
    error: str | None = None
    fault: Fault | None = None

    @classmethod
    def of(cls, started: PlanStarted, finished: PlanFinished, trace: str | None) -> EpisodeResult:
        """What the first and the last event of a plan come to."""
        return cls(
            task=started.task,
            domain=started.domain,
            split=started.split,
            seed=started.seed,
            model=started.model,
            score=finished.score.value,
            solved=finished.score.solved,
            answer=finished.answer.value if finished.answer else None,
            stop_reason=finished.stop_reason,
            usage=finished.usage,
            trace=trace,
            error=finished.error,
            fault=finished.fault,
        )


@dataclass(frozen=True)
class Episode:
    """What is to be done, and with what.

    Attributes:
        domain: the task's domain.
        task: the task.
        model: the model; it stays open.
        open_kernel: opens the kernel that the cells run in.
        planner: the method.
        limits: what the plan may spend.
        seed: given to the model with every request.
        kernel: how the kernel is to be opened; what cells call and read is filled in here.
        sinks: are told every event.
        trace: the path that a sink writes the trace to, for the result.
        pool: the demonstrations; by default those of the project, the user and the domain.
        steering: is asked at the joints of the plan; by default everything passes.
        past: what is to be lived through first; see `replplan.resume`.
    """

    domain: Domain
    task: Task
    model: Model
    open_kernel: KernelOpener
    planner: Planner = field(default_factory=ReplPlanner)
    limits: Limits = field(default_factory=Limits)
    seed: int = 0
    kernel: KernelOptions = field(default_factory=KernelOptions)
    sinks: tuple[Sink, ...] = ()
    trace: str | None = None
    pool: Pool | None = None
    steering: Steering = field(default_factory=Steering)
    past: Past = field(default_factory=Past)

    async def run(self) -> EpisodeResult:
        """Play the episode to its end; whatever happens, there is a result.

        Raises:
            asyncio.CancelledError: it was cancelled from outside. The sinks have been told so.
            TraceError: a sink could not write.
        """
        tree = self.make_tree()
        self.begin(tree)
        try:
            await self._play(tree)
        except asyncio.CancelledError:
            tree.end("cancelled")
            raise
        finally:
            if tree.ending is None:
                tree.end("failed", "the plan ended without a reason", fault="replplan")
            finished = self._finished(tree)
            tree.emit(finished)
        return EpisodeResult.of(self._started(), finished, self.trace)

    def make_tree(self) -> Tree:
        """What the sessions of the plan share."""
        return Tree(
            task=self.task,
            domain=self.domain,
            model=self.model,
            planner=self.planner,
            budget=Budget(self.limits, before=self.past.seconds),
            sinks=self.sinks,
            seed=self.seed,
            pool=self.pool or domain_pool(self.domain),
            kernel=self.kernel,
            steering=self.steering,
            past=self.past,
        )

    def begin(self, tree: Tree) -> None:
        """Tell the sinks what begins."""
        tree.emit(self._started())
        if self.past.path:
            tree.emit(Resumed(origin=self.past.path))

    async def _play(self, tree: Tree) -> None:
        """Everything between the first event and the last; every fault becomes an ending."""
        spare = partial(_spare, tree)
        try:
            async with tree.clocks.within(tree.budget, spare=spare) as clock:
                await self._plan(tree)
        except LimitExceeded as e:
            tree.end_by_limit(e)
        except Stuck as e:
            tree.end("stuck", str(e))
        except ReplplanError as e:
            tree.fail(e)
        except Exception as e:  # noqa: BLE001 a fault of ours ends this episode alone
            if clock.expired():
                allowed = tree.budget.limits.seconds or 0
                tree.end_by_limit(LimitExceeded("seconds", allowed, allowed, "root"))
            where = traceback.format_exc(limit=-3)
            tree.end(
                "failed", f"a fault in replplan, {type(e).__name__}: {e}\n{where}", fault="replplan"
            )

    async def _plan(self, tree: Tree) -> None:
        async with AsyncExitStack() as stack:
            root, kernel = await self.open(tree, stack)
            self.steering.opened(LivePlan(tree, self, kernel))
            try:
                await self.planner.run(root, tree)
            except KernelError:
                if tree.ending is None:  # a kernel that breaks while it is unwound took nothing
                    raise
            finally:
                self.steering.closed()
                tree.close_session(root, tree.failure_of(root))
            if root.answer:
                tree.end("answered")

    async def open(self, tree: Tree, stack: AsyncExitStack) -> tuple[Session, Kernel]:
        """The root session and its kernel; what is opened here, the stack closes."""
        calls = TreeCalls(tree)
        options = replace(
            self.kernel,
            calls=calls,
            functions=calls.offered,
            files=self.domain.files(self.task),
            hides=self.domain.hides,
            values=self.domain.values(self.task),
            children=self.planner.switches.children,
            ask=self.planner.switches.ask,
            ask_room=ask_room(self.model.context),
            output_folder=self.kernel.output_folder or self._beside_trace(),
        )
        open_kernel = self.open_kernel if self.planner.needs_kernel else open_no_kernel
        tree.world = await stack.enter_async_context(open_world(self.domain, self.task))
        kernel = await stack.enter_async_context(open_kernel(options))
        if tree.world:
            tree.observation = await tree.world.reset()
            tree.emit(WorldReset(observation=tree.observation))
            await lead(tree.world, self.past.acts)
        return tree.open_root(kernel), kernel

    def _beside_trace(self) -> Path | None:
        """Where cells that print much leave all of it."""
        return Path(self.trace).absolute().with_suffix(".outputs") if self.trace else None

    def _started(self) -> PlanStarted:
        return PlanStarted(
            replplan=importlib.metadata.version("replplan"),
            domain=self.domain.name,
            task=self.task.id,
            split=self.task.split,
            goal=self.task.goal,
            seed=self.seed,
            model=self.model.name,
            context=self.model.context,
            sees=self.model.sees,
            taught=self.model.taught,
            method=self.planner.name,
            prompt=prompt_version(),
            limits=self.limits,
            kind=self.domain.kind(self.task),
            data=self.task.data,
        )

    def _finished(self, tree: Tree) -> PlanFinished:
        score = self._score(tree)
        assert tree.ending is not None
        return PlanFinished(
            stop_reason=tree.ending.stop_reason,
            score=score,
            answer=tree.answer,
            usage=tree.budget.usage,
            error=tree.ending.error,
            fault=tree.ending.fault,
        )

    def _score(self, tree: Tree) -> Score:
        """The domain's judgement; where it raises something, there is none, and that is told."""
        try:
            return Score.model_validate(tree.score())
        except Exception as error:  # noqa: BLE001 of a domain that is not ours
            assert tree.ending is not None
            ended = tree.ending.stop_reason
            said = f"{type(error).__name__}: {error}"
            why = f"{self.domain.name} cannot score this plan, which ended as {ended}: {said}"
            tree.ending = Ending("cancelled" if ended == "cancelled" else "failed", why, "world")
            return Score(value=0.0, solved=False)


async def _spare(tree: Tree) -> bool:
    """Whether a plan whose time is up may go on."""
    allowed = tree.budget.limits.seconds or 0
    return await raise_limit(tree, LimitExceeded("seconds", allowed, allowed, "root"))
