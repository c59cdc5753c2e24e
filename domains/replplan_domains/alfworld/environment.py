"""ALFWorld as an environment: a play, the count of its actions, and its end."""

from __future__ import annotations

from replplan.domain import Environment, Transition
from replplan_domains.alfworld.engine import NOTHING_HAPPENS, Play
from replplan_domains.alfworld.game import Game


class ALFWorldEnvironment(Environment):
    """One game being played.

    It holds immutable values alone: `copy.copy` and `pickle` make a second environment that goes
    on from here by itself. After the end it repeats its last transition and counts nothing.
    """

    def __init__(self, game: Game, *, actions: int = 50, strict: bool = False) -> None:
        """Begin a game.

        Args:
            game: what is played.
            actions: after so many actions, refused ones too, a game that is not won is cut off.
            strict: whether `put X in/on Y` is refused, as the official engine does.
        """
        self._actions, self._strict = actions, strict
        self._begin = Play.start(game)
        self._play, self._done = self._begin, 0
        self._end: Transition | None = None

    def reset(self) -> str:
        """Begin anew; the first text names all receptacles and the task."""
        self._play, self._done, self._end = self._begin, 0, None
        return self._play.opening

    def step(self, action: str) -> Transition:
        """Do one command. Its transition's info has `won` and the `admissible` commands after it.

        Anything that is no command, or not possible now, is answered `Nothing happens.`.
        """
        if self._end is not None:
            return self._end
        self._done += 1
        answer = self._perform(action)
        won = self._play.won
        transition = Transition(
            observation=answer,
            reward=1.0 if won else 0.0,
            terminated=won,
            truncated=not won and self._done >= self._actions,
            info={"won": won, "admissible": self._play.admissible},
        )
        if transition.terminated or transition.truncated:
            self._end = transition
        return transition

    def _perform(self, action: str) -> str:
        if not isinstance(action, str):
            return NOTHING_HAPPENS
        self._play, answer = self._play.perform(action if self._strict else modern(action))
        return answer


def modern(command: str) -> str:
    """A command of older games, `put X in/on Y`, in today's words; any other as it is."""
    match command.split():
        case ["put", thing, number, "in/on" | "in" | "on", receptacle, other]:
            return f"move {thing} {number} to {receptacle} {other}"
    return command
