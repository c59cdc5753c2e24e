"""Prices, strict schemas, the words for faults, and the check of an endpoint."""

from __future__ import annotations

import pytest
from endpoint import Endpoint, Refused

from replplan.endpoints.check import check_endpoint
from replplan.endpoints.dialect import Refusal, is_strict
from replplan.endpoints.faults import Place
from replplan.endpoints.settings import Settings
from replplan.errors import ModelError
from replplan.model import Tokens
from replplan.openai_model import OPENAI, OpenAIModel, price


def test_known_models_have_a_price() -> None:
    place = Place("gpt-4o-mini", OPENAI)
    full = price(place, Tokens(input=1_000_000, output=0))
    cached = price(place, Tokens(input=1_000_000, cached=1_000_000))
    said = price(place, Tokens(output=1_000_000))
    assert full is not None
    assert cached is not None
    assert said is not None
    assert 0 < cached < full < said


@pytest.mark.parametrize(
    "place",
    [Place("no-such-model", OPENAI), Place("gpt-4o-mini", "https://proxy.example/v1")],
)
def test_unknown_models_have_none(place: Place) -> None:
    assert price(place, Tokens(input=10, output=10)) is None


@pytest.mark.parametrize(
    ("url", "loopback", "openai"),
    [
        ("http://localhost:11434/v1", True, False),
        ("http://127.8.0.1/v1", True, False),
        ("http://[::1]:8000/v1", True, False),
        ("http://10.0.0.1/v1", False, False),
        ("https://api.openai.com/v1", False, True),
        ("https://api.openai.com.example/v1", False, False),
    ],
)
def test_places(url: str, loopback: bool, openai: bool) -> None:
    place = Place("m", url)
    assert (place.is_loopback, place.is_openai) == (loopback, openai)


def test_a_place_shows_no_secret() -> None:
    place = Place("m", "https://me:pw@models.example/v1?key=abc", key="sk-1")
    assert place.shown == "https://models.example/v1"
    assert "sk-1" not in repr(place)


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ("Unrecognized request argument supplied: stream_options", True),
        ("[{'loc': ['body', 'stream_options'], 'msg': 'Extra inputs are not permitted'}]", True),
        ("stream_options.include_usage must be a boolean", False),
        ("Unknown parameter: my_stream_options_x", False),
    ],
)
def test_a_refusal_names_the_parameter(message: str, names: bool) -> None:
    assert Refusal(400, message).names("stream_options") is names


def test_a_schema_with_definitions_is_read_whole() -> None:
    inner = {"type": "object", "properties": {}, "additionalProperties": False}
    outer = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/A"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    assert is_strict({**outer, "$defs": {"A": inner}})
    assert not is_strict({**outer, "$defs": {"A": {"type": "object"}}})
    assert not is_strict({"type": "string"})


async def test_the_check_tells_what_an_endpoint_can_do(endpoint: Endpoint) -> None:
    endpoint.script("1 2 3 4 5 6 7 8 9", '{"ready": true}')
    model = OpenAIModel("scripted-2", base_url=endpoint.url, api_key=endpoint.key)
    found = await check_endpoint(model)
    await model.close()
    assert found.url == endpoint.url
    assert found.served == ("scripted-1", "scripted-2")
    assert found.streaming
    assert found.json_schema
    assert found.cached_tokens
    assert found.reply == "1 2 3 4 5 6 7 8 9"
    assert found.first_token_seconds is not None
    assert found.tokens_per_second is not None


async def test_the_check_of_a_poor_endpoint(endpoint: Endpoint) -> None:
    endpoint.refuses, endpoint.counts = {"response_format", "stream_options"}, False
    endpoint.script("one", "yes I am")
    model = OpenAIModel("scripted-1", base_url=endpoint.url, api_key=endpoint.key)
    found = await check_endpoint(model)
    await model.close()
    assert not found.json_schema
    assert not found.cached_tokens
    assert not found.streaming


async def test_the_check_of_an_endpoint_that_fails(endpoint: Endpoint) -> None:
    endpoint.script(Refused(500, "oh dear"))
    settings = Settings(retries=0)
    model = OpenAIModel(
        "scripted-1", base_url=endpoint.url, api_key=endpoint.key, settings=settings
    )
    with pytest.raises(ModelError, match="oh dear"):
        await check_endpoint(model)
    await model.close()
