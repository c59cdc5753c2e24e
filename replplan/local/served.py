"""One server of the embedded model and its client: both are there from the first request on."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from replplan.errors import ModelError
from replplan.local.server import LocalServer, ServerOptions
from replplan.local.weights import Weights
from replplan.record import Json

if TYPE_CHECKING:
    from replplan.openai_model import OpenAIModel

DYING = 0.3
"""Seconds between a server's last connection and its end, at most."""
WARMER = 0.8
"""The temperature of a turn that is to differ from those before it; else it is greedy."""
MAX_TOKENS = 256
"""Tokens of a reply to a request that sets no limit: a small model may never come to an end."""
TAUGHT_TOKENS = 384
"""The same of one with an adapter: the longest cells that it was taught, of games without children,
have some 280."""


class Served:
    """A server that is started when it is wanted, and anew after it died.

    Args:
        weights: whose.
        options: of the server.
        extra: further fields for the body of each request.
    """

    def __init__(
        self, weights: Weights, options: ServerOptions, extra: Mapping[str, Json] | None = None
    ) -> None:
        self.options, self._extra = options, extra or {}
        self._server = LocalServer(weights, options)
        self._model: OpenAIModel | None = None
        self._starting = asyncio.Lock()

    @property
    def url(self) -> str:
        """The server's address; empty while it does not run."""
        return self._server.url

    @asynccontextmanager
    async def client(self) -> AsyncIterator[OpenAIModel]:
        """The client of the running server, to be asked in the block.

        Raises:
            ConfigError: the runtime, the weights or an adapter are gone.
            ModelError: the server did not start; or in the place of what the client raised, it
                ended.
        """
        model = await self._started()
        try:
            yield model
        except ModelError as error:
            if not error.transient or not await self._server.ended(DYING):
                raise
            why = self._server.last_words()
            ended = f"the process of the embedded model ended: {why}"
            raise ModelError(ended, transient=True) from error

    async def _started(self) -> OpenAIModel:
        async with self._starting:
            if self._model is None or not self._server.alive:
                await self._let_go()
                # Importing openai takes as long as loading the model: both at once.
                await asyncio.gather(self._server.start(), asyncio.to_thread(_load_client))
                self._model = self._make_client()
            return self._model

    def _make_client(self) -> OpenAIModel:
        from replplan.endpoints.settings import Settings
        from replplan.openai_model import OpenAIModel

        server, context = self._server, self.options.context
        settings = Settings(
            context=context,
            temperature=0.0,
            warmer=WARMER,
            max_tokens=TAUGHT_TOKENS if self.options.lora else MAX_TOKENS,
            retries=1,
            extra=self._extra,
        )
        return OpenAIModel(server.name, base_url=server.url, api_key=server.key, settings=settings)

    async def close(self) -> None:
        """Stop the server. It may be used again after."""
        await self._let_go()
        self._starting = asyncio.Lock()  # a lock belongs to the event loop that it was used in

    async def _let_go(self) -> None:
        model, self._model = self._model, None
        try:
            if model:
                await model.close()
        finally:
            await self._server.stop()


def _load_client() -> None:
    importlib.import_module("replplan.openai_model")
