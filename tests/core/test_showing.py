"""Observations as people read them, by the name of the domain alone."""

from __future__ import annotations

import logging

import pytest

from replplan.domain import Domain
from replplan.events import FunctionCalled
from replplan.plugins import domain_class
from replplan.showing import call_text, readable

SEARCH = "WebShop [SEP] Instruction: [SEP] a mug [SEP] Search"


def test_a_domain_lays_out_its_pages():
    assert readable("webshop", SEARCH) == "Wanted: a mug\n\n[Search]"
    assert readable("webshop", "Invalid action!") == "Invalid action!"


@pytest.mark.parametrize("domain", ["alfworld", "notebook", "installed nowhere", ""])
def test_elsewhere_an_observation_stays_as_it_is(domain):
    assert readable(domain, SEARCH) == SEARCH


def test_a_page_that_cannot_be_laid_out_is_shown_as_it_is(monkeypatch, caplog):
    def show(observation: str) -> str:
        raise ValueError("no such page")

    monkeypatch.setattr(domain_class("webshop"), "show", show)
    with caplog.at_level(logging.ERROR):
        assert readable("webshop", SEARCH) == SEARCH
    assert "no such page" in caplog.text


def test_a_call_shows_the_first_line_of_a_page():
    call = FunctionCalled(name="parse", arguments=(SEARCH, "b"), keywords={"page": SEARCH, "n": 1})
    shown = "parse(<Wanted: a mug>, 'b', page=<Wanted: a mug>, n=1)"
    assert call_text("webshop", call) == shown
    assert call_text("alfworld", call) == f"parse({SEARCH!r}, 'b', page={SEARCH!r}, n=1)"


def test_every_domain_can_show_without_being_made():
    assert Domain.show("You see a mug 1.") == "You see a mug 1."
