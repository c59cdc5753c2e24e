"""The model of an evaluation of inspect, as a model of ours."""

from __future__ import annotations

import asyncio
import contextvars
import time

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    Content,
    ContentImage,
    ContentText,
    GenerateConfig,
    ModelOutput,
    ModelUsage,
    get_model,
)

from replplan.errors import ModelError
from replplan.model import Completion, Finish, Message, OnText, Request, Tokens

_FINISHES: dict[str, Finish] = {
    "max_tokens": "length",
    "model_length": "length",
    "content_filter": "content_filter",
}


class InspectModel:
    """Completions come from inspect: its providers, limits, retries, cache and log.

    Attributes:
        fault: what inspect raised, a fallen limit of its own for one. The plan ends by it; whoever
            ran the plan raises it again, since inspect has to see it.
    """

    context: int | None = None
    sees = True
    taught = False

    def __init__(self) -> None:
        self._model = get_model()
        self._context = contextvars.copy_context()
        self.name = str(self._model)
        self.fault: Exception | None = None

    async def complete(self, request: Request, on_text: OnText | None = None) -> Completion:
        """One completion.

        Raises:
            ModelError: inspect gave none.
        """
        began = time.monotonic()
        # Cells may call from a task that another sample's plan began: inspect knows the sample,
        # its limits and its transcript by context variables.
        asked = asyncio.create_task(self._generate(request), context=self._context.copy())
        try:
            output = await asked
        except Exception as e:
            self.fault = e
            raise ModelError(f"inspect: {e}") from e
        if on_text:
            on_text(output.completion)
        return Completion(
            text=output.completion,
            tokens=tokens_of(output.usage or ModelUsage()),
            finish=_FINISHES.get(output.stop_reason, "stop"),
            seconds=time.monotonic() - began,
        )

    async def _generate(self, request: Request) -> ModelOutput:
        config = GenerateConfig(max_tokens=request.max_tokens, seed=request.seed or None)
        return await self._model.generate([*map(chat_message, request.messages)], config=config)

    async def close(self) -> None:
        """The model is inspect's."""


def tokens_of(usage: ModelUsage) -> Tokens:
    """What a completion took. Inspect counts cached input apart."""
    cached = usage.input_tokens_cache_read or 0
    return Tokens(
        input=usage.input_tokens + cached + (usage.input_tokens_cache_write or 0),
        cached=cached,
        output=usage.output_tokens,
        cost=usage.total_cost,
    )


def chat_message(message: Message) -> ChatMessage:
    """A message as inspect has it."""
    content: str | list[Content] = message.content
    if message.images:
        urls = [f"data:{image.mime};base64,{image.data}" for image in message.images]
        content = [*(ContentImage(image=url) for url in urls), ContentText(text=message.content)]
    match message.role:
        case "system":
            return ChatMessageSystem(content=content)
        case "user":
            return ChatMessageUser(content=content)
    return ChatMessageAssistant(content=content)
