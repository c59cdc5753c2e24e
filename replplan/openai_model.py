"""A model behind an OpenAI-compatible endpoint. The one file that imports openai."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from typing import Any, cast

import openai
from openai import AsyncOpenAI, AsyncStream

from replplan.endpoints import faults
from replplan.endpoints.dialect import LIMITS, Dialect, Parameters, Refusal, as_sent, seconds_of
from replplan.endpoints.faults import Place
from replplan.endpoints.heard import Heard
from replplan.endpoints.settings import Settings
from replplan.endpoints.tls import tls
from replplan.errors import ModelError
from replplan.model import Completion, Finish, OnText, Request, Tokens

OPENAI = "https://api.openai.com/v1"
CONNECT = 10.0
"""Seconds that connecting may take."""
PAUSES = (15.0, 30.0, 60.0)
"""Seconds that a rate limit is waited for which outlasts the client's own, shorter tries."""
LONGEST_WAIT = 300.0
"""Seconds of a wait that an endpoint asks for past which it is told of at once."""

_FINISHES: dict[str, Finish] = {"length": "length", "content_filter": "content_filter"}

log = logging.getLogger(__name__)

Stream = AsyncStream[Any]


class _Cut(Exception):
    """A stream broke off before its end."""


class OpenAIModel:
    """The `Model` of a name that an OpenAI-compatible endpoint serves.

    The address is `base_url`, else the variable OPENAI_BASE_URL, else OpenAI's own; the key
    `api_key`, else OPENAI_API_KEY. Only OpenAI's own endpoint must have a key. The key appears in
    no message and in no repr.

    What an endpoint refuses to take (a JSON schema, `stream_options`, a temperature) is left out
    from then on. A stream that breaks off is asked for once more from the start, so `on_text` may
    be given a beginning twice.

    Raises:
        ModelError: the address is none, or OpenAI is to be asked and there is no key.
    """

    taught = False

    def __init__(
        self,
        name: str,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        settings: Settings | None = None,
    ) -> None:
        url = base_url or os.environ.get("OPENAI_BASE_URL") or OPENAI
        key = api_key or os.environ.get("OPENAI_API_KEY") or ""
        self.place = Place(name, url.rstrip("/"), key)
        self.settings = settings or Settings()
        self._dialect = Dialect(LIMITS[1] if self.place.is_openai else LIMITS[0])
        self._client: AsyncOpenAI | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        if not self.place.is_address:
            raise faults.no_address(self.place)
        if self.place.is_openai and not key:
            raise faults.no_key(self.place)

    def __repr__(self) -> str:
        return f"OpenAIModel({self.name!r}, base_url={self.place.shown!r})"

    @property
    def name(self) -> str:
        """The name that the endpoint knows it by."""
        return self.place.model

    @property
    def url(self) -> str:
        """The endpoint's address, without secrets."""
        return self.place.shown

    @property
    def context(self) -> int | None:
        """Tokens that a prompt and its reply may have together, where that is known."""
        return self.settings.context

    @property
    def sees(self) -> bool:
        """Images are sent; whether this model takes them its endpoint says."""
        return True

    async def complete(self, request: Request, on_text: OnText | None = None) -> Completion:
        """One completion, streamed; an empty one is no error. Cancelling closes the connection.

        Raises:
            ModelError: none came; its message says why and what to do.
        """
        began = time.perf_counter()
        heard = await self._hear_in_time(request, on_text)
        tokens = heard.tokens(request.messages)
        text, thoughts = heard.told()
        return Completion(
            text=text,
            thoughts=thoughts,
            tokens=tokens.model_copy(update={"cost": self._cost(tokens)}),
            finish=_FINISHES.get(heard.finish or "", "stop"),
            seconds=round(time.perf_counter() - began, 3),
        )

    async def _hear_in_time(self, request: Request, on_text: OnText | None) -> Heard:
        """As `hear`, and once more after as long a pause as a busy endpoint asks for, or a growing
        one. Where the client is to try once only, somebody else sees to that."""
        for pause in PAUSES if self.settings.retries else ():
            try:
                return await self.hear(request, on_text)
            except ModelError as error:
                wait = pause if error.retry_after is None else error.retry_after
                if not error.busy or wait > LONGEST_WAIT:
                    raise
                log.info("%s; asking again", error)
                await asyncio.sleep(wait)
        return await self.hear(request, on_text)

    async def hear(self, request: Request, on_text: OnText | None = None) -> Heard:
        """As `complete`, with all that the endpoint told about it.

        Raises:
            ModelError: no completion came.
        """
        try:
            return await self._listen(request, on_text)
        except _Cut as cut:
            log.info("the reply of %s broke off (%s), asking again", self.name, cut)
        try:
            return await self._listen(request, on_text)
        except _Cut as cut:
            raise faults.cut(self.place, str(cut)) from cut

    async def served(self) -> list[str] | None:
        """The names that the endpoint says it serves; None where it does not say."""
        client = self._connection().with_options(max_retries=0, timeout=CONNECT)
        try:
            page = await client.models.list()
            return sorted(str(model.id) for model in page.data)
        except (openai.OpenAIError, ValueError, TypeError, AttributeError):
            return None

    async def close(self) -> None:
        """Close the connections. The model may be used again after."""
        client, self._client = self._client, None
        if client and self._loop is asyncio.get_running_loop():
            await client.close()

    def _connection(self) -> AsyncOpenAI:
        """The client of the running event loop: connections do not outlive the loop they are of."""
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._loop = loop
            timeout = openai.Timeout(self.settings.patience, connect=CONNECT)
            self._client = AsyncOpenAI(
                base_url=self.place.url,
                api_key=self.place.key or "none",
                max_retries=self.settings.retries,
                timeout=timeout,
                # Servers on this machine are small ones, and some close a connection that they
                # promised to keep, just when it is used again. A new one costs next to nothing.
                default_headers={"Connection": "close"} if self.place.is_loopback else None,
                # A proxy is not asked for a server on this very machine.
                http_client=openai.DefaultAsyncHttpxClient(
                    timeout=timeout, trust_env=not self.place.is_loopback, verify=tls()
                ),
            )
        return self._client

    async def _listen(self, request: Request, on_text: OnText | None) -> Heard:
        heard = Heard()
        stream = await self._open(request)
        async with stream:
            if "event-stream" not in stream.response.headers.get("content-type", ""):
                await self._read_whole(stream, heard, on_text)
            else:
                await self._read_stream(stream, heard, on_text)
        return heard

    async def _read_whole(self, stream: Stream, heard: Heard, on_text: OnText | None) -> None:
        try:
            heard.take_whole(await stream.response.aread(), on_text)
        except ValueError as error:
            raise faults.no_completion(self.place, str(error)) from None

    async def _read_stream(self, stream: Stream, heard: Heard, on_text: OnText | None) -> None:
        try:
            async for chunk in stream:
                heard.take(chunk, on_text)
        except openai.APITimeoutError as error:
            raise faults.timed_out(self.place, CONNECT, self.settings.patience) from error
        except openai.APIError as error:
            raise _Cut(str(error.__cause__ or error.message)) from error
        except ValueError as error:
            raise faults.no_completion(self.place, str(error)) from error
        if heard.finish is None:
            raise _Cut("it ended without a word")

    async def _open(self, request: Request) -> Stream:
        """Send the request, in the dialect that the endpoint takes."""
        try:
            return await self._negotiate(request)
        except openai.APITimeoutError as error:
            raise faults.timed_out(self.place, CONNECT, self.settings.patience) from error
        except openai.APIConnectionError as error:
            raise faults.unreachable(self.place, error) from error
        except openai.APIStatusError as error:
            raise await self._explain(_refusal(error)) from None  # its text may hold the key

    async def _negotiate(self, request: Request) -> Stream:
        suspects: set[str] = set()
        while True:
            sent = self._parameters(request)
            for name in suspects:
                sent.pop(name, None)
            try:
                stream = await self._send(request, sent)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                blamed = self._dialect.blamed(_refusal(error), sent)
                if blamed:
                    self._leave_out(blamed)
                elif "response_format" in sent:  # not every endpoint says what it did not like
                    suspects.add("response_format")
                else:
                    raise
            else:
                for name in suspects:
                    self._leave_out(name)
                return stream

    def _leave_out(self, parameter: str) -> None:
        log.info("%s does not take %s: asking without it", self.place.shown, parameter)
        self._dialect.refused.add(parameter)

    def _parameters(self, request: Request) -> Parameters:
        wanted: Parameters = {
            "stream_options": {"include_usage": True},
            "temperature": self.settings.temperature_of(request),
            "seed": request.seed,
        }
        max_tokens = request.max_tokens or self.settings.max_tokens
        return self._dialect.parameters(wanted, request, max_tokens)

    async def _send(self, request: Request, parameters: Parameters) -> Stream:
        create = cast(Any, self._connection().chat.completions.create)
        # The client looks through every part of `messages` for what it may have to rename, which
        # takes longer than all else that it does. In the extra body it passes them on.
        messages = [as_sent(m) for m in request.messages]
        body = {"messages": messages, **self.settings.extra}
        sent = create(model=self.name, messages=(), stream=True, extra_body=body, **parameters)
        return cast(Stream, await sent)

    async def _explain(self, refusal: Refusal) -> ModelError:
        served = await self.served() if refusal.status == 404 else None
        return faults.refused(self.place, refusal, served)

    def _cost(self, tokens: Tokens) -> float | None:
        return 0.0 if self.place.is_loopback else price(self.place, tokens)


def price(place: Place, tokens: Tokens) -> float | None:
    """US dollars by the prices of genai-prices; None where it does not know provider or model."""
    from genai_prices import Usage, calc_price

    usage = Usage(
        input_tokens=tokens.input,
        cache_read_tokens=tokens.cached,
        output_tokens=tokens.output,
    )
    try:
        return float(calc_price(usage, place.model, provider_api_url=place.url).total_price)
    except LookupError:
        return None


def _refusal(error: openai.APIStatusError) -> Refusal:
    body = error.body
    said = body.get("message") or body.get("detail") or body if isinstance(body, dict) else body
    after = seconds_of(error.response.headers.get("retry-after"))
    return Refusal(error.status_code, str(said or error.message), error.code, error.param, after)
