"""The embedded model as a `Model`: its server is started when the first request comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from replplan.endpoints.heard import Heard
from replplan.local.served import Served
from replplan.local.server import LocalServer, ServerOptions, full_name, require
from replplan.local.weights import SMOLLM2, Weights
from replplan.model import Completion, OnText, Request

YES_NO = 'root ::= "{\\"answer\\": " ("true" | "false") "}"'
"""What an answer of yes or no may be. A schema allows blanks too, dozens of tokens of them, and
the adapter was not taught to leave them out."""


class LocalModel:
    """The embedded model: no network, no key, no price.

    It is greedy, so the same prompt gives the same; only where turns come to the same again and
    again does it draw its words.

    Where it was taught yes and no apart, such questions have a server of their own, which is
    started by the first. One server can change its adapters with each request, but what it keeps
    of prompts it would lose, or take for what the other adapter made.

    Args:
        weights: whose.
        options: of the server that answers all else.
        yes_no: a LoRA adapter, a GGUF file, that alone answers yes-or-no questions; None for the
            adapters in `options`.

    Raises:
        ConfigError: the runtime or the weights are not here; the message says what to type.
    """

    def __init__(
        self,
        weights: Weights = SMOLLM2,
        options: ServerOptions | None = None,
        yes_no: Path | None = None,
    ) -> None:
        require(weights)
        options = options or ServerOptions()
        self._lora = options.lora + ((yes_no,) if yes_no else ())
        self._weights = weights
        self._plans = self._judges = Served(weights, options)
        if yes_no:
            apart = replace(options, lora=(yes_no,), port=0)
            self._judges = Served(weights, apart, {"grammar": YES_NO})

    def __repr__(self) -> str:
        return f"LocalModel({self.name!r})"

    @property
    def name(self) -> str:
        """The full name, with weights and adapters."""
        return full_name(self._weights, self._lora)

    @property
    def context(self) -> int:
        """Tokens that a prompt and its reply may have together."""
        return self._plans.options.context

    @property
    def sees(self) -> bool:
        """It reads text alone."""
        return False

    @property
    def taught(self) -> bool:
        """With an adapter it is."""
        return bool(self._plans.options.lora)

    @property
    def url(self) -> str:
        """The server's address; empty while it does not run."""
        return self._plans.url

    async def complete(self, request: Request, on_text: OnText | None = None) -> Completion:
        """One completion; the first one starts the server.

        Raises:
            ConfigError: the runtime, the weights or an adapter are gone.
            ModelError: no completion came.
        """
        served, request = self._route(request)
        async with served.client() as model:
            return await model.complete(request, on_text)

    async def hear(self, request: Request, on_text: OnText | None = None) -> Heard:
        """As `complete`, with all that the server told about it.

        Raises:
            ConfigError: the runtime, the weights or an adapter are gone.
            ModelError: no completion came.
        """
        served, request = self._route(request)
        async with served.client() as model:
            return await model.hear(request, on_text)

    async def served(self) -> list[str] | None:
        """The one name that the server serves."""
        async with self._plans.client() as model:
            return await model.served()

    async def close(self) -> None:
        """Stop the servers. The model may be used again after."""
        try:
            await self._plans.close()
        finally:
            await self._judges.close()

    def _route(self, request: Request) -> tuple[Served, Request]:
        """Who answers a request, and as what it is sent there."""
        if self._judges is self._plans or not request.asks_yes_no:
            return self._plans, request
        return self._judges, request.model_copy(update={"schema_": None})


async def serve(
    ready: Callable[[LocalServer], None],
    weights: Weights = SMOLLM2,
    options: ServerOptions | None = None,
) -> None:
    """Serve the embedded model to other programs until cancelled.

    `ready` is given the server once it answers, with its `url` and `key`.

    Raises:
        ConfigError: the runtime, the weights or an adapter are not here.
        ModelError: the server did not start, or ended.
    """
    async with LocalServer(weights, options or ServerOptions()) as server:
        ready(server)
        await server.wait()
