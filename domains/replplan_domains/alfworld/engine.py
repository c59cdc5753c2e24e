"""The engine: a game in one of its states, and the one after a command.

What is possible now is the one truth. A command is looked up among all that are possible;
whatever is not there answers `Nothing happens.` and changes nothing.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

from replplan_domains.alfworld.commands import COMMANDS, Args, Command
from replplan_domains.alfworld.game import Game
from replplan_domains.alfworld.goals import won
from replplan_domains.alfworld.scene import MIDDLE, Scene, listing

NOTHING_HAPPENS = "Nothing happens."
WELCOME = "-= Welcome to TextWorld, ALFRED! =-"


class Deed(NamedTuple):
    """A command that is possible, and what it is done to."""

    command: Command
    args: Args


class Play(Scene):
    """A game at one moment: an immutable value, to be kept, copied and gone on from."""

    @classmethod
    def start(cls, game: Game) -> Play:
        """The game at its beginning."""
        return cls(game, game.start)

    @property
    def opening(self) -> str:
        """The first text of the game."""
        view = self.around() if self.here else MIDDLE.format(listing(self.game.receptacles))
        return f"{WELCOME}\n\n{view}\n\nYour task is to: {self.game.task}."

    @property
    def won(self) -> bool:
        """Whether the task is done."""
        return won(self.game, self.state)

    @property
    def admissible(self) -> list[str]:
        """All commands that would not be refused, sorted."""
        return sorted(self.deeds)

    @cached_property
    def deeds(self) -> dict[str, Deed]:
        """All commands that are possible, by their text."""
        return {
            command.form.format(*args): Deed(command, args)
            for command in COMMANDS
            for args in command.options(self)
        }

    def perform(self, command: str) -> tuple[Play, str]:
        """The play after a command, and the answer. Blanks around a command do not count."""
        deed = self.deeds.get(command.strip())
        if deed is None:
            return self, NOTHING_HAPPENS
        state, answer = deed.command.effect(self, *deed.args)
        return (self if state is self.state else Play(self.game, state)), answer

    def __reduce__(self) -> tuple[Any, ...]:
        return Play, (self.game, self.state)
