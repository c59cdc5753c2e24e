"""A game of TextWorld as an environment."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

from replplan.domain import Environment, Transition
from replplan.errors import DomainError

NO_VERB = "That's not a verb I recognise."
ONE = "One action at a time."
SIGNS = "I only know letters, digits, and the signs ' - , : ( )."
REFUSED = re.compile(
    r"(\(with [^\n]*\)\n)?("
    r"That's (not|fixed|already|plainly) |One action|I (beg|only|didn't) |What do you want|"
    r"Can only |Which do you mean|It isn't |The [^\n]* is (fixed in place|already here)|"
    r"You (can't|need to|must|haven't|aren't|lack|already|still) |"
    r"You('ll| have) .*(specific|direction))"
)
"""How the game says that it did not do an action."""

_SHORT = "n s e w north south east west i l x z wait get goal"
_ALWAYS = frozenset(_SHORT.split())
"""Short words that every game knows beside its verbs."""

_LONGEST = 200
_UNKNOWN = re.compile(r"[^\w\s',:()-]", re.ASCII)
"""Signs that no name has. Some are commands to the interpreter, and end it."""

_SEVERAL = re.compile(r"[.;]|\bthen\b", re.IGNORECASE)
_PROMPT = re.compile(r"\n>[^\n]*$")
_ASKED = re.compile(r"\s*Would you like to RESTART.*", re.DOTALL)
_GAP = re.compile(r"\s*\n\s*\n\s*")


class TextWorldEnvironment(Environment):
    """One game being played. After its end it repeats its last transition."""

    def __init__(self, file: Path, actions: int) -> None:
        """Load a game.

        Args:
            file: a compiled game, with what is known of it beside it.
            actions: after so many actions it is cut off.

        Raises:
            DomainError: the engine cannot read it.
        """
        import textworld

        asked = textworld.EnvInfos(
            admissible_commands=True,
            won=True,
            lost=True,
            score=True,
            max_score=True,
            objective=True,
            description=True,
            verbs=True,
        )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that the interpreter does not know this game
                self._engine: Any = textworld.start(str(file), asked)
        except Exception as e:
            raise DomainError(f"TextWorld cannot read {file}: {e}") from e
        self._actions, self._done = actions, 0
        self._end: Transition | None = None
        self._state: Any = None
        self._verbs = _ALWAYS

    def reset(self) -> str:
        """Begin anew; the first text tells what is wanted."""
        self._done, self._end = 0, None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._state = self._engine.reset()
        self._verbs = _ALWAYS | frozenset(self._state["verbs"])
        return f"{clean(self._state['objective'])}\n\n{clean(self._state['description'])}"

    def step(self, action: str) -> Transition:
        """Do one action. Its transition's info has the `admissible` actions after it.

        What begins with none of the game's verbs, or has other signs than names have, never reaches
        the engine, which would hang, crash, leave the game or write files.
        """
        if self._end is not None:
            return self._end
        self._done += 1
        said = self._refusal(action)
        if said is None:
            self._state, _, _ = self._engine.step(" ".join(action.split()))
            said = clean(self._state.feedback)
        told = self._transition(said)
        if told.terminated or told.truncated:
            self._end = told
        return told

    def close(self) -> None:
        """End the engine."""
        self._engine.close()

    def _refusal(self, action: str) -> str | None:
        words = action.split()
        if not words or not action.isascii() or not " ".join(words).isprintable():
            return NO_VERB
        if _SEVERAL.search(action):
            return ONE
        if _UNKNOWN.search(action):
            return SIGNS
        known = words[0].lower() in self._verbs and len(action) <= _LONGEST
        return None if known else NO_VERB

    def _transition(self, said: str) -> Transition:
        state = self._state
        won, lost = bool(state["won"]), bool(state["lost"])
        share = (state["score"] or 0) / max(state["max_score"] or 1, 1)
        return Transition(
            observation=said,
            reward=1.0 if won else min(1.0, max(0.0, share)),
            terminated=won or lost,
            truncated=not (won or lost) and self._done >= self._actions,
            info={"won": won, "lost": lost, "admissible": list(state["admissible_commands"])},
        )


def clean(text: str) -> str:
    """A text of the engine without its prompt and its blank lines."""
    text = _PROMPT.sub("", _ASKED.sub("", text).rstrip())
    return _GAP.sub("\n", text).strip()
