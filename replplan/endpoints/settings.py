"""How a model behind an endpoint is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from replplan.model import Request
from replplan.record import Json


@dataclass(frozen=True)
class Settings:
    """How a model is asked.

    Attributes:
        context: tokens that a prompt and its reply may have together; None: not known.
        temperature: None leaves it to the endpoint.
        warmer: the temperature of requests that are to vary; None: as of the others.
        max_tokens: length of replies to requests that set none; None: no limit of ours.
        retries: how often a request is sent again after a lost connection, an overload or a
            rate limit, with growing pauses or those that the endpoint asks for.
        patience: seconds without a byte of a reply after which it is given up.
        extra: further fields for the body of each request, such as `{"top_k": 1}`.
    """

    context: int | None = None
    temperature: float | None = None
    warmer: float | None = None
    max_tokens: int | None = None
    retries: int = 3
    patience: float = 600.0
    extra: Mapping[str, Json] = field(default_factory=dict)

    def temperature_of(self, request: Request) -> float | None:
        """The temperature of a request; None leaves it to the endpoint."""
        return self.temperature if self.warmer is None or not request.vary else self.warmer
