"""A second live plan that goes on from where another one stands.

Its kernel is a branch of the other's, with the same variables. Its world is opened anew and led
through the same actions, and has to answer as it did. Its sessions know all that was said, its
account holds all that was spent, and its trace begins with all that had happened.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from replplan.calls import TreeCalls
from replplan.episode import Episode
from replplan.errors import ConfigError, KernelError
from replplan.events import Acted, Branched, Event, WorldReset
from replplan.kernel import ROOT, Kernel
from replplan.live_plan import LivePlan
from replplan.past import check_same, lead
from replplan.session import Session
from replplan.trace import read_trace
from replplan.tree import Tree
from replplan.world import World, open_world


@dataclass(frozen=True)
class _Origin:
    """What a branch goes on from."""

    tree: Tree
    kernel: Kernel
    trace: str
    past: tuple[Event, ...]


@dataclass(frozen=True)
class Branch(Episode):
    """A plan that goes on from another one. Made by `branch`; `run` it, or `close` it."""

    origin: _Origin = field(kw_only=True)

    def make_tree(self) -> Tree:
        """The twin of the other plan's, made when the kernel was."""
        return self.origin.tree

    def begin(self, tree: Tree) -> None:
        """Tell the sinks all that had happened, as it was told then."""
        for event in self.origin.past:
            for sink in self.sinks:
                sink(event)
        tree.emit(Branched(origin=self.origin.trace))

    async def open(self, tree: Tree, stack: AsyncExitStack) -> tuple[Session, Kernel]:
        """The root as it stood, in the branched kernel; the world led to where it stood."""
        stack.push_async_callback(self.close)
        tree.world = await stack.enter_async_context(open_world(self.domain, self.task))
        if tree.world:
            await _lead(tree.world, self.origin.past)
        return tree.sessions[ROOT], self.origin.kernel

    async def close(self) -> None:
        """End the kernel. Who runs the branch need not."""
        await self.origin.kernel.close()


async def branch(plan: LivePlan, **changes: Any) -> Branch:
    """A second plan from the state that a plan is in, once its root runs no cell.

    A reply of the model whose cell has not run yet is left to the first plan; the second asks its
    model again.

    Args:
        plan: the plan; it goes on as it was.
        changes: fields of `Episode` to be others: `sinks` and `trace`, `steering`, `model`.

    Raises:
        ConfigError: the plan has no trace, in which its past stands.
        KernelError: its kernel cannot be branched; says why.
    """
    episode, root = plan.episode, plan.session()
    if not episode.trace:
        raise ConfigError("a plan without a trace cannot be branched: its past is not kept")
    async with root.busy:
        if plan.tree.ending is not None:
            raise KernelError("the plan is over: branch one that is under way")
        own = {f.name: getattr(episode, f.name) for f in fields(Episode)} | changes
        tree = _twin(plan.tree, Episode(**own))
        kernel = await plan.kernel.branch(TreeCalls(tree))
        past = tuple(read_trace(Path(episode.trace)))
    tree.sessions[ROOT].repl = kernel
    plan.emit(Branched(to=own["trace"]))
    return Branch(**own, origin=_Origin(tree, kernel, episode.trace, past))


def _twin(tree: Tree, episode: Episode) -> Tree:
    """What a plan knows, for another one to go on with."""
    twin = replace(
        episode.make_tree(),
        budget=tree.budget.copy(),
        observation=tree.observation,
        last=tree.last,
        sessions=_twins(tree.sessions),
        refused=dict(tree.refused),
    )
    twin.window = tree.window.copy()
    return twin


def _twins(sessions: dict[int, Session]) -> dict[int, Session]:
    twins: dict[str, Session] = {}
    for session in sessions.values():  # parents were opened before their children
        twins[session.id] = _twin_of(session, twins)
    return {number: twins[session.id] for number, session in sessions.items()}


def _twin_of(session: Session, twins: dict[str, Session]) -> Session:
    twin = Session(session.id, session.name, session.repl)
    twin.parent = twins[session.parent.id] if session.parent else None
    twin.transcript = session.transcript.copy(without_last=session.in_review)
    twin.turns, twin.entries = session.turns, session.entries
    return twin


async def _lead(world: World, past: tuple[Event, ...]) -> None:
    """Lead a fresh world to where another one stands.

    Raises:
        DomainError: it does not answer as that one did.
    """
    (start,) = (event.observation for event in past if isinstance(event, WorldReset))
    check_same("its start", await world.reset(), start)
    await lead(world, (event for event in past if isinstance(event, Acted)))
