"""What a cell may call, the host's side. Whatever comes in here was written by hostile code."""

from __future__ import annotations

import builtins
import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from replplan.asking import Asking
from replplan.carried import Pickled
from replplan.crossing import in_json
from replplan.errors import ConfigError, LimitExceeded, ReplplanError
from replplan.events import FunctionCalled
from replplan.kernel import CallError, Function, PlanEnded, Repl, SubtaskCall
from replplan.record import Json
from replplan.session import Session
from replplan.tools import Offer
from replplan.tree import Stuck, Tree

_STOP_SECONDS = 2.5
"""How long a child's running cell has to be stopped when the child's time is up."""

WORLD_FUNCTIONS = (
    Function(
        name="act",
        signature="(action: str) -> str",
        doc="Do one action in the world; returns what is then observed.",
    ),
    Function(name="get_obs", signature="() -> str", doc="The last observation of the world."),
)


@dataclass
class TreeCalls:
    """Answers the calls of every cell of one plan."""

    tree: Tree
    functions: dict[str, Offer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.functions = {f.__name__: Offer(f) for f in self.tree.domain.functions}
        self.asking = Asking(self.tree)

    @property
    def offered(self) -> tuple[Function, ...]:
        """The functions that are to be bound in every namespace."""
        return (*(WORLD_FUNCTIONS if self.tree.domain.has_world else ()), *self.tree.functions)

    async def call(
        self, repl: int, name: str, args: list[Json], kwargs: dict[str, Json]
    ) -> Json | Pickled:
        """One call of a cell: the world, a question, or a function of the domain."""
        session = self._session(repl)
        with self._plan_ends():
            if name == "ask" and self.tree.planner.switches.ask:
                return await self.asking.ask(session, args)
            if name in self.functions:
                return await self._function(session, name, args, kwargs)
            if name == "act" and self.tree.world:
                return await self.act(session, *_bind(_act_form, args, kwargs))
            if name == "get_obs" and self.tree.world:
                _bind(_get_obs_form, args, kwargs)
                return self.tree.observation
        raise CallError("NameError", f"the host knows no function {name!r}")

    async def act(self, session: Session, action: str) -> str:
        """One action; the plan is over when the world is."""
        if not isinstance(action, str):
            kind = type(action).__name__
            raise CallError("TypeError", f"act() takes the action as a string, not {kind}")
        transition = await self.tree.act(session.id, action)
        if transition.terminated or transition.truncated:
            self.tree.end("world_ended")
            raise PlanEnded
        return transition.observation

    async def _function(
        self, session: Session, name: str, args: list[Json], kwargs: dict[str, Json]
    ) -> Json | Pickled:
        past = self.tree.past.called(session.id, name, args, kwargs)
        if past is not None and not past.kind:
            self.tree.emit(past)
            return _as_before(past)
        began = time.monotonic()
        called = FunctionCalled(
            session=session.id, name=name, arguments=tuple(args), keywords=kwargs
        )
        outcome: dict[str, Any] = {}
        try:
            value = await self.functions[name].call(args, kwargs)
            outcome["value"] = in_json(value)
            outcome["kind"] = value.kind if isinstance(value, Pickled) else ""
        except CallError as e:
            outcome["error"] = str(e)
            raise
        except Exception as e:
            outcome["error"] = f"{type(e).__name__}: {_message(e)}"
            raise _as_raised(e) from e
        finally:
            outcome["seconds"] = time.monotonic() - began
            self.tree.emit(called.model_copy(update=outcome))
        return value

    async def subtask(self, call: SubtaskCall, repl: Repl) -> None:
        """A child session, from its opening to its answer."""
        with self._plan_ends():
            if not self.tree.planner.switches.children:
                raise CallError("NameError", f"name {call.name!r} is not defined")
            try:
                session = self.tree.open_child(call, repl)
            except LimitExceeded as e:
                message = f"{call.name}: {e}; solve this here, without a further sub-task"
                raise CallError("SubtaskFailed", message) from e
            except ConfigError as e:
                raise CallError("ValueError", f"{call.name}: {e}") from e
            except KeyError as e:
                raise CallError(
                    "SubtaskFailed", f"{call.name}: this plan does not know its REPL"
                ) from e
            await self._solve(session)

    async def _solve(self, session: Session) -> None:
        failure: str | None = "cancelled"
        try:
            await self._run(session)
            failure = self.tree.failure_of(session)
        except Stuck as e:
            failure = str(e)
            raise CallError("SubtaskFailed", f"{session.name}: {e}") from e
        except LimitExceeded as e:
            failure = self._fallen(e, session.id)
            raise CallError("SubtaskFailed", f"{session.name}: {failure}") from e
        except ReplplanError as e:
            failure = "cancelled" if self.tree.ending else str(e)
            raise
        finally:
            self.tree.close_session(session, failure)
        if self.tree.ending:
            raise PlanEnded

    async def _run(self, session: Session) -> None:
        """Have the child's planner work, for as long as the child has."""
        budget = self.tree.budget_of(session.id)
        if budget.session != session.id:
            return await self.tree.planner.run(session, self.tree)
        try:
            async with self.tree.clocks.within(budget, _STOP_SECONDS) as clock:
                await self.tree.planner.run(session, self.tree)
        except TimeoutError:
            if clock.expired():
                budget.check()
            raise

    def _fallen(self, limit: LimitExceeded, session: str) -> str:
        """What is said of a limit that fell and was a sub-task's own: this session's, or that of
        one around it.

        Raises:
            LimitExceeded: it is the plan's.
        """
        if limit.session == self.tree.budget.session:
            raise limit
        if limit.session == session:
            self.tree.tell_limit(limit)
            return str(limit)
        return f"{limit} that the sub-task {limit.session.rpartition('/')[2]} has"

    @contextmanager
    def _plan_ends(self) -> Iterator[None]:
        """A limit of the plan or a failing model ends the plan, whatever the cells make of it.

        A limit that a parent gave a child is an error in the child's cell, and the child's end
        before its next turn.
        """
        if self.tree.ending:
            raise PlanEnded
        try:
            yield
        except LimitExceeded as e:
            if e.session != self.tree.budget.session:
                raise CallError("RuntimeError", f"{e}: answer with what there is") from e
            self.tree.end_by_limit(e)
            raise PlanEnded from e
        except ReplplanError as e:
            self.tree.fail(e)
            raise PlanEnded from e

    def _session(self, repl: int) -> Session:
        try:
            return self.tree.sessions[repl]
        except KeyError as e:
            raise CallError("RuntimeError", f"no session has the number {repl}") from e


def _act_form(action: str) -> None: ...
def _get_obs_form() -> None: ...


def _bind(form: Callable[..., Any], args: list[Json], kwargs: dict[str, Json]) -> tuple[Any, ...]:
    """The arguments of a call by their function's signature; a mismatch is the cell's TypeError."""
    try:
        return inspect.signature(form).bind(*args, **kwargs).args
    except TypeError as e:
        name = form.__name__.strip("_").removesuffix("_form")
        raise CallError("TypeError", f"{name}(): {e}") from e


def _as_raised(error: Exception) -> CallError:
    """An error of a function, for the cell that called it: of its own class if cells know that."""
    kind, message = type(error).__name__, _message(error)
    if hasattr(builtins, kind):
        return CallError(kind, message)
    return CallError("RuntimeError", f"{kind}: {message}")


def _message(error: Exception) -> str:
    """What an error says; of a `KeyError` the key, which would come quoted."""
    key = error.args[0] if isinstance(error, KeyError) and len(error.args) == 1 else error
    return str(key)


def _as_before(past: FunctionCalled) -> Json:
    """What a call gave in the trace of the plan that goes on."""
    if past.error is None:
        return past.value
    kind, _, message = past.error.partition(": ")
    if hasattr(builtins, kind):
        raise CallError(kind, message)
    raise CallError("RuntimeError" if kind.isidentifier() else "TypeError", past.error)
