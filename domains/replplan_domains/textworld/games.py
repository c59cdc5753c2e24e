"""The games, their levels, and the files that they are compiled to, each once."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
import time
import warnings
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Any, NamedTuple

from replplan.errors import ConfigError, DomainError
from replplan.extras import package

NEED = package("textworld", "alfworld")
_NAME = re.compile(r"([a-z]+)-(\d+)")
_SPLITS = {"train": "train", "dev": "valid", "test": "test"}
"""TextWorld's own words: which ingredients a cooking game may have."""

COOKING: dict[int, dict[str, Any]] = {
    1: {"recipe": 1, "take": 1},
    2: {"recipe": 1, "take": 1, "cut": True},
    3: {"recipe": 1, "take": 1, "cut": True, "cook": True, "open": True},
    4: {"recipe": 1, "take": 1, "go": 9, "open": True},
    5: {"recipe": 3, "take": 3, "go": 6, "cut": True, "cook": True, "open": True, "drop": True},
}
"""What the levels of cooking ask for: ingredients in the recipe and to be found, rooms, what has to
be cut, cooked, opened, and whether hands are small."""

_COOKING = {"go": 1, "cut": False, "cook": False, "open": False, "drop": False}


_MOST_ROOMS = 100

_MAKING = ".being-made-"
_FORSAKEN = 3600.0
"""Seconds after which what is being made is nobody's any more."""


class Kind(NamedTuple):
    """A kind of game: what is to be done, and its highest level."""

    goal: str
    levels: int


KINDS = {
    "coin": Kind("find the coin and take it", 300),
    "treasure": Kind("find the thing that is asked for, and take it", 30),
    "cooking": Kind("cook what the cookbook says, and eat it", len(COOKING)),
}


def read_name(name: str) -> tuple[str, int]:
    """The kind and level of a game such as "coin-5".

    Raises:
        ConfigError: there is no such kind or level.
    """
    match = _NAME.fullmatch(name)
    if match is None or match[1] not in KINDS:
        kinds = ", ".join(f"{k}-1 to {k}-{v.levels}" for k, v in KINDS.items())
        raise ConfigError(f"TextWorld has no game {name!r}; there are {kinds}")
    kind, level = match[1], int(match[2])
    if not 1 <= level <= KINDS[kind].levels:
        raise ConfigError(f"TextWorld's {kind} has levels 1 to {KINDS[kind].levels}, not {level}")
    if kind == "coin" and _rooms(level) > _MOST_ROOMS:
        raise ConfigError(
            f"TextWorld makes no game of more than {_MOST_ROOMS} rooms; {name} has {_rooms(level)}"
        )
    return kind, level


def _rooms(level: int) -> int:
    """The rooms of a game of coins: as many as its quest is long, or twice or thrice that."""
    return ((level - 1) // 100 + 1) * ((level - 1) % 100 + 1)


def game_file(name: str, split: str, number: int) -> Path:
    """A compiled game; it is made where it is not there yet, which takes seconds.

    Raises:
        ConfigError: there is no such game, or the extra is not installed.
        DomainError: it cannot be made, or not be kept.
    """
    read_name(name)
    NEED.require()
    import textworld
    from platformdirs import user_cache_path

    folder = user_cache_path("replplan") / "textworld" / str(textworld.__version__)
    place = folder / f"{name}-{split}-{number}"
    if not place.is_dir():
        made = _place_to_make(folder)
        try:
            _make(name, split, number, made / "game.z8")
            with suppress(OSError):  # another process was quicker
                made.rename(place)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return place / "game.z8"


def _place_to_make(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        return Path(tempfile.mkdtemp(dir=folder, prefix=_MAKING))
    except OSError as e:
        raise DomainError(
            f"TextWorld's games cannot be kept in {folder}: {e.strerror}; set XDG_CACHE_HOME to a "
            "folder that can be written"
        ) from e


def _sweep(folder: Path) -> None:
    """Remove what makers left that were killed."""
    for left in folder.glob(f"{_MAKING}*"):
        with suppress(FileNotFoundError):  # its maker is done with it
            if time.time() - left.stat().st_mtime > _FORSAKEN:
                shutil.rmtree(left, ignore_errors=True)


def walkthrough(file: Path) -> list[str]:
    """The actions that win a game, as its makers give them."""
    known = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    return [str(action) for action in known["metadata"]["walkthrough"]]


def _make(name: str, split: str, number: int, file: Path) -> None:
    import textworld
    from textworld.generator import compile_game

    kind, level = read_name(name)
    options = textworld.GameOptions()
    options.seeds, options.path, options.file_ext = number, str(file), ".z8"
    options.grammar.only_last_action = True  # what is wanted, not the way there
    with redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the interpreter does not know this game
        try:
            game = _draw(kind, level, split, number, options)
            game.metadata["walkthrough"] = list(game.walkthrough)
            compile_game(game, options)
        except Exception as e:
            raise DomainError(f"TextWorld cannot make {name}, number {number}: {e}") from e


def _draw(kind: str, level: int, split: str, number: int, options: Any) -> Any:
    if kind == "cooking":
        from textworld.challenges.tw_cooking import cooking

        settings = _COOKING | COOKING[level]
        settings |= {"recipe_seed": number, "split": _SPLITS[split]}
        return cooking.make(settings, options)
    if kind == "treasure":
        from textworld.challenges.tw_treasure_hunter import treasure_hunter

        return treasure_hunter.make({"level": level}, options)
    from textworld.challenges.tw_coin_collector import coin_collector

    return coin_collector.make({"level": level}, options)
