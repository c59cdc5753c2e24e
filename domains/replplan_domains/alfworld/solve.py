"""Finding a plan that wins, with full knowledge of the room."""

from __future__ import annotations

from replplan_domains.alfworld.engine import Play
from replplan_domains.alfworld.game import Game


def solve(game: Game) -> tuple[str, ...]:
    """Commands that win the game; none where the plain way to do the task does not."""
    planner = _Planner(game)
    if game.kind.needs_light:
        planner.look()
    else:
        planner.place()
    return tuple(planner.plan) if planner.play.won else ()


class _Planner:
    def __init__(self, game: Game) -> None:
        self.game = game
        self.play = Play.start(game)
        self.plan: list[str] = []
        self.where = {o: r for r in reversed(game.receptacles) for o in self.play.contents(r)}

    def look(self) -> None:
        lamps = [o for o in self.where if self.game.type.get(o) == self.game.target]
        for thing in self._wanted()[:1]:
            self._fetch(thing)
            for lamp in lamps[:1]:
                self._visit(self.where[lamp])
                self._do(f"use {lamp}")

    def place(self) -> None:
        targets = [r for r in self.game.receptacles if self.game.type[r] == self.game.target]
        for thing in self._wanted()[: self.game.kind.needed]:
            self._fetch(thing)
            self._treat(thing)
            for target in targets[:1]:
                self._visit(target)
                self._do(f"move {thing} to {target}")

    def _wanted(self) -> list[str]:
        game = self.game
        right = (o for o in self.where if game.type.get(o) == game.thing)
        return sorted(o for o in right if game.has("pickupable", o))

    def _fetch(self, thing: str) -> None:
        self._visit(self.where[thing])
        self._do(f"take {thing} from {self.where[thing]}")

    def _treat(self, thing: str) -> None:
        treatment = self.game.kind.treatment
        if treatment is None:
            return
        tools = [r for r in self.game.receptacles if self.game.type[r] in treatment.tools]
        for tool in tools[:1]:
            self._do(f"go to {tool}")
            self._do(f"{treatment.verb} {thing} with {tool}")

    def _visit(self, receptacle: str) -> None:
        self._do(f"go to {receptacle}")
        self._do(f"open {receptacle}")

    def _do(self, command: str) -> None:
        """Do it where it is possible: one may stand there already, and it may be open."""
        if command in self.play.deeds:
            self.play, _ = self.play.perform(command)
            self.plan.append(command)
