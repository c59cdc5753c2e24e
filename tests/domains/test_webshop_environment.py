"""A visit to the shop: its pages, its limit, its end, its copies, and whatever is thrown at it."""

import copy
import json
import pickle
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replplan.errors import DomainError
from replplan_domains.webshop import WebShop, parse_item, parse_results
from replplan_domains.webshop.environment import WebShopEnvironment
from replplan_domains.webshop.reader import read_page
from replplan_domains.webshop.rules import split_action

DOMAIN = WebShop()
MATS = "yoga mat thickness 4 mm color black"
RICH, REACT = WebShop(style="text_rich"), WebShop(style="react")


def begun(domain=DOMAIN, number=0, **options):
    environment = domain.open(domain.tasks("dev")[number])
    environment.reset()
    return environment


def do(environment, *actions):
    """Do some actions, and return the last transition."""
    return [environment.step(action) for action in actions][-1]


def page(environment, *actions):
    return do(environment, *actions).observation


def first_item(environment):
    """Go to the first product of a search; its code."""
    asin = parse_results(page(environment, f"search[{MATS}]"))[0]["asin"]
    do(environment, f"click[{asin}]")
    return asin


def test_the_search_page_tells_the_instruction():
    task = DOMAIN.tasks("dev")[0]
    assert DOMAIN.open(task).reset() == (
        f"WebShop [SEP] Instruction: [SEP] {task.goal} [SEP] Search"
    )


def test_pages_of_results_go_on_beyond_the_end():
    env = begun()
    results = page(env, "search[yoga mat]")
    assert "Page 1 (Total results: 50)" in results
    assert "< Prev" not in results
    last = page(env, *["click[Next >]"] * 5)
    assert "Page 6 (Total results: 50)" in last
    assert parse_results(last) == []
    assert page(env, *["click[< Prev]"] * 5) == results


def test_options_stay_on_sub_pages_and_are_dropped_on_the_way_back():
    env = begun(RICH)
    asin = first_item(env)
    values = parse_item(page(env, ""))["options"]["color"]
    for value in values:
        assert parse_item(page(env, f"click[{value}]"))["chosen"] == [value]
    for sub in ("Description", "Features", "Reviews"):
        assert "Buy Now" not in page(env, f"click[{sub}]")
        assert parse_item(page(env, "click[< Prev]"))["chosen"] == [values[-1]]
    assert f"[clicked button] {asin}" in page(env, "click[< Prev]")
    assert parse_item(page(env, f"click[{asin}]"))["chosen"] == []


def test_back_to_search_forgets_what_was_seen():
    env = begun(RICH)
    asin = first_item(env)
    do(env, "click[Back to Search]")
    assert asin in (again := page(env, f"search[{MATS}]"))
    assert f"[clicked button] {asin}" not in again


@pytest.mark.parametrize("style", ["text", "text_rich", "react"])
def test_attributes_have_a_page_of_their_own_where_that_is_asked_for(style):
    shop = WebShop(style=style, attributes=True)
    env = begun(shop)
    asin = first_item(env)
    product = shop.shop.product(asin)
    clicks = env.step("").info["clickables"]
    assert clicks.index("attributes") == clicks.index("reviews") + 1 == clicks.index("buy now") - 1
    reading = read_page(page(env, "click[Attributes]"))
    told = (*product.attributes, product.category, product.query, product.product_category)
    assert (reading.kind, reading.texts) == ("sub", list(told))
    assert parse_item(page(env, "click[< Prev]"))["title"] == product.title
    plain = begun(WebShop(style=style))
    first_item(plain)
    before = page(plain, "click[Features]", "click[< Prev]")
    assert "Attributes" not in before
    assert page(plain, "click[Attributes]") in (before, "Invalid action!")


def test_a_search_works_from_every_page():
    env = begun()
    expected = page(env, "search[yoga mat]")
    first_item(env)
    assert page(env, "click[Features]", "search[yoga mat]") == expected


@pytest.mark.parametrize(
    "action",
    ["", "search[]", "buy now", "CLICK[search]", "click[search]", "click[no such thing]", "click[]",
     "search[a [b] c]", "click", "click[Buy Now]", "<r>", "\x00", "\u200b", "click[\ud800]",
     "x" * 10_000, "]][[", "click[" * 50_000, "[a]" * 50_000, "\nsearch[a]"],
)  # fmt: skip
def test_what_is_no_action_here_changes_nothing(action):
    env = begun()
    before = DOMAIN.open(DOMAIN.tasks("dev")[0]).reset()
    transition = env.step(action)
    assert (transition.observation, transition.reward, transition.terminated) == (before, 0, False)


@pytest.mark.parametrize("action", [None, 3, b"search[a]", ["search[a]"], 1.5, object()])
@pytest.mark.parametrize("domain", [DOMAIN, RICH, REACT], ids=["text", "text_rich", "react"])
def test_what_is_no_text_is_no_action(domain, action):
    refused = begun(domain).step(action)
    assert refused.reward == 0
    assert not refused.terminated


@pytest.mark.parametrize(
    "words",
    [
        "x" * 10_000,
        "yoga " * 2_000,
        "\u65e5\u672c\u8a9e 🧘 ñandú",
        "\ud800 a",
        " ",
        "the of",
        "<a> red",
        "\x00",
    ],
)
@pytest.mark.parametrize("domain", [DOMAIN, RICH, REACT], ids=["text", "text_rich", "react"])
def test_any_words_can_be_searched_for(domain, words):
    found = begun(domain).step(f"search[{words}]").observation
    assert "Total results: 50" in found or "Total results: 0" in found


