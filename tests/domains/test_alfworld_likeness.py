"""Drawn games against official ones: what an agent would notice is in both about as often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache

import pytest
from kitchen import begun

from replplan_domains.alfworld import ALFWorld
from replplan_domains.alfworld.game import Game

DOMAIN = ALFWorld()
OFFICIAL_KINDS = {"pick": 790, "look": 308, "clean": 650, "heat": 459, "cool": 533, "two": 813}
"""How many of the 3,553 official training games are of each kind."""

ROOM_BY_MARK = {"fridge": "kitchen", "toilet": "bathroom", "bed": "bedroom"}
SHARES = {
    "kitchen": {"receptacles": 33, "closed": 0.53, "stuck": 0.11, "shared": 0.20, "seen": 44},
    "bathroom": {"receptacles": 15, "closed": 0.29, "stuck": 0.02, "shared": 0.13, "seen": 16},
    "bedroom": {"receptacles": 15, "closed": 0.35, "stuck": 0.09, "shared": 0.19, "seen": 23},
    "living room": {"receptacles": 15, "closed": 0.33, "stuck": 0.02, "shared": 0.10, "seen": 21},
}
"""What 542 official games have a room: receptacles, the shares of them that have a door, that are
cabinets, drawers and safes without one, that share a place; things to be seen."""

NEAR = {"receptacles": 2, "closed": 0.08, "stuck": 0.06, "shared": 0.06, "seen": 3}


@cache
def games(split: str) -> list[Game]:
    return [begun(task).game for task in DOMAIN.tasks(split)[:480]]


def room(game: Game) -> str:
    types = {game.type[r] for r in game.receptacles}
    return next((name for mark, name in ROOM_BY_MARK.items() if mark in types), "living room")


def shares(group: list[Game]) -> dict[str, float]:
    """The figures of `SHARES` for games of one sort of room."""
    receptacles = [(g, r) for g in group for r in g.receptacles]
    doors = [g.has("openable", r) for g, r in receptacles]
    stuck = [
        g.type[r] in ("cabinet", "drawer", "safe") and not door
        for (g, r), door in zip(receptacles, doors, strict=True)
    ]
    return {
        "receptacles": len(receptacles) / len(group),
        "closed": sum(doors) / len(receptacles),
        "stuck": sum(stuck) / len(receptacles),
        "shared": mean(len(g.here[g.place[r]]) > 1 for g, r in receptacles),
        "seen": mean(len({o for inside in g.start.inside for o in inside}) for g in group),
    }


def mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers)


def by_room(found: list[Game]) -> dict[str, dict[str, float]]:
    rooms = [room(g) for g in found]
    return {
        name: shares([g for g, r in zip(found, rooms, strict=True) if r == name]) for name in SHARES
    }


def differences(found: dict[str, dict[str, float]]) -> list[str]:
    return [
        f"{name}: {what} is {found[name][what]:.2f}, not about {value}"
        for name, figures in SHARES.items()
        for what, value in figures.items()
        if abs(found[name][what] - value) > NEAR[what]
    ]


def test_rooms_are_as_large_as_closed_and_as_full() -> None:
    assert differences(by_room(games("train"))) == []


def test_the_official_games_are_what_they_are_measured_by(data_folder) -> None:
    folder = data_folder / "alfworld"
    if not folder.is_dir():
        pytest.skip(f"no official games: there is no folder {folder}")
    domain = ALFWorld(data=folder)
    tasks = [*domain.tasks("train"), *domain.tasks("valid_seen")]
    assert differences(by_room([begun(t).game for t in tasks])) == []


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_places_are_shared_in_every_split(split: str) -> None:
    """In three of four official games, most of all in kitchens."""
    shared = mean(any(len(rs) > 1 for rs in g.here.values()) for g in games(split))
    assert 0.65 < shared < 0.9


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_kinds_and_wordings_are_as_frequent(split: str) -> None:
    tasks = DOMAIN.tasks(split)
    kinds = Counter(tasks[i].id.split("-")[-1] for i in range(0, len(tasks), len(tasks) // 120))
    for kind, count in OFFICIAL_KINDS.items():
        assert abs(kinds[kind] / kinds.total() - count / 3553) < 0.06
    wordings = Counter(
        (g.kind.short, g.task.split()[:2][g.kind.short == "pick"]) for g in games(split)
    )
    assert len(wordings) == 12
    for kind in OFFICIAL_KINDS:
        first, second = (n for (k, _), n in wordings.items() if k == kind)
        assert first + second < 5 * min(first, second)


def test_things_lie_where_official_ones_do() -> None:
    """Not in what the task needs, and for a plain task not where they have to go."""
    seen_there = Counter[str]()
    for game in games("train"):
        where = {
            game.type[r]
            for r, inside in zip(game.receptacles, game.start.inside, strict=True)
            if any(game.type[o] == game.thing for o in inside)
        }
        if game.kind.treatment:
            assert not where & game.kind.treatment.tools
            seen_there[game.kind.short] += game.target in where
        else:
            assert game.target not in where
    assert set(seen_there) == {"clean", "heat", "cool"}


def test_what_is_stuck_shows_what_is_in_it() -> None:
    """A drawer without a door answers `Nothing happens.` to `open`."""
    play, stuck = next(
        (begun(task), r)
        for task in DOMAIN.tasks("dev")
        for game in [begun(task).game]
        for r in game.receptacles
        if game.type[r] == "drawer" and not game.has("openable", r)
    )
    play, there = play.perform(f"go to {stuck}")
    assert there.startswith(f"You arrive at {stuck}. On the {stuck}, you see ")
    assert play.perform(f"open {stuck}") == (play, "Nothing happens.")
