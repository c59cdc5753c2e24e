"""Models of the scripted endpoint."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from asking import Make
from endpoint import Endpoint

from replplan.endpoints.settings import Settings
from replplan.openai_model import OpenAIModel


@pytest.fixture
async def make(endpoint: Endpoint) -> AsyncIterator[Make]:
    """Makes models of the scripted endpoint, and closes them."""
    made: list[OpenAIModel] = []

    def make(
        name: str = "scripted-1", url: str = "", key: str = "", **settings: Any
    ) -> OpenAIModel:
        chosen = Settings(**{"retries": 0} | settings)
        url, key = url or endpoint.url, key or endpoint.key
        made.append(OpenAIModel(name, base_url=url, api_key=key, settings=chosen))
        return made[-1]

    yield make
    for model in made:
        await model.close()
