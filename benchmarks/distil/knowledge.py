"""Where things usually are: counted in training games, as one who has seen many rooms knows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from replplan_domains.alfworld.engine import Play
from replplan_domains.alfworld.game import Game

CLOSED = frozenset({"cabinet", "drawer", "fridge", "microwave", "safe"})
"""Receptacles that have to be opened: a look into one costs two actions."""

_COST = 1.8
_RARE = 0.004
_MOST = 8


class Knowledge:
    """For each type of thing, the types of receptacle to look in, the best first.

    The best is where a look most often finds the thing for what the look costs. Counted over all
    receptacles of rooms that hold the thing.
    """

    def __init__(self, games: Iterable[Game]) -> None:
        seen, looked = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for game in games:
            holds = _contents(game)
            for thing in set().union(*holds.values()) if holds else ():
                for receptacle, things in holds.items():
                    kind = game.type[receptacle]
                    looked[thing, kind] += 1
                    seen[thing, kind] += thing in things
        self._worth = {
            pair: seen[pair] / looked[pair] / (_COST if pair[1] in CLOSED else 1)
            for pair in looked
            if seen[pair] / looked[pair] > _RARE
        }

    def likely(self, thing: str) -> list[str]:
        """The types of receptacle where such a thing usually is, the best first."""
        worth = {where: w for (kind, where), w in self._worth.items() if kind == thing}
        return sorted(worth, key=lambda where: (-worth[where], where))[:_MOST]

    @property
    def things(self) -> list[str]:
        """Everything that was seen somewhere."""
        return sorted({thing for thing, _ in self._worth})


def _contents(game: Game) -> dict[str, set[str]]:
    """The types of thing in each receptacle at the start."""
    play = Play.start(game)
    return {r: {game.type[o] for o in play.contents(r)} for r in game.receptacles}
