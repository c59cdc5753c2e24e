"""TextWorld as a domain."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from replplan.baseline import act_at_random
from replplan.domain import Domain, Environment, Task, Transition
from replplan.extras import Need
from replplan_domains.keywords import listed
from replplan_domains.seeded import SEEDS, in_turns, read_id
from replplan_domains.textworld.environment import REFUSED, TextWorldEnvironment
from replplan_domains.textworld.games import KINDS, NEED, game_file, read_name, walkthrough

DOMAIN, USUAL = "textworld", "coin-5,treasure-5,cooking-3"
_LEAST, _TIMES = 50, 4
"""A game is cut off after so many actions, or so many times those that win it, if that is more."""

DESCRIPTION = """\
You play a text game: rooms, things, one action at a time. act("...") does one of:
look, inventory, examine X, go north (south, east, west)
take X, take X from Y, drop X, put X on Y, insert X into Y
open X, close X, unlock X with Y, lock X with Y, eat X
in a kitchen also: cook X with Y (stove fries, oven roasts, BBQ grills), chop, slice or dice X \
with Y (take the knife first), prepare meal
- The first text says what is wanted. A room's text names its exits; a closed door has to be opened.
- Cook and cut each thing once, exactly as the cookbook says: what is burnt or wrong loses the game.
- What is refused changes nothing, but counts. The game ends when the task is done."""


class TextWorld(Domain):
    """Generated games by kind and level: `train`, `dev` and `test` share no seed.

    A game is drawn and compiled when it is first opened, which takes seconds, and kept in the
    platform's cache folder.
    """

    name: ClassVar[str] = DOMAIN
    summary: ClassVar[str] = "generated text games with levels (TextWorld): coin, treasure, cooking"
    needs: ClassVar[tuple[Need, ...]] = (NEED,)
    hides: ClassVar[tuple[str, ...]] = ("textworld",)
    baseline: ClassVar[str] = "random: whatever is not refused"
    observation_size: int | None = 8000

    def __init__(self, game: str = USUAL) -> None:
        """Choose games.

        Args:
            game: a kind and its level, `coin-1` to `coin-300`, `treasure-1` to `treasure-30`,
                `cooking-1` to `cooking-5`; several, separated by commas, take turns.

        Raises:
            ConfigError: there is no such kind or level.
        """
        self.games = listed(game)
        for name in self.games:
            read_name(name)
        self.games = self.games or tuple(USUAL.split(","))

    @property
    def description(self) -> str:
        """The actions, and when a game ends."""
        return DESCRIPTION

    def splits(self) -> tuple[str, ...]:
        """By seed; cooking has other ingredients in each, too."""
        return tuple(SEEDS)

    def tasks(self, split: str) -> Sequence[Task]:
        """The games of a split.

        Raises:
            ConfigError: there is no such split, or the extra is not installed.
        """
        NEED.require()
        return in_turns("TextWorld", split, self.games, _task)

    def task(self, id: str) -> Task:  # noqa: A002 the surface's own word
        """The game of that id, such as "coin-5-dev-7", of whatever kind and level.

        Raises:
            KeyError: there is none.
            ConfigError: there is no such level, or the extra is not installed.
        """
        NEED.require()
        name, split, number = read_id(id)
        if name.rpartition("-")[0] not in KINDS:
            raise KeyError(id)
        read_name(name)
        return _task(name, split, number)

    def open(self, task: Task) -> TextWorldEnvironment:
        """The game of a task.

        Raises:
            ConfigError: the extra is not installed.
            DomainError: the game cannot be made or read.
        """
        file = _file(task)
        return TextWorldEnvironment(file, max(_LEAST, _TIMES * len(walkthrough(file))))

    def kind(self, task: Task) -> str:
        """Its kind and level."""
        return str(task.data["game"])

    def refused(self, transition: Transition) -> bool:
        """Whether the game did not do it."""
        return REFUSED.match(transition.observation) is not None

    def gold(self, task: Task) -> Sequence[str] | None:
        """The walkthrough of the game's makers."""
        return walkthrough(_file(task))

    def play(self, task: Task, world: Environment | None) -> None:
        """Do at random what is not refused."""
        assert world is not None
        act_at_random(task, world, "look")

    @property
    def demos(self) -> Path:
        """Demonstrations: a search, and a meal."""
        return Path(__file__).parent / "demos"


def _task(name: str, split: str, number: int) -> Task:
    return Task(
        id=f"{name}-{split}-{number}",
        domain=DOMAIN,
        split=split,
        goal=KINDS[read_name(name)[0]].goal,
        data={"game": name, "split": split, "number": number},
    )


def _file(task: Task) -> Path:
    data = task.data
    return game_file(str(data["game"]), str(data["split"]), int(data["number"]))
