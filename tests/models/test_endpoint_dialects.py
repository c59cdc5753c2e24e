"""What an endpoint does not take is left out, and remembered."""

from __future__ import annotations

from typing import Any

from asking import SCHEMA, Make, ask, fail
from endpoint import Endpoint, Refused

from replplan.model import Tokens


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
