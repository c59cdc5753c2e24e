"""How much of a model's window a prompt takes: the endpoint's count, an estimate of what is new."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from replplan.errors import LimitExceeded, ModelError
from replplan.model import Completion, Request

CHARACTERS_A_TOKEN = 4.0
"""About, for a prompt whose tokens nobody has counted yet."""

_FOLDED = 0.5
"""Share of the window that a folded transcript may take."""


@dataclass
class _Counted:
    """A session's last prompt: its tokens by the endpoint's own count, and its characters."""

    tokens: int = 0
    characters: int = 0

    @property
    def characters_a_token(self) -> float:
        """Of this prompt; never more than usual, since what is new may be denser."""
        if not self.tokens:
            return CHARACTERS_A_TOKEN
        return min(CHARACTERS_A_TOKEN, self.characters / self.tokens)


@dataclass
class Window:
    """The window of one plan's model.

    Attributes:
        tokens: what a prompt and its reply may have together; None where that is not known.
    """

    tokens: int | None
    _counted: dict[str, _Counted] = field(default_factory=dict)

    def copy(self) -> Window:
        """Another one that goes on from here."""
        return Window(self.tokens, {s: replace(c) for s, c in self._counted.items()})

    def check(self, request: Request, already: int = 0) -> None:
        """Refuse a prompt that does not fit.

        Args:
            request: with the prompt.
            already: how many of its messages were in the session's prompt before.

        Raises:
            LimitExceeded: "context".
        """
        if self.tokens is None:
            return
        needed = self.estimate(request, already)
        if needed >= self.tokens:
            raise LimitExceeded("context", needed, self.tokens, request.session)

    def estimate(self, request: Request, already: int = 0) -> int:
        """Tokens that a prompt takes, about."""
        counted = self._counted.get(request.session, _Counted())
        fresh = sum(message.length for message in request.messages[already:])
        return int((counted.tokens if already else 0) + fresh / counted.characters_a_token)

    def count(self, request: Request, already: int, completion: Completion) -> None:
        """Take up what the endpoint counted."""
        counted = self._counted.setdefault(request.session, _Counted())
        fresh = sum(message.length for message in request.messages[already:])
        counted.characters = (counted.characters if already else 0) + fresh
        counted.tokens = completion.tokens.input

    def room(self, session: str, length: int) -> int:
        """Characters that a session's transcript of this length may have when it is folded.

        It is no more than half of what there is: so it becomes shorter each time.
        """
        counted = self._counted.get(session, _Counted())
        whole = self.tokens * counted.characters_a_token if self.tokens else length
        return int(min(whole, length) * _FOLDED)

    def learn(self, error: Exception) -> None:
        """Take up what an endpoint said of its window when it refused a prompt."""
        if isinstance(error, ModelError) and error.window:
            self.tokens = min(error.window, self.tokens or error.window)
