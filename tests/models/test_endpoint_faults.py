"""What goes wrong at an endpoint, and what is said then."""

from __future__ import annotations

import asyncio
import logging
import socket

import pytest
from asking import Make, ask, fail
from endpoint import Cut, Endpoint, Hang, Page, Refused

from replplan.errors import ModelError
from replplan.openai_model import PAUSES, OpenAIModel


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
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen; nobody else can either
        port = nobody.getsockname()[1]
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


async def test_a_rate_limit_is_waited_for_longer_than_the_client_tries(
    endpoint: Endpoint, make: Make
) -> None:
    endpoint.script(*[Refused(429, retry_after=0.01)] * 7, "at last")
    assert (await make(retries=2).complete(ask())).text == "at last"


async def test_a_day_is_not_waited_for(endpoint: Endpoint, make: Make) -> None:
    endpoint.script(lambda _: Refused(429, "the day's requests are used up", retry_after=86_400))
    assert "the day's requests are used up" in str(await fail(make(retries=1)))


@pytest.mark.parametrize(("status", "requests"), [(429, 3 * (1 + len(PAUSES))), (500, 3)])
async def test_waiting_has_an_end(
    endpoint: Endpoint, make: Make, status: int, requests: int
) -> None:
    endpoint.script(lambda _: Refused(status, retry_after=0.01))
    assert (await fail(make(retries=2))).transient
    assert len(endpoint.bodies) == requests


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
    await asyncio.to_thread(endpoint.wait_for, 1)  # it may read later than we lose patience
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
