"""BabyAI as a domain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from replplan.baseline import act_at_random
from replplan.domain import Domain, Environment, Task, Transition
from replplan.extras import Need
from replplan_domains.babyai.environment import BabyAIEnvironment
from replplan_domains.babyai.levels import NEED, bots_plan, check, level_ids, mission
from replplan_domains.babyai.words import NOTHING, parse_view
from replplan_domains.keywords import listed
from replplan_domains.seeded import SEEDS, in_turns, read_id

DOMAIN, ALL = "babyai", "all"
USUAL = "GoToObj,GoToLocal,PickupLoc,OpenDoor,PutNextLocal"

DESCRIPTION = """\
You are in rooms of square cells and carry out a mission. act("...") does one of:
turn left, turn right: by a quarter
go forward: one step, where the cell before you is free or an open door
pick up: what is on the cell before you; you can carry one thing
drop: what you carry, onto the free cell before you
toggle: opens or closes the door before you (a locked one with a key of its colour in your \
hands); opens a box
You see seven cells ahead and three to each side, not through walls. "a red ball, 2 forward, 1 \
left" is two steps ahead and one to your left. To go to a thing, stand before it and face it. To \
put one next to another, drop it on a cell beside it. The mission is over as soon as it is done."""


class BabyAI(Domain):
    """Missions in levels by name, drawn by seeds: `train`, `dev` and `test` share no seed."""

    name: ClassVar[str] = DOMAIN
    summary: ClassVar[str] = "missions in rooms of square cells, told in words (BabyAI)"
    needs: ClassVar[tuple[Need, ...]] = (NEED,)
    hides: ClassVar[tuple[str, ...]] = ("minigrid",)
    baseline: ClassVar[str] = "random: any of the six actions"
    observation_size: int | None = 3000
    copies: bool = True

    def __init__(self, level: str = USUAL, helpers: bool = True) -> None:
        """Choose levels.

        Args:
            level: a level's name, such as `GoToLocal`; several, separated by commas, take turns;
                `all` is every one.
            helpers: whether cells may call `parse_view(observation)`.
        """
        self._asked = listed(level)
        self.helpers = helpers

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels that take turns.

        Raises:
            ConfigError: there is none of such a name, or the extra is not installed.
        """
        if self._asked == (ALL,):
            return tuple(level_ids())
        for name in self._asked:
            check(name)
        return self._asked or tuple(USUAL.split(","))

    @property
    def description(self) -> str:
        """The actions, and what is seen."""
        return DESCRIPTION

    def splits(self) -> tuple[str, ...]:
        """By seed."""
        return tuple(SEEDS)

    def tasks(self, split: str) -> Sequence[Task]:
        """The missions of a split. Each is drawn when it is asked for.

        Raises:
            ConfigError: there is no such split or level, or the extra is not installed.
        """
        return in_turns("BabyAI", split, self.levels, _task)

    def task(self, id: str) -> Task:  # noqa: A002 the surface's own word
        """The mission of that id, such as "GoToLocal-dev-7", of whatever level.

        Raises:
            KeyError: there is none.
        """
        level, split, seed = read_id(id)
        if level not in level_ids():
            raise KeyError(id)
        return _task(level, split, seed)

    def open(self, task: Task) -> BabyAIEnvironment:
        """The level of a task."""
        return BabyAIEnvironment(str(task.data["level"]), int(task.data["seed"]))

    def kind(self, task: Task) -> str:
        """Its level."""
        return str(task.data["level"])

    def refused(self, transition: Transition) -> bool:
        """Whether an action changed nothing."""
        return transition.observation.startswith(NOTHING)

    def gold(self, task: Task) -> Sequence[str] | None:
        """The way of BabyAI's own solver, which explores as it has to."""
        return bots_plan(str(task.data["level"]), int(task.data["seed"]))

    def play(self, task: Task, world: Environment | None) -> None:
        """Do any of the actions, at random."""
        assert world is not None
        act_at_random(task, world, "turn left")

    @property
    def functions(self) -> tuple[Callable[..., Any], ...]:
        """One that reads what is seen, unless helpers are denied."""
        return (parse_view,) if self.helpers else ()

    @property
    def demos(self) -> Path:
        """Demonstrations of looking for a thing, and of going there."""
        return Path(__file__).parent / "demos"


def _task(level: str, split: str, seed: int) -> Task:
    return Task(
        id=f"{level}-{split}-{seed}",
        domain=DOMAIN,
        split=split,
        goal=mission(level, seed),
        data={"level": level, "seed": seed},
    )
