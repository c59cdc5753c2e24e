"""Plans for tests: a scripted model in a real kernel, with every event kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from replplan.domain import Domain
from replplan.episode import Episode, EpisodeResult
from replplan.limits import Limits
from replplan.method import Planner
from replplan.model import Model, ScriptedModel
from replplan.planner import ReplPlanner
from replplan.plugins import kernel_opener
from replplan.pool import Pool
from replplan.steering import Steering
from replplan_domains.alfworld import ALFWorld
from replplan_domains.notebook import Notebook


def cell(code: str) -> str:
    """A reply that holds this cell."""
    return f"```python\n{code}\n```"


def script(**cells: list[str]) -> ScriptedModel:
    """A model with cells by REPL name; `ask` has plain replies."""
    return ScriptedModel(
        {n: [c if n == "ask" else cell(c) for c in replies] for n, replies in cells.items()}
    )


@dataclass
class Played:
    """An episode that was played, and what it told."""

    events: list[Any] = field(default_factory=list)
    result: EpisodeResult | None = None

    def of(self, *types: str) -> list[Any]:
        """The events of these types."""
        return [e for e in self.events if e.type in types]

    @property
    def shown(self) -> list[str]:
        """What was shown of each cell."""
        return [e.shown for e in self.of("cell_finished")]


async def play(
    model: Model,
    limits: Limits | None = None,
    domain: Domain | None = None,
    task: int | str = 0,
    planner: Planner | None = None,
    pool: Pool | None = None,
    steering: Steering | None = None,
) -> Played:
    """Play one episode: a plan without a world unless a domain is given. A task by its number in
    the first split, or by its id."""
    domain = domain or Notebook(goal="a goal")
    played = Played()
    episode = Episode(
        domain,
        domain.task(task) if isinstance(task, str) else domain.tasks(domain.splits()[0])[task],
        model,
        kernel_opener(),
        planner=planner or ReplPlanner(),
        limits=limits or Limits(seconds=120),
        sinks=(played.events.append,),
        pool=pool,
        steering=steering or Steering(),
    )
    played.result = await episode.run()
    return played


async def until(event: asyncio.Event, running: asyncio.Task[Any]) -> None:
    """Wait for something in a plan that runs; where the plan ends before, so does the test."""
    comes = asyncio.ensure_future(event.wait())
    await asyncio.wait({comes, running}, return_when=asyncio.FIRST_COMPLETED)
    comes.cancel()
    assert event.is_set(), running.result()


def household() -> ALFWorld:
    """The household games."""
    return ALFWorld()
