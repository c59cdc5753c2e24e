"""Our planner as a solver of inspect."""

from __future__ import annotations

import contextvars

from inspect_ai.log import transcript
from inspect_ai.model import ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState, solver

from replplan.episode import Episode
from replplan.errors import ReplplanError
from replplan.events import Event, ModelCalled, ModelReplied, PlanFinished, PlanStarted
from replplan.export.conversations import Conversations
from replplan.for_inspect.model import InspectModel, chat_message
from replplan.for_inspect.score import STORE
from replplan.for_inspect.story import SOURCE, told
from replplan.kernel import KernelOptions
from replplan.limits import Limits
from replplan.methods import make_planner
from replplan.plugins import kernel_opener, make_domain


@solver
def repl_plan(
    domain: str, options: dict[str, str] | None = None, method: str = "repl-plan", seed: int = 0,
    limits: dict[str, float | None] | None = None, isolation: str = "auto",
) -> Solver:  # fmt: skip
    """Plan in a live kernel. A sample's id is that of a task.

    Args:
        domain: the domain of the samples' tasks.
        options: its own options.
        method: repl-plan, or one to compare with: react, code, flat.
        seed: of the first epoch; each further one has the next.
        limits: what each plan may spend, beside inspect's own limits; by the names of `Limits`.
        isolation: how cells are walled in, auto or none.
    """
    world, planner = make_domain(domain, options or {}), make_planner(method)
    given = {name: value for name, value in (limits or {}).items() if value is not None}
    allowed = Limits.model_validate(given)
    kernel = KernelOptions(isolation=isolation)  # type: ignore[arg-type]

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        model = InspectModel()
        episode = Episode(
            domain=world, task=world.task(str(state.sample_id)), model=model,
            open_kernel=kernel_opener(), planner=planner, limits=allowed,
            seed=seed + state.epoch - 1, kernel=kernel, sinks=(_Telling(state),),
        )  # fmt: skip
        result = await episode.run()
        if model.fault is not None:
            raise model.fault
        if result.stop_reason == "failed":  # nothing that says anything about the model
            raise ReplplanError(result.error)
        return state

    return solve


class _Telling:
    """Puts what happens in a plan into inspect's log, and the root's conversation into the state.

    Model calls are there already: inspect makes them.
    """

    def __init__(self, state: TaskState) -> None:
        self._state, self._context = state, contextvars.copy_context()
        self._said: Conversations | None = None

    def __call__(self, event: Event) -> None:
        match event:
            case PlanStarted():
                self._said = Conversations(event)
            case ModelCalled() | ModelReplied():
                if self._said:
                    self._said.take(event)
            case PlanFinished():
                self._end(event)
            case _ if not event.transient:
                # A cell may call from a task that another sample's plan began.
                self._context.copy().run(_log, event)

    def _end(self, finished: PlanFinished) -> None:
        state = self._state
        state.store.set(STORE, finished.model_dump(mode="json"))
        root = self._said.sessions.get("root") if self._said else None
        if root is not None:
            state.messages = [chat_message(message) for message in root.whole()]
        answer = str(finished.answer.value) if finished.answer else finished.stop_reason
        state.output = ModelOutput.from_content(str(state.model), answer)


def _log(event: Event) -> None:
    transcript().info(told(event), source=SOURCE)