def test_text_after_the_action_is_ignored():
    assert page(begun(), "search[yoga mat] and more") == page(begun(), "search[YOGA mat]")


def test_a_purchase_ends_the_visit():
    env = begun()
    asin = first_item(env)
    last = do(env, "click[Buy Now]")
    assert last.terminated
    assert last.info["asin"] == asin
    assert 0 <= last.reward < 1
    assert str(last.reward) in last.observation
    assert do(env, "search[yoga mat]", "click[Back to Search]", "") == last
    assert env.reset().startswith("WebShop")
    assert not env.step("search[yoga mat]").terminated


def test_nothing_of_the_judgement_is_told_before_the_end():
    env = begun()
    for action in ("search[yoga mat]", "click[Next >]", "nonsense"):
        assert set(env.step(action).info) == {"clickables", "has_search_bar"}


def test_a_visit_is_cut_off_at_its_last_action():
    env = WebShop(actions=3).open(DOMAIN.tasks("dev")[0])
    env.reset()
    assert not do(env, "", "search[a]").truncated
    last = do(env, "search[yoga mat]")
    assert (last.truncated, last.terminated, last.reward) == (True, False, 0)
    assert do(env, "click[Back to Search]") == last


def test_a_purchase_with_the_last_action_counts():
    env = WebShop(actions=3).open(DOMAIN.tasks("dev")[0])
    env.reset()
    first_item(env)
    last = do(env, "click[Buy Now]")
    assert (last.truncated, last.terminated) == (False, True)


def test_react_refuses_in_words_and_shows_little():
    env = begun(REACT)
    assert page(env, "think[what now?]") == "OK."
    for action in ("click[Search]", "click[search]", "buy", "click[Buy Now]"):
        assert page(env, action) == "Invalid action!"
    found = parse_results(page(env, f"search[{MATS}]"))
    assert len(found) == 3
    for action in ("click[Next >]", "search[again]", f"click[{found[0]['asin'].lower()}]"):
        assert page(env, action) == "Invalid action!"
    item = parse_item(page(env, f"click[{found[0]['asin']}]"))
    value = next(iter(item["options"].values()))[0]
    assert page(env, f"click[{value}]") == f"You have clicked {value}."
    assert f"[[{value}]]" in page(env, "click[Features]", "click[< Prev]")
    assert page(env, "click[Buy Now]").startswith("Your score (min 0.0, max 1.0): 0.")


def test_react_shows_as_many_results_as_are_asked_for():
    assert len(parse_results(page(begun(WebShop(style="react", results=10)), "search[mug]"))) == 10


def test_a_goal_that_is_not_there_is_a_domain_error():
    for number in (-1, 10**6):
        with pytest.raises(DomainError, match=rf"no goal {number}: its goals are 0 to \d+\."):
            WebShopEnvironment(DOMAIN.shop, number)
    task = DOMAIN.tasks("dev")[0]
    with pytest.raises(DomainError, match="names no goal"):
        DOMAIN.open(task.model_copy(update={"data": {}}))


@settings(max_examples=500)
@given(st.text("a[]\n ", max_size=12))
def test_an_action_is_split_as_by_the_official_expression(action):
    match = re.match(r"(.+)\[(.+)\]", action)
    assert split_action(action) == (match.groups() if match else ("", ""))


ACTIONS = [
    *("search[mug]", "search[yoga mat black]", "search[ ]", "", "click[]", "think[x]"),
    *("click[< Prev]", "click[Next >]", "click[Back to Search]", "click[black]", "click[4 mm]"),
    *("click[Features]", "click[Reviews]", "click[Description]"),
]


@settings(max_examples=300)
@given(
    st.sampled_from([DOMAIN, RICH, REACT]),
    st.lists(st.one_of(st.text(), st.sampled_from(ACTIONS)), max_size=8),
)
def test_no_text_raises(domain, actions):
    env = begun(domain)
    for action in actions:
        transition = env.step(action)
        assert transition.observation
        assert transition.reward == 0
        json.dumps(transition.model_dump(mode="json"))


def drive(env, rng, steps):
    """Random clicks and searches, mostly possible ones; everything that came of it."""
    seen, options = [], []
    for _ in range(steps):
        possible = [f"click[{x}]" for x in options if x != "buy now"] + ["search[mug black]"]
        transition = env.step(rng.choice(possible) if rng.random() < 0.9 else "click[what]")
        options = transition.info["clickables"]
        seen.append(transition)
    return seen


@pytest.mark.parametrize("domain", [DOMAIN, RICH], ids=["text", "text_rich"])
@pytest.mark.parametrize("number", range(4))
def test_resets_repeat(domain, number):
    env = domain.open(domain.tasks("dev")[number])
    first = env.reset(), drive(env, random.Random(number), 60)
    assert (env.reset(), drive(env, random.Random(number), 60)) == first


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))]
)
def test_a_copy_goes_on_by_itself_in_the_same_shop(copied):
    env = begun(RICH, 3)
    drive(env, random.Random(1), 20)
    twin, other = copied(env), copied(env)
    drive(other, random.Random(2), 20)  # is not felt by the two
    assert drive(twin, random.Random(3), 40) == drive(env, random.Random(3), 40)
    assert len(pickle.dumps(env)) < 50_000


def test_what_can_be_clicked_is_told():
    info = begun().step("search[yoga mat]").info
    assert info["has_search_bar"] is False
    assert info["clickables"][:2] == ["back to search", "next >"]
    assert len(info["clickables"]) == 12
