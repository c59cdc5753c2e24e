"""`replplan model`, as its users type it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from endpoint import Endpoint
from weights import require_local_model

from replplan.cli import cli
from replplan.cli.model import offer_weights
from replplan.errors import ConfigError
from replplan.local import SMOLLM2, find, weights


def type_(*args: str) -> str:
    done = CliRunner().invoke(cli, ["model", *args], standalone_mode=False)
    if done.exception:
        raise done.exception
    return done.output


def test_what_is_embedded_is_listed_with_its_size_and_licence_and_where_it_is() -> None:
    require_local_model()
    (line,) = type_("list").splitlines()
    assert line.split()[:4] == [SMOLLM2.name, f"{SMOLLM2.size / 1e6:.0f}", "MB", SMOLLM2.licence]
    assert str(find(SMOLLM2)) in line
    (told,) = json.loads(type_("list", "--json"))
    assert (told["name"], told["size"]) == (SMOLLM2.name, SMOLLM2.size)


def test_weights_that_are_not_here_are_listed_with_what_fetches_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("replplan.local.listing.find", lambda weights: None)
    assert "replplan model pull" in type_("list")


@pytest.mark.parametrize("as_json", [True, False])
def test_a_check_tells_what_an_endpoint_can_do(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", endpoint.key)
    endpoint.script(
        lambda body: '{"word": "yes"}' if "response_format" in body else "one two three"
    )
    told = type_("check", "scripted-1", "--base-url", endpoint.url, *(["--json"] * as_json))
    if as_json:
        found = json.loads(told)
        assert found["served"] == ["scripted-1", "scripted-2"]
        assert found["streaming"] is True
    else:
        rows = {line.split("  ")[0]: line.split("  ")[-1].strip() for line in told.splitlines()}
        assert rows["served"] == "scripted-1, scripted-2"
        assert rows["streaming"] == "yes"


def test_what_has_no_endpoint_is_not_checked() -> None:
    trace = "docs/examples/two-things.jsonl"
    with pytest.raises(ConfigError, match="has no endpoint to check"):
        type_("check", f"replay:{trace}")


def test_weights_that_are_here_are_neither_fetched_nor_asked_for() -> None:
    require_local_model()
    assert type_("pull").strip().endswith(str(find(SMOLLM2)))
    offer_weights()  # would ask, and fail without a terminal


def test_where_they_are_not_a_yes_fetches_them_and_a_no_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fetched = []
    monkeypatch.setattr("replplan.local.find", lambda weights: None)
    monkeypatch.setattr("replplan.local.pull", lambda weights, say: fetched.append(weights))
    for answer, expected in (("n\n", []), ("y\n", [weights.SMOLLM2])):
        with CliRunner().isolation(input=answer):
            offer_weights()
        assert fetched == expected
