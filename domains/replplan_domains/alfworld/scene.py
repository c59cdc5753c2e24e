"""What is where in a game, and how it is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from replplan_domains.alfworld.game import Game, State

MIDDLE = "You are in the middle of a room. Looking quickly around you, you see {}."


@dataclass(frozen=True)
class Scene:
    """A game in one of its states."""

    game: Game
    state: State

    @property
    def here(self) -> tuple[str, ...]:
        """The receptacles at the agent's location."""
        return self.game.here.get(self.state.at, ())

    @property
    def reachable(self) -> Iterator[str]:
        """The receptacles here that a hand can reach into."""
        opened, openable = self.state.opened, self.game.properties["openable"]
        return (r for r in self.here if r not in openable or r in opened)

    def contents(self, receptacle: str) -> tuple[str, ...]:
        """What is in or on a receptacle."""
        return self.state.inside[self.game.slot[receptacle]]

    def contents_with(self, receptacle: str, things: Iterable[str]) -> tuple[tuple[str, ...], ...]:
        """The contents of all receptacles, with those of one of them changed."""
        slot, inside = self.game.slot[receptacle], self.state.inside
        return (*inside[:slot], self.game.ordered(things), *inside[slot + 1 :])

    def view(self, receptacle: str) -> str:
        """What is seen of a receptacle."""
        if not self.game.has("openable", receptacle):
            return f"On the {receptacle}, you see {listing(self.contents(receptacle))}."
        if receptacle in self.state.opened:
            return f"The {receptacle} is open. In it, you see {listing(self.contents(receptacle))}."
        return f"The {receptacle} is closed."

    def around(self) -> str:
        """What is seen of this place: what left a receptacle here and is here still."""
        if not self.here:
            return MIDDLE.format("nothing")
        near = self.game.ordered(o for o, at in self.state.near if at == self.state.at)
        moved = [o for o in near for r in self.here if (o, r) in self.state.taken]
        facing = listing(self.here, article="")
        return f"You are facing the {facing}. Next to it, you see {listing(moved)}."

    def looks(self, thing: str) -> str:
        """How a thing in the hand looks. A vessel is always normal, whatever was done to it."""
        if self.game.has("isReceptacleObject", thing):
            inside = listing(self.game.vessels.get(thing, ()))
            return f"This is a normal {thing}. In it, you see {inside}."
        words = self._condition(thing)
        if thing in self.state.sliced:
            return f"This is a {' and '.join(words)}{' ' if words else ''}sliced {thing}."
        if words:
            return f"This is a {'cold' if words == ['cool'] else ' and '.join(words)} {thing}."
        if self.game.has("toggleable", thing) and thing in self.state.used:
            return f"This {thing} is on."
        return f"There's nothing special about {thing}."

    def _condition(self, thing: str) -> list[str]:
        state = self.state
        states = (("hot", state.hot), ("cool", state.cool), ("clean", state.clean))
        return [word for word, things in states if thing in things]


def listing(names: Iterable[str], article: str = "a ") -> str:
    """Names as the player reads them: `a mug 2, a mug 1, and a pen 1`."""
    words = [f"{article}{name}" for name in names]
    if len(words) < 2:
        return words[0] if words else "nothing"
    return f"{', '.join(words[:-1])}, and {words[-1]}"
