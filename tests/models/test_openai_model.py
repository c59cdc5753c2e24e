"""The model behind an endpoint: what it asks, what it reads, what it says when it fails."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from endpoint import PATIENCE, Cut, Endpoint, Hang, Page, Refused, Said

from replplan.endpoints.settings import Settings
from replplan.errors import ModelError
from replplan.model import Message, Model, Request, Tokens
from replplan.openai_model import OpenAIModel

SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}
Make = Callable[..., OpenAIModel]


def ask(text: str = "Say something.", **fields: Any) -> Request:
    return Request(messages=(Message(role="user", content=text),), **fields)


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


async def fail(model: Model, request: Request | None = None) -> ModelError:
    """The error of a request; every one of them keeps the house's rules for messages."""
    with pytest.raises(ModelError) as caught:
        await model.complete(request or ask())
    message = str(caught.value)
    assert "\n" not in message
    assert "sk-" not in message
    assert len(message) < 600
    return caught.value


# ------------------------------------------------------------------------------- what goes well
async def test_it_streams_and_counts(endpoint: Endpoint, make: Make) -> None:
    endpoint.script("first do this,\n then that \n")
    model: Model = make()
    pieces: list[str] = []
    completion = await model.complete(ask("x" * 79), pieces.append)
    assert completion.text == "".join(pieces) == "first do this,\n then that \n"
    assert len(pieces) > 3
    assert completion.finish == "stop"
    assert completion.tokens == Tokens(input=22, cached=0, output=7, cost=0.0)
    assert completion.seconds > 0
    assert endpoint.bodies == [
        {
            "model": "scripted-1",
            "messages": [{"role": "user", "content": "x" * 79}],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
    ]


async def test_cached_tokens_are_reported(endpoint: Endpoint, make: Make) -> None:
    endpoint.script(lambda _: "yes")
    model = make()
    first = await model.complete(ask("a long beginning of a prompt"))
    again = await model.complete(ask("a long beginning of a prompt, and more of it"))
    assert first.tokens.cached == 0
    assert 0 < again.tokens.cached < again.tokens.input


async def test_settings_and_limits_are_sent(endpoint: Endpoint, make: Make) -> None:
    endpoint.script(lambda _: "ok")
    model = make(temperature=0.0, max_tokens=100, context=4096, extra={"top_k": 1})
    await model.complete(ask(seed=7))
    await model.complete(ask(max_tokens=5))
    first, second = endpoint.bodies
    assert (first["temperature"], first["seed"], first["top_k"]) == (0.0, 7, 1)
    assert (first["max_tokens"], second["max_tokens"]) == (100, 5)
    assert model.context == 4096
    assert model.name == "scripted-1"


async def test_only_a_request_that_is_to_vary_is_asked_warmer(
    endpoint: Endpoint, make: Make
) -> None:
    endpoint.script(lambda _: "ok")
    for model in (make(temperature=0.0, warmer=0.8), make(temperature=0.0)):
        for vary in (False, True):
            await model.complete(ask(vary=vary))
    assert [b["temperature"] for b in endpoint.bodies] == [0.0, 0.8, 0.0, 0.0]


async def test_a_reply_cut_at_its_limit_says_so(endpoint: Endpoint, make: Make) -> None:
    endpoint.script(Said("half a", finish="length"))
    assert (await make().complete(ask())).finish == "length"


async def test_an_empty_completion_is_no_error(endpoint: Endpoint, make: Make) -> None:
    endpoint.script("")
    completion = await make().complete(ask())
    assert (completion.text, completion.finish) == ("", "stop")


async def test_an_endpoint_that_counts_nothing_is_counted_roughly(
    endpoint: Endpoint, make: Make
) -> None:
    endpoint.counts = False
    endpoint.script("12345678")
    completion = await make().complete(ask("x" * 40))
    assert completion.tokens == Tokens(input=10, output=2, cost=0.0)


async def test_an_endpoint_that_does_not_stream(endpoint: Endpoint, make: Make) -> None:
    message = (
        '{"message": {"role": "assistant", "content": "all at once"}, "finish_reason": "stop"}'
    )
    usage = '{"prompt_tokens": 3, "completion_tokens": 2}'
    content = f'{{"choices": [{message}], "usage": {usage}}}'
    endpoint.script(Page(content, kind="application/json"))
    pieces: list[str] = []
    completion = await make().complete(ask(), pieces.append)
    assert (completion.text, pieces) == ("all at once", ["all at once"])
    assert completion.tokens.output == 2


async def test_the_schema_is_sent_strictly_where_it_may_be(endpoint: Endpoint, make: Make) -> None:
    endpoint.script(lambda _: "{}")
    loose = {"type": "object", "properties": {"a": {"type": "integer"}}}
    nested = {**SCHEMA, "properties": {"answer": loose}}
    model = make()
    for schema in (SCHEMA, loose, nested, {"type": "array", "items": SCHEMA}):
        await model.complete(ask(schema_=schema))
    formats = [body["response_format"]["json_schema"] for body in endpoint.bodies]
    assert [f["strict"] for f in formats] == [True, False, False, False]
    assert formats[0]["schema"] == SCHEMA


async def test_one_model_serves_many_at_once(endpoint: Endpoint, make: Make) -> None:
    endpoint.script(lambda body: body["messages"][-1]["content"])
    model = make()
    replies = await asyncio.gather(*(model.complete(ask(f"number {i}")) for i in range(12)))
    assert [r.text for r in replies] == [f"number {i}" for i in range(12)]


def test_one_model_lives_through_many_event_loops(endpoint: Endpoint) -> None:
    endpoint.script(lambda _: "ok")
    model = OpenAIModel("scripted-1", base_url=endpoint.url, api_key=endpoint.key)

    async def once() -> str:
        try:
            return (await model.complete(ask())).text
        finally:
            await model.close()

    assert [asyncio.run(once()) for _ in range(2)] == ["ok", "ok"]


async def test_a_closed_model_may_be_closed_again(endpoint: Endpoint, make: Make) -> None:
    endpoint.script("ok")
    model = make()
    await model.close()
    await model.complete(ask())
    await model.close()
    await model.close()


# ------------------------------------------------------------------ what an endpoint does not take
async def test_a_refused_schema_is_not_sent_again(endpoint: Endpoint, make: Make) -> None:
    endpoint.refuses = {"response_format"}
    endpoint.script(lambda _: '{"answer": "a"}')
    model = make()
    for _ in range(2):
        assert (await model.complete(ask(schema_=SCHEMA))).text == '{"answer": "a"}'
    assert ["response_format" in b for b in endpoint.bodies] == [True, False, False]


async def test_a_refusal_without_a_reason_is_tried_without_the_schema(
    endpoint: Endpoint, make: Make
) -> None:
    endpoint.script(lambda b: Refused(400, "bad request") if "response_format" in b else "fine")
    model = make()
    for _ in range(2):
        assert (await model.complete(ask(schema_=SCHEMA))).text == "fine"
    assert ["response_format" in b for b in endpoint.bodies] == [True, False, False]


async def test_a_refused_prompt_is_not_blamed_on_the_schema(endpoint: Endpoint, make: Make) -> None:
    too_long = Refused(400, "the request exceeds the available context size")
    endpoint.script(too_long, too_long, "fine")
    model = make()
    error = await fail(model, ask(schema_=SCHEMA))
    assert "exceeds the available context size" in str(error)
    assert not error.transient
    assert (await model.complete(ask(schema_=SCHEMA))).text == "fine"
    assert "response_format" in endpoint.bodies[-1]


async def test_one_bad_schema_does_not_spoil_the_others(endpoint: Endpoint, make: Make) -> None:
    bad = {"type": "array", "items": {"type": "string"}}

    def answer(body: dict[str, Any]) -> str | Refused:
        sent = body.get("response_format", {}).get("json_schema", {}).get("schema")
        text = "Invalid schema for response_format 'reply': schema must be an object"
        return Refused(400, text, param="response_format") if sent == bad else "fine"

    endpoint.script(answer)
    model = make()
    for schema in (bad, bad, SCHEMA):
        assert (await model.complete(ask(schema_=schema))).text == "fine"
    assert ["response_format" in b for b in endpoint.bodies] == [True, False, False, True]


async def test_an_endpoint_without_stream_options(endpoint: Endpoint, make: Make) -> None:
    endpoint.refuses = {"stream_options"}
    endpoint.script(lambda _: "1234")
    model = make()
    completion = await model.complete(ask("x" * 8))
    assert completion.tokens == Tokens(input=2, output=1, cost=0.0)
    await model.complete(ask())
    assert ["stream_options" in b for b in endpoint.bodies] == [True, False, False]


async def test_the_other_name_of_the_token_limit(endpoint: Endpoint, make: Make) -> None:
    endpoint.refuses = {"max_tokens"}
    endpoint.script(lambda _: "ok")
    model = make()
    for _ in range(2):
        await model.complete(ask(max_tokens=9))
    limits = [(b.get("max_tokens"), b.get("max_completion_tokens")) for b in endpoint.bodies]
    assert limits == [(9, None), (None, 9), (None, 9)]


async def test_many_refused_parameters_at_once(endpoint: Endpoint, make: Make) -> None:
    endpoint.refuses = {"temperature", "seed", "stream_options", "response_format"}
    endpoint.script("ok")
    request = ask(seed=1, schema_=SCHEMA)
    assert (await make(temperature=0.0).complete(request)).text == "ok"


async def test_a_limit_that_is_too_large_is_not_dropped(endpoint: Endpoint, make: Make) -> None:
    text = "max_tokens is too large: 99999. At most 4096 completion tokens can be had"
    endpoint.script(Refused(400, text, param="max_tokens", code="invalid_value"))
    assert "too large" in str(await fail(make(), ask(max_tokens=99999)))
    assert len(endpoint.bodies) == 1


# ------------------------------------------------------------------------------ what goes wrong
def test_openai_itself_wants_a_key() -> None:
    with pytest.raises(ModelError, match=r"OPENAI_API_KEY.*--base-url") as caught:
        OpenAIModel("gpt-4o-mini")
    assert not caught.value.transient


async def test_a_wrong_key_appears_nowhere(
    make: Make, caplog: pytest.LogCaptureFixture, endpoint: Endpoint
) -> None:
    caplog.set_level(logging.DEBUG)
    model = make(key="sk-a-wrong-key")
    error = await fail(model)
    assert "does not accept the API key" in str(error)
    assert not error.transient
    assert "sk-a-wrong-key" not in repr(model) + repr(model.__dict__) + caplog.text


async def test_a_key_that_the_endpoint_repeats_is_taken_out(endpoint: Endpoint, make: Make) -> None:
    endpoint.script(Refused(403, f"the key {endpoint.key} may not use scripted-1"))
    error = await fail(make())
    assert "the key [the key] may not use" in str(error)
    assert error.__cause__ is None
    assert not error.transient


async def test_an_unknown_model_gets_the_names_that_are_served(make: Make) -> None:
    error = await fail(make("no-such-model"))
    assert "'no-such-model'" in str(error)
    assert "scripted-1, scripted-2" in str(error)
    assert not error.transient


async def test_an_address_without_v1(endpoint: Endpoint, make: Make) -> None:
    error = await fail(make(url=endpoint.url.removesuffix("/v1")))
    assert "mostly ends in /v1" in str(error)
    assert not error.transient


async def test_nothing_listens(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    error = await fail(make(url=f"http://127.0.0.1:{port}/v1"))
    assert f"nothing answers at http://127.0.0.1:{port}/v1: start its server" in str(error)
    assert error.transient


@pytest.mark.parametrize(("errno", "transient"), [("EAI_NONAME", False), ("EAI_AGAIN", True)])
async def test_an_unknown_host(
    make: Make, monkeypatch: pytest.MonkeyPatch, errno: str, transient: bool
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(getattr(socket, errno), "not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = await fail(make(url="http://user:secret@models.example/v1"))
    assert "'models.example' of http://models.example/v1 is not known" in str(error)
    assert "secret" not in str(error)
    assert error.transient is transient


@pytest.mark.parametrize(
    "url", ["models.example/v1", "ftp://models.example/v1", "http://[oops/v1", "http:///v1"]
)
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ModelError, match="is no address of an endpoint") as caught:
        OpenAIModel("scripted-1", base_url=url, api_key="sk-1")
    assert not caught.value.transient


@pytest.mark.parametrize(
    ("refused", "says", "transient"),
    [
        (Refused(429, "slow down"), "fewer requests", True),
        (Refused(429, "pay first", code="insufficient_quota"), "no quota left", False),
        (Refused(500, "oh dear"), "status 500: oh dear", True),
        (Refused(503, "loading"), "status 503: loading", True),
        (Refused(400, "no way"), "status 400: no way", False),
        (Page("<html>Bad gateway</html>", status=502), "status 502: a web page", True),
        (Refused(500, "very " * 1000), "very ...", True),
    ],
)
async def test_a_refusal(
    endpoint: Endpoint, make: Make, refused: Refused | Page, says: str, transient: bool
) -> None:
    endpoint.script(refused)
    error = await fail(make())
    assert says in str(error)
    assert error.transient is transient


async def test_overload_is_waited_for(endpoint: Endpoint, make: Make) -> None:
    endpoint.script(Refused(429, retry_after=0.01), Refused(503, retry_after=0.01), "at last")
    assert (await make(retries=3).complete(ask())).text == "at last"


async def test_waiting_has_an_end(endpoint: Endpoint, make: Make) -> None:
    endpoint.script(lambda _: Refused(429, retry_after=0.01))
    assert (await fail(make(retries=2))).transient
    assert len(endpoint.bodies) == 3


CUTS = [Cut("half of"), Cut("half of", clean=True), Cut("half of", error="server overloaded")]


@pytest.mark.parametrize("cut", CUTS)
async def test_a_broken_stream_is_asked_for_once_more(
    endpoint: Endpoint, make: Make, cut: Cut
) -> None:
    endpoint.script(cut, "the whole of it")
    assert (await make().complete(ask())).text == "the whole of it"


@pytest.mark.parametrize("cut", CUTS)
async def test_a_stream_that_breaks_twice(endpoint: Endpoint, make: Make, cut: Cut) -> None:
    endpoint.script(cut, cut, "too late")
    error = await fail(make())
    assert "broke off twice" in str(error)
    assert cut.error is None or cut.error in str(error)
    assert error.transient
    assert len(endpoint.bodies) == 2


@pytest.mark.parametrize("hang", [Hang(), Hang("half of")])
async def test_silence_is_given_up(endpoint: Endpoint, make: Make, hang: Hang) -> None:
    endpoint.script(hang)
    error = await fail(make(patience=0.2))
    assert "did not answer in time" in str(error)
    assert error.transient
    assert len(endpoint.bodies) == 1


@pytest.mark.parametrize(
    ("page", "says"),
    [
        (Page(), "a web page"),
        (Page("hello", kind="text/plain"), "'hello'"),
        (Page('{"object": "list"}', kind="application/json"), "object"),
        (Page("[1, 2]", kind="application/json"), "[1, 2]"),
        (Page("data: nonsense\n\n", kind="text/event-stream"), "no completion"),
    ],
)
async def test_what_is_no_completion(endpoint: Endpoint, make: Make, page: Page, says: str) -> None:
    endpoint.script(page)
    error = await fail(make())
    assert "is no completion" in str(error)
    assert says in str(error)
    assert not error.transient


async def test_chunks_of_another_shape_do_not_crash(endpoint: Endpoint, make: Make) -> None:
    odd = 'data: {"choices": null}\n\ndata: {"choices": [{}]}\n\ndata: [DONE]\n\n'
    endpoint.script(*[Page(odd, kind="text/event-stream")] * 2)
    assert "broke off" in str(await fail(make()))


# ------------------------------------------------------------------------------------ cancelling
@pytest.mark.parametrize("hang", [Hang(), Hang("half of")])
async def test_cancelling_closes_the_connection(endpoint: Endpoint, make: Make, hang: Hang) -> None:
    endpoint.script(hang, "fine")
    model = make()
    task = asyncio.create_task(model.complete(ask()))
    await asyncio.to_thread(endpoint.wait_for, 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(endpoint.wait_for_leave)
    assert (await model.complete(ask())).text == "fine"


async def test_text_comes_before_the_reply_is_whole(endpoint: Endpoint, make: Make) -> None:
    go, heard = threading.Event(), asyncio.Event()
    endpoint.script(Said("late", after=go), Hang("early"))
    model = make()
    first = asyncio.create_task(model.complete(ask()))
    await asyncio.to_thread(endpoint.wait_for, 1)
    second = asyncio.create_task(model.complete(ask(), lambda _: heard.set()))
    await asyncio.wait_for(heard.wait(), PATIENCE)
    second.cancel()
    go.set()
    assert (await first).text == "late"


# ---------------------------------------------------------------------------- settings from outside
async def test_the_environment_names_endpoint_and_key(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    monkeypatch.setenv("OPENAI_API_KEY", endpoint.key)
    endpoint.script("ok")
    model = OpenAIModel("scripted-1")
    assert (await model.complete(ask())).text == "ok"
    await model.close()


async def test_a_server_on_this_machine_needs_no_key_and_no_proxy(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    endpoint.key = ""
    endpoint.script("ok")
    model = OpenAIModel("scripted-1", base_url=endpoint.url)
    assert (await model.complete(ask())).text == "ok"
    await model.close()


def test_importing_replplan_does_not_import_openai() -> None:
    code = "import sys, replplan, replplan.model; sys.exit('openai' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
