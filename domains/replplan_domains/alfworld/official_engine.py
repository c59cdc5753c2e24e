"""The official engine of ALFWorld, TextWorld's, behind the same environment.

It translates each game for a second and takes fifty milliseconds or more a step; its `caches` make
that a tenth. It keeps much in globals, so that it does one thing at a time in a process.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from threading import Lock
from typing import Any, NoReturn

from replplan.errors import DomainError
from replplan_domains.alfworld.caches import install
from replplan_domains.alfworld.environment import CountedGame, Moment
from replplan_domains.alfworld.official_file import official_file
from replplan_domains.alfworld.records import GameRecord
from replplan_domains.alfworld.upstream import check_installed

_LOCK = Lock()
_IDLE: list[Any] = []
"""Engines that no game holds: each new one loads its own copy of a library of 34 MB, for good."""


class OfficialEnvironment(CountedGame):
    """One game being played by the official engine. It cannot be copied; close it."""

    def __init__(
        self,
        game: Path | GameRecord,
        *,
        actions: int = 50,
        strict: bool = False,
        caches: bool = True,
    ) -> None:
        """Load a game.

        Args:
            game: an official file; or a record, which says as much.
            actions: as in `CountedGame`.
            strict: as in `CountedGame`.
            caches: whether the engine keeps what it has computed, from now on in this process.

        Raises:
            ConfigError: the extra `alfworld` is not installed.
            DomainError: the engine cannot read the game.
        """
        check_installed()
        super().__init__(actions=actions, strict=strict)
        with _LOCK:
            if caches:
                install()
            self._engine = _IDLE.pop() if _IDLE else _new_engine()
            try:
                _load(self._engine, game)
            except Exception as e:
                _IDLE.append(self._engine)
                raise DomainError(f"the official engine cannot read this game: {e}") from e

    def begin(self) -> str:
        """The first text."""
        with _LOCK:
            return str(self._engine.reset().feedback)

    def perform(self, command: str | None) -> Moment:
        """Do a command."""
        with _LOCK:
            state, _, _ = self._engine.step(command or "")
            return Moment(
                str(state.feedback), bool(state["won"]), list(state["admissible_commands"])
            )

    def close(self) -> None:
        """Leave the engine to the next game."""
        if self._engine is not None:
            _IDLE.append(self._engine)
            self._engine = None

    def __reduce__(self) -> NoReturn:
        raise DomainError("a game in the official engine cannot be copied; our own engine's can")


def _new_engine() -> Any:
    import textworld

    if sys.version_info >= (3, 13):
        _mend_names()
    from alfworld.agents.environment.alfred_tw_env import AlfredDemangler
    from textworld.envs.pddl import PddlEnv

    return AlfredDemangler(PddlEnv(textworld.EnvInfos(won=True, admissible_commands=True)))


def _mend_names() -> None:
    """Give the expressions in a grammar their names.

    The engine writes them into `locals()` before `eval`, which Python 3.13 and later do not see.
    """
    from textworld.envs.pddl import textgen

    def derive(self: Any, context: Any = None) -> list[Any]:
        names = (context or self.context)["variables"]
        return [textgen.TerminalSymbol(eval(self.expression, {}, names))]  # noqa: S307 upstream's

    textgen.EvalSymbol.derive = derive


def _load(engine: Any, game: Path | GameRecord) -> None:
    from alfworld.info import BUILTIN_DATA_PATH

    if isinstance(game, Path):
        engine.load(json.loads(game.read_text(encoding="utf-8")))
    else:
        engine.load(official_file(game, Path(BUILTIN_DATA_PATH)))
