"""Classical planning as a domain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from replplan.baseline import act_at_random
from replplan.carried import Value
from replplan.cell import Answer
from replplan.crossing import freeze
from replplan.domain import Domain, Environment, Score, Task, Transition
from replplan.errors import ConfigError
from replplan_domains.pddl.environment import LOOK, REFUSED, PDDLWorld, plain
from replplan_domains.pddl.generate import SIZES, WORLDS
from replplan_domains.pddl.rules import plan_by_rule
from replplan_domains.pddl.search import shortest
from replplan_domains.pddl.simulate import read_grounded, simulate
from replplan_domains.pddl.tasks import (
    ALL,
    DOMAIN,
    drawn_task,
    drawn_tasks,
    found_tasks,
    text_of,
    world_of,
)
from replplan_domains.pddl.upstream import PYPERPLAN, shortest_by_pyperplan
from replplan_domains.seeded import check_split

PLANNERS = ("own", "pyperplan")

DESCRIPTION = """\
A world of classical planning, in PDDL. What you observe at first is its domain and its \
problem; the variable `problem` holds the same text.
act("NAME OBJECTS") does one action of the domain, such as act("unstack a b"); what is not \
possible is refused, says why, and changes nothing. act("look") tells how things stand.
The plan ends by itself when the goal holds, and is judged by its length: refused actions and \
looks are no part of it, but you have {actions} of all in all. So find a short plan first, with \
code or with simulate(problem, ["unstack a b", ...]), which acts on nothing, and then do it."""


class PDDL(Domain):
    """Blocks to be stacked, and parcels to be brought from place to place, by short plans.

    Without data the splits are `train` (300 problems), `dev` (60) and `test` (120), drawn here.
    With it there is one split, `all`: the problems of the folder.
    """

    name: ClassVar[str] = DOMAIN
    summary: ClassVar[str] = "classical planning: blocks and logistics, or problems in PDDL"
    baseline: ClassVar[str] = "by rule: towers taken apart and built anew; parcels one by one"
    copies: bool = True

    def __init__(
        self,
        data: Path | str | None = None,
        world: str = "",
        actions: int = 100,
        planner: str = PLANNERS[0],
    ) -> None:
        """Choose problems.

        Args:
            data: a folder with `domain.pddl` and problems, in STRIPS with types; None for those
                that are drawn here.
            world: `blocks` or `logistics`, for one alone of these.
            actions: after so many actions, refused ones and looks included, a plan is cut off.
            planner: who finds the shortest plans of a folder's problems: `own`, or `pyperplan`,
                the extra `pddl`.

        Raises:
            ConfigError: the folder holds no problems, `actions` is not positive, or there is no
                such world or planner, or pyperplan is asked for and not installed.
        """
        if actions < 1:
            raise ConfigError(f"actions is {actions}: a plan needs at least 1 action.")
        if world and world not in WORLDS:
            raise ConfigError(f"there is no world {world!r}; choose one of {', '.join(WORLDS)}.")
        if planner not in PLANNERS:
            raise ConfigError(f"there is no planner {planner!r}: choose own or pyperplan.")
        if planner == PLANNERS[1]:
            PYPERPLAN.require()
        if world and data is not None:
            raise ConfigError("give a world of ours or a folder of yours, not both.")
        self.world, self.actions, self.planner = world, actions, planner
        self._found = None if data is None else found_tasks(Path(data))
        self.shares_process = data is None
        self.observation_size = 4000 if data is None else None
        self.default_split = "dev" if data is None else ALL

    @property
    def description(self) -> str:
        """How to act, when it ends, and how it is judged."""
        return DESCRIPTION.format(actions=self.actions)

    def splits(self) -> tuple[str, ...]:
        """Those that are drawn here, or one of all problems of the folder."""
        return tuple(SIZES) if self._found is None else (ALL,)

    def tasks(self, split: str) -> Sequence[Task]:
        """The problems of a split.

        Raises:
            ConfigError: there is no such split.
        """
        check_split("pddl", split, self.splits())
        return drawn_tasks(self.world, split) if self._found is None else self._found

    def task(self, id: str) -> Task:  # noqa: A002 the surface's own word
        """The task of that id, such as "blocks-dev-0".

        Raises:
            KeyError: there is none.
        """
        if self._found is None:
            return drawn_task(id, (self.world,) if self.world else WORLDS)
        return super().task(id)

    def open(self, task: Task) -> PDDLWorld:
        """The world of a task.

        Raises:
            DomainError: its data is no problem of PDDL that is read here.
        """
        text = text_of(task)
        return PDDLWorld(read_grounded(text), text, self.actions, self._length(task))

    def _length(self, task: Task) -> int | None:
        """The length of a shortest plan, where it is known or pyperplan is asked."""
        length = task.data.get("length")
        if length is None and self.planner == PLANNERS[1]:
            return len(shortest_by_pyperplan(world_of(task), str(task.data["problem"])))
        return length

    def values(self, task: Task) -> tuple[Value, ...]:
        """The problem as text."""
        return (Value("problem", freeze(text_of(task))),)

    @property
    def functions(self) -> tuple[Callable[..., Any], ...]:
        """One that tries a plan out."""
        return (simulate,)

    def refused(self, transition: Transition) -> bool:
        """Whether an action could not be done."""
        return transition.observation.startswith(REFUSED)

    def gold(self, task: Task) -> Sequence[str] | None:
        """A shortest plan, where it is found."""
        return _shortest_plan(text_of(task))

    def play(self, task: Task, world: Environment | None) -> Answer | None:
        """Do a plan by rule; in a world that there is none for, act at random."""
        assert world is not None
        plan = plan_by_rule(read_grounded(world.reset()))
        if plan is None:
            act_at_random(task, world, LOOK)
        for action in plan or ():
            world.step(action)
        return None

    def kind(self, task: Task) -> str:
        """The world's name."""
        return str(task.data.get("world", ""))

    @property
    def demos(self) -> Path:
        """Demonstrations in both worlds."""
        return Path(__file__).parent / "demos"

    def score(self, task: Task, last: Transition | None, answer: Answer | None) -> Score:
        """The length of a shortest plan as a share of the plan's own; solved is what is valid."""
        if last is None or not last.terminated:
            return Score(value=0.0, solved=False)
        return Score(value=last.reward, solved=True)


@lru_cache(maxsize=256)
def _shortest_plan(text: str) -> tuple[str, ...] | None:
    plan = shortest(read_grounded(text))
    return tuple(plain(action.name) for action in plan) if plan else None
