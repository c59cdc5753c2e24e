"""The model behind an endpoint: what it asks, what it reads, what it says when it fails."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest
from asking import SCHEMA, Make, ask
from endpoint import PATIENCE, Endpoint, Hang, Page, Said

from replplan.model import Model, Tokens
from replplan.openai_model import OpenAIModel


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


@pytest.mark.parametrize(
    ("said", "finish"),
    [("length", "length"), ("content_filter", "content_filter"), ("tool_calls", "stop")],
)
async def test_a_reply_says_how_it_ended(
    endpoint: Endpoint, make: Make, said: str, finish: str
) -> None:
    endpoint.script(Said("half a", finish=said))
    assert (await make().complete(ask())).finish == finish


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
    told = {"one": Said("late", after=go), "two": Hang("early")}
    endpoint.script(lambda body: told[body["messages"][-1]["content"]])
    model = make()
    first = asyncio.create_task(model.complete(ask("one")))
    await asyncio.to_thread(endpoint.wait_for, 1)
    second = asyncio.create_task(model.complete(ask("two"), lambda _: heard.set()))
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
