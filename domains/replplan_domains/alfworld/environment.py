"""ALFWorld as an environment: a game, the count of its actions, and its end."""

from __future__ import annotations

from abc import abstractmethod
from typing import NamedTuple

from replplan.domain import Environment, Transition
from replplan_domains.alfworld.engine import NOTHING_HAPPENS, Play
from replplan_domains.alfworld.game import Game


class Moment(NamedTuple):
    """What an engine says after a command.

    Attributes:
        text: its answer.
        won: whether the task is done.
        admissible: all commands that would not be refused now, sorted.
    """

    text: str
    won: bool
    admissible: list[str]


class CountedGame(Environment):
    """A game of either engine, cut off after some actions.

    After the end it repeats its last transition and counts nothing.
    """

    def __init__(self, *, actions: int = 50, strict: bool = False) -> None:
        """Set the rules.

        Args:
            actions: after so many actions, refused ones too, a game that is not won is cut off.
            strict: whether `put X in/on Y` is refused, as the official engine does.
        """
        self._actions, self._strict = actions, strict
        self._done = 0
        self._end: Transition | None = None

    @abstractmethod
    def begin(self) -> str:
        """Put the engine at the game's beginning; the first text."""

    @abstractmethod
    def perform(self, command: str | None) -> Moment:
        """Have the engine do a command; None is one that no engine knows."""

    def reset(self) -> str:
        """Begin anew; the first text names all receptacles and the task."""
        self._done, self._end = 0, None
        return self.begin()

    def step(self, action: str) -> Transition:
        """Do one command. Its transition's info has `won` and the `admissible` commands after it.

        Anything that is no command, or not possible now, is answered `Nothing happens.`.
        """
        if self._end is not None:
            return self._end
        self._done += 1
        moment = self.perform(self._command(action))
        transition = Transition(
            observation=moment.text,
            reward=1.0 if moment.won else 0.0,
            terminated=moment.won,
            truncated=not moment.won and self._done >= self._actions,
            info={"won": moment.won, "admissible": moment.admissible},
        )
        if transition.terminated or transition.truncated:
            self._end = transition
        return transition

    def _command(self, action: str) -> str | None:
        if not isinstance(action, str):
            return None
        return action if self._strict else modern(action)


class ALFWorldEnvironment(CountedGame):
    """One game being played by our own engine.

    It holds immutable values alone: `copy.copy` and `pickle` make a second environment that goes
    on from here by itself.
    """

    def __init__(self, game: Game, *, actions: int = 50, strict: bool = False) -> None:
        """Begin a game; `actions` and `strict` as in `CountedGame`."""
        super().__init__(actions=actions, strict=strict)
        self._begin = self._play = Play.start(game)

    def begin(self) -> str:
        """The first text."""
        self._play = self._begin
        return self._play.opening

    def perform(self, command: str | None) -> Moment:
        """Do a command in a play that is a value: the one before stays as it was."""
        answer = NOTHING_HAPPENS
        if command is not None:
            self._play, answer = self._play.perform(command)
        return Moment(answer, self._play.won, self._play.admissible)


def modern(command: str) -> str:
    """A command of older games, `put X in/on Y`, in today's words; any other as it is."""
    match command.split():
        case ["put", thing, number, "in/on" | "in" | "on", receptacle, other]:
            return f"move {thing} {number} to {receptacle} {other}"
    return command
