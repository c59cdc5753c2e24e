"""Walks through games: what a player reads on the way, and what that says."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from replplan_domains.alfworld.engine import NOTHING_HAPPENS, Play
from replplan_domains.alfworld.game import Game

DONE_TO = {"clean": "clean", "heat": "hot", "cool": "cold"}
"""What a thing is after a treatment, in the game's own words."""


@dataclass(frozen=True)
class Sight:
    """One or more texts of a game, and what they say; what they say nothing about is not here.

    Attributes:
        texts: as the player read them.
        holds: the things seen in or on each receptacle.
        closed: whether a receptacle is closed, where that is told.
        held: the thing in the hand; "" where the text says that there is none.
        worked: whether the command was done; None where it was none.
        state: what a thing is said to be ("clean", "hot", "cold", "on"), by its name.
    """

    texts: tuple[str, ...]
    holds: dict[str, tuple[str, ...]] = field(default_factory=dict)
    closed: dict[str, bool] = field(default_factory=dict)
    held: str | None = None
    worked: bool | None = None
    state: dict[str, str] = field(default_factory=dict)

    @property
    def things(self) -> tuple[str, ...]:
        """All things that are seen."""
        return tuple(thing for things in self.holds.values() for thing in things)

    @property
    def place(self) -> str:
        """The one receptacle that is told of; "" where there are several or none."""
        places = {*self.holds, *self.closed}
        return places.pop() if len(places) == 1 else ""


def together(sights: list[Sight]) -> Sight:
    """Several looks at receptacles, as one context; of each receptacle the last one."""
    sights = list({s.place: s for s in sights}.values())
    holds = {place: things for s in sights for place, things in s.holds.items()}
    closed = {place: shut for s in sights for place, shut in s.closed.items()}
    return Sight(tuple(t for s in sights for t in s.texts), holds, closed)


def walk(game: Game, draw: random.Random) -> Iterator[Sight]:
    """What is read on a walk through a game without aim; it has no end."""
    while True:
        play = Play.start(game)
        yield room(game)
        for _ in range(3):
            for command in _errand(play, draw):
                play, sight = look(play, command)
                yield sight
            play, sights = _handled(play, draw)
            yield from sights


def won(game: Game, draw: random.Random) -> Iterator[Sight]:
    """What is read on the way to winning a game, with looks at what is in the hand; once."""
    play = Play.start(game)
    for command in game.walkthrough:
        play, sight = look(play, command)
        yield sight
        if play.state.held:
            yield look(play, draw.choice(["inventory", f"examine {play.state.held}"]))[1]


def room(game: Game) -> Sight:
    """The first look around."""
    text = Play.start(game).opening.split("\n\n")[1]
    return Sight((text,), holds={"room": game.receptacles})


def looks(game: Game, draw: random.Random) -> Iterator[Sight]:
    """Looks at receptacles, closed ones and what is in them; without end."""
    play = Play.start(game)
    while True:
        place = draw.choice(game.receptacles)
        here, sight = look(play, f"go to {place}")
        if f"open {place}" in here.deeds and draw.random() < 0.6:
            sight = look(here, f"open {place}")[1]
        if sight.worked:
            yield sight


def look(play: Play, command: str) -> tuple[Play, Sight]:
    """A command is given; what comes of it, and what the answer says."""
    after, text = play.perform(command)
    if text == NOTHING_HAPPENS:
        return after, Sight((text,), worked=False)
    verb, _, place = command.replace("go to", "go").partition(" ")
    if verb in ("go", "open", "examine") and place in play.game.place:
        return after, _view(after, place, text)
    if verb == "close":
        return after, Sight((text,), closed={place: True}, worked=True)
    hand = (after.state.held or "") if verb in ("take", "move", "inventory") else None
    return after, Sight((text,), held=hand, worked=True, state=_said(text, after.state.held))


def _view(play: Play, place: str, text: str) -> Sight:
    shut = play.game.has("openable", place) and place not in play.state.opened
    holds = {} if shut else {place: play.contents(place)}
    return Sight((text,), holds=holds, closed={place: shut}, worked=True)


def _said(text: str, held: str | None) -> dict[str, str]:
    """What the text says that the thing in the hand is."""
    verb = text.split(" ")[1] if text.startswith("You ") else ""
    if not held:
        return {}
    if verb in DONE_TO:
        return {held: DONE_TO[verb]}
    said = [word for word in DONE_TO.values() if text.startswith(f"This is a {word} ")]
    return {held: said[0]} if said else {held: ""} if text.startswith("There's nothing") else {}


def _errand(play: Play, draw: random.Random) -> list[str]:
    """To a receptacle, maybe opening and closing it, with words in between that are refused."""
    place, other = draw.sample(play.game.receptacles, 2)
    commands = [f"go to {place}"]
    if play.game.has("openable", place):
        commands += draw.choice([[], [f"open {place}"], [f"open {place}", f"close {place}"]])
    refused = draw.choice([f"open {other}", f"take mug 9 from {place}", f"move cup 9 to {other}"])
    return [*commands, *([refused] if draw.random() < 0.3 else ["inventory"])]


def _handled(play: Play, draw: random.Random) -> tuple[Play, list[Sight]]:
    """Something is done to things at hand, where anything can be."""
    sights = []
    for verbs in (("take",), ("clean", "heat", "cool"), ("examine",), ("inventory",), ("move",)):
        deeds = [d for d in play.admissible if d.startswith(verbs)]
        deeds = [d for d in deeds if not d.startswith("examine") or d[8:] == play.state.held]
        if deeds and draw.random() < 0.7:
            play, sight = look(play, draw.choice(deeds))
            sights.append(sight)
    return play, sights
