"""ScienceWorld as a domain."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from replplan.domain import Domain, Environment, Task, Transition
from replplan.errors import ConfigError
from replplan.extras import Need
from replplan_domains.keywords import listed
from replplan_domains.scienceworld.environment import NO_ACTION, ScienceWorldEnvironment
from replplan_domains.scienceworld.simulator import NEEDS, check_installed, gold_actions
from replplan_domains.scienceworld.variations import (
    DOMAIN,
    SIZES,
    SPLITS,
    check_type,
    find_task,
    variation_tasks,
)
from replplan_domains.scienceworld.walker import walk

SIMPLIFICATIONS = (
    "teleportAction",
    "selfWateringFlowerPots",
    "openContainers",
    "openDoors",
    "noElectricalAction",
    "easy",
)
_ELECTRICAL = ("power-component", "conductivity")

DESCRIPTION = """\
You do an experiment of elementary school in a house of ten rooms. act("...") does one of:
look around, look at X, look in X, inventory, task, read X, examine X
open X, close X, open door to ROOM, go to ROOM
pick up X, put down X, move X to Y, pour X in Y, dunk X in Y, mix X (what is in the container X)
activate X, deactivate X, use X on Y (a thermometer, a shovel ...), eat X, flush X
connect X to Y, disconnect X (wires: their ends are anode, cathode, terminal 1, terminal 2)
wait (ten steps), wait1 (one)
focus on X: says that X is what the task is about. It is judged: a wrong focus ends the task.
- A thing in a container is named with it where that helps: "substance in metal pot".
- Where an answer lists numbered choices ("Ambiguous request"), act("0") and so on chooses.
You have {moves} actions; the score grows with each part of the task that is done."""


class ScienceWorld(Domain):
    """The thirty task types with their official variations and splits."""

    name: ClassVar[str] = DOMAIN
    summary: ClassVar[str] = "experiments of elementary school, 30 types (ScienceWorld)"
    needs: ClassVar[tuple[Need, ...]] = NEEDS
    hides: ClassVar[tuple[str, ...]] = ("scienceworld",)
    baseline: ClassVar[str] = "by rule: walks through rooms, focuses on what the task names"
    observation_size: int | None = 8000

    def __init__(self, types: str = "", simplify: str = "", moves: int = 100) -> None:
        """Choose tasks.

        Args:
            types: task types, separated by commas, such as "boil,find-plant"; all by default.
            simplify: what is made easier, the simulator's words separated by commas, or "easy".
            moves: after so many actions a task is cut off; 100 is usual.

        Raises:
            ConfigError: there is no such type or simplification, or `moves` is not positive.
        """
        if moves < 1:
            raise ConfigError(f"moves is {moves}: a task needs at least 1 action.")
        self.types = listed(types) or tuple(SIZES)
        for name in self.types:
            check_type(name)
        self.simplify, self.moves = simplify.replace(" ", ""), moves
        self._check_simplifications()

    def _check_simplifications(self) -> None:
        words = [word for word in self.simplify.split(",") if word]
        for word in words:
            if word not in SIMPLIFICATIONS:
                raise ConfigError(
                    f"ScienceWorld has no simplification {word!r}; there are "
                    f"{', '.join(SIMPLIFICATIONS)}."
                )
        wired = [t for t in self.types if any(part in t for part in _ELECTRICAL)]
        if "noElectricalAction" in words and wired:
            raise ConfigError(f"without electrical actions {wired[0]} cannot be done; name --types")

    @property
    def description(self) -> str:
        """The actions, and how a task is judged."""
        return DESCRIPTION.format(moves=self.moves)

    def splits(self) -> tuple[str, ...]:
        """The official ones."""
        return SPLITS

    def tasks(self, split: str) -> Sequence[Task]:
        """The variations of a split, the types by turns.

        Raises:
            ConfigError: there is no such split, or the extra or Java is not installed.
        """
        check_installed()
        return variation_tasks(split, self.types)

    def task(self, id: str) -> Task:  # noqa: A002 the surface's own word
        """The variation of that id, such as "boil-dev-14", of whatever type.

        Raises:
            KeyError: there is none.
            ConfigError: the extra or Java is not installed.
        """
        check_installed()
        return find_task(id)

    def open(self, task: Task) -> ScienceWorldEnvironment:
        """The world of a task.

        Raises:
            ConfigError: the extra or Java is not installed.
        """
        return ScienceWorldEnvironment(*_what(task), self.simplify, self.moves)

    def kind(self, task: Task) -> str:
        """Its type."""
        return str(task.data["type"])

    def refused(self, transition: Transition) -> bool:
        """Whether the simulator knew no such action."""
        return transition.observation.startswith(NO_ACTION)

    def gold(self, task: Task) -> Sequence[str] | None:
        """The simulator's own plan, where it is short enough."""
        plan = gold_actions(*_what(task), self.simplify)
        return plan if len(plan) <= self.moves else None

    def play(self, task: Task, world: Environment | None) -> None:
        """Walk through the rooms, and focus on the first thing that the task names."""
        assert world is not None
        walk(world)

    @property
    def demos(self) -> Path:
        """Demonstrations: finding a thing and bringing it somewhere, and measuring one."""
        return Path(__file__).parent / "demos"


def _what(task: Task) -> tuple[str, int]:
    return str(task.data["type"]), int(task.data["variation"])
