"""The embedded model as a `Model`: its server is started when the first request comes."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from replplan.endpoints.heard import Heard
from replplan.errors import ModelError
from replplan.local.server import LocalServer, ServerOptions, full_name, require
from replplan.local.weights import SMOLLM2, Weights
from replplan.model import Completion, OnText, Request

if TYPE_CHECKING:
    from replplan.openai_model import OpenAIModel

DYING = 0.3
"""Seconds between a server's last connection and its end, at most."""
WARMER = 0.8
"""The temperature of a turn that is to differ from those before it; else it is greedy."""
MAX_TOKENS = 256
"""Tokens of a reply to a request that sets no limit: a small model may never come to an end."""


class LocalModel:
    """The embedded model: no network, no key, no price.

    It is greedy, so the same prompt gives the same; only where turns come to the same again and
    again does it draw its words.

    Raises:
        ConfigError: the runtime or the weights are not here; the message says what to type.
    """

    def __init__(self, weights: Weights = SMOLLM2, options: ServerOptions | None = None) -> None:
        require(weights)
        self._server = LocalServer(weights, options or ServerOptions())
        self._model: OpenAIModel | None = None
        self._starting = asyncio.Lock()

    def __repr__(self) -> str:
        return f"LocalModel({self.name!r})"

    @property
    def name(self) -> str:
        """The full name, with weights and adapters."""
        return full_name(self._server.weights, self._server.options.lora)

    @property
    def context(self) -> int:
        """Tokens that a prompt and its reply may have together."""
        return self._server.options.context

    @property
    def sees(self) -> bool:
        """It reads text alone."""
        return False

    @property
    def taught(self) -> bool:
        """With an adapter it is."""
        return bool(self._server.options.lora)

    @property
    def url(self) -> str:
        """The server's address; empty while it does not run."""
        return self._server.url

    async def complete(self, request: Request, on_text: OnText | None = None) -> Completion:
        """One completion; the first one starts the server.

        Raises:
            ConfigError: the runtime, the weights or an adapter are gone.
            ModelError: no completion came.
        """
        model = await self._running()
        try:
            return await model.complete(request, on_text)
        except ModelError as error:
            raise await self._explain(error) from error

    async def hear(self, request: Request, on_text: OnText | None = None) -> Heard:
        """As `complete`, with all that the server told about it.

        Raises:
            ConfigError: the runtime, the weights or an adapter are gone.
            ModelError: no completion came.
        """
        model = await self._running()
        try:
            return await model.hear(request, on_text)
        except ModelError as error:
            raise await self._explain(error) from error

    async def served(self) -> list[str] | None:
        """The one name that the server serves."""
        return await (await self._running()).served()

    async def close(self) -> None:
        """Stop the server. The model may be used again after."""
        await self._let_go()
        self._starting = asyncio.Lock()  # a lock belongs to the event loop that it was used in

    async def _let_go(self) -> None:
        model, self._model = self._model, None
        try:
            if model:
                await model.close()
        finally:
            await self._server.stop()

    async def _running(self) -> OpenAIModel:
        async with self._starting:
            if self._model is None or not self._server.alive:
                await self._let_go()
                # Importing openai takes as long as loading the model: both at once.
                await asyncio.gather(self._server.start(), asyncio.to_thread(_load_client))
                self._model = self._client()
            return self._model

    def _client(self) -> OpenAIModel:
        from replplan.endpoints.settings import Settings
        from replplan.openai_model import OpenAIModel

        server, context = self._server, self.context
        settings = Settings(
            context=context, temperature=0.0, warmer=WARMER, max_tokens=MAX_TOKENS, retries=1
        )
        return OpenAIModel(self.name, base_url=server.url, api_key=server.key, settings=settings)

    async def _explain(self, error: ModelError) -> ModelError:
        """The error itself, or the end of the server where that is what is behind it."""
        if not error.transient or not await self._server.ended(DYING):
            return error
        why = self._server.last_words()
        return ModelError(f"the process of the embedded model ended: {why}", transient=True)


def _load_client() -> None:
    importlib.import_module("replplan.openai_model")


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
