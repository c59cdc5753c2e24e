"""The official files as they are: read, priced, capped and shuffled as the official loader does."""

from __future__ import annotations

import gzip
import json
import logging
from collections import Counter

import psutil
import pytest
from official_files import CAP, ITEMS, MARKS, folder_of, item, shop_of

from replplan.errors import ConfigError, DomainError
from replplan.plugins import make_domain
from replplan_domains.webshop import WebShop, parse_item
from replplan_domains.webshop.official_goals import NO_CAP, Wish, cap_of, goals_of
from replplan_domains.webshop.progress import Progress
from replplan_domains.webshop.title_nouns import nouns_by_rule


# ---------------------------------------------------------------- products
def test_a_product_is_shown_as_the_official_loader_makes_it(tmp_path):
    domain = WebShop(data=folder_of(tmp_path))
    env = domain.open(domain.tasks("all")[0])
    env.reset()
    env.step("search[acme mug 3]")
    assert parse_item(env.step("click[B000000003]").observation) == {
        "title": "Acme Women's Mug 3 with Lid, 2 Pack", "price": 5.5, "price_to": 5.5,
        "options": {"size": ["small", "12 oz | 350 ml"], "color": ["red", "dark blue", "green"]},
        "chosen": [],
    }  # fmt: skip
    assert env.step("click[Features]").observation.endswith("Holds tea. [SEP] Dishwasher safe.")
    made = domain.shop.product("B000000003")
    assert (made.query, made.attributes) == ("mugs", ("DUMMY_ATTR",))
    assert made.nouns == ("acme", "women", "mug", "lid", "pack")


@pytest.mark.parametrize(
    ("pricing", "tag", "low", "high"),
    [
        ("$9.98", "$9.98", 9.98, 9.98),
        ("$1,234.50", "$1234.5", 1234.5, 1234.5),
        ("$26.44$69.99", "$26.44 to $69.99", 26.44, 69.99),
        ("$1.00$2.00$3.00", "$1.0 to $2.0", 1, 2),
        ("", "$100.0", 100, 100),
        (None, "$100.0", 100, 100),
        ("not known", "$100.0", 100, 100),
    ],
)
def test_prices_are_read_and_ranges_drawn_from(tmp_path, pricing, tag, low, high):
    product = shop_of(tmp_path, [item(0, pricing=pricing), item(1)]).product("B000000000")
    assert product.price_tag == tag
    assert low <= product.price <= high
    assert (product.price in (low, high)) is (low == high)


@pytest.mark.parametrize(
    ("changes", "bullets", "options"),
    [
        ({"small_description": "One."}, ("One.",), None),
        ({"small_description": None}, ("",), None),
        ({"small_description": []}, (), None),
        ({"small_description": ["One.", None]}, ("One.", ""), None),
        ({"category": None, "product_category": None}, None, None),
        ({"customization_options": None}, None, {}),
        ({"customization_options": ""}, None, {}),
        ({"full_description": None, "name": None}, None, None),
    ],
)
def test_what_was_scraped_oddly_is_read_all_the_same(tmp_path, changes, bullets, options):
    product = shop_of(tmp_path, [item(0, **changes), item(1), item(4)]).product("B000000000")
    assert bullets is None or product.bullets == bullets
    assert options is None or product.options == options


def test_names_that_are_no_codes_and_repeats_are_left_out(tmp_path):
    items = [*ITEMS, item(0, name="again"), item(5, asin="nan"), item(6, asin="B" * 11)]
    shop = shop_of(tmp_path, items)
    assert list(shop.asins) == [f"B00000000{i}" for i in range(5)]
    assert shop.product("B000000000").title.startswith("Acme")


# ---------------------------------------------------------------- goals
def test_there_is_a_goal_for_each_combination_and_one_cap_for_all_of_a_product(tmp_path):
    shop = shop_of(tmp_path)
    goals = [shop.goal(number) for number in shop.splits["all"]]
    assert len(goals) == 3 * 6
    assert Counter(goal.asin for goal in goals) == dict.fromkeys(MARKS, 6)
    for asin in MARKS:
        assert len({goal.price_upper for goal in goals if goal.asin == asin}) == 1
    one = next(g for g in goals if g.options == {"color": "dark blue", "size": "12 oz | 350 ml"})
    assert one.instruction == (
        "Find me dishwasher safe mugs with color: dark blue, and size: 12 oz | 350 ml,"
        f" and price lower than {one.price_upper:.2f} dollars"
    )
    assert one.price_upper in (20, 30, 40)
    assert [g.asin for g in goals] != sorted(g.asin for g in goals)


def test_goals_of_people_have_values_alone_and_need_attributes(tmp_path):
    shop = shop_of(tmp_path)
    goals = [shop.goal(number) for number in shop.splits["human"]]
    assert {g.asin for g in goals} == {"B000000001", "B000000004"}
    assert all(g.options == ("red",) for g in goals)
    told = {CAP.sub("", g.instruction) for g in goals}
    assert told == {"i want a red mug number 1", "i want a red mug number 4"}


def test_without_people_or_instructions_there_are_fewer_splits_and_goals(tmp_path):
    shop = shop_of(tmp_path, ruled={"B000000000": {"attributes": ["x"]}}, human=None)
    assert {name: len(numbers) for name, numbers in shop.splits.items()} == dict.fromkeys(
        ("train", "dev", "test", "all"), 0
    )


@pytest.mark.parametrize(
    ("price", "least", "most"), [(5.5, 20, 40), (960, 980, 990), (975, 990, 990), (9.99, 20, 40)]
)
def test_a_cap_is_the_larger_of_two_of_the_next_four_steps(price, least, most):
    from random import Random

    caps = {cap_of(price, Random(seed))[1] for seed in range(200)}
    assert (min(caps), max(caps)) == (least, most)
    assert all(cap > price and cap % 10 == 0 for cap in caps)


@pytest.mark.parametrize("price", [980, 985.5, 990, 2000])
def test_near_the_last_step_there_is_no_cap(price):
    from random import Random

    assert cap_of(price, Random(1)) == ("", NO_CAP)


def test_a_product_without_options_has_one_goal_and_one_with_an_empty_option_none():
    plain = Wish("A", "a mug", ("x",), (), 5.0)
    empty = Wish("B", "a cup", ("x",), (("color", ()),), 5.0)
    assert [(g.asin, g.instruction, g.options) for g in goals_of([empty, plain, empty], 1)] == [
        ("A", "a mug", {})
    ]


# ---------------------------------------------------------------- files
def test_the_same_files_give_the_same_shop_and_others_another(tmp_path):
    first = WebShop(data=folder_of(tmp_path))
    goals = [task.goal for task in first.tasks("all")]
    assert [task.goal for task in WebShop(data=tmp_path).tasks("all")] == goals
    other = folder_of(tmp_path, [*ITEMS, item(7)])
    assert WebShop(data=other).source != first.source


def test_the_whole_catalogue_goes_before_the_small_one_and_either_may_be_packed(tmp_path):
    folder_of(tmp_path, size="_1000")
    assert len(WebShop(data=tmp_path).shop) == 5
    for name, content in {"items_shuffle": ITEMS[:3], "items_ins_v2": MARKS}.items():
        packed = gzip.compress(json.dumps(content).encode())
        (tmp_path / f"{name}.json.gz").write_bytes(packed)
    assert len(WebShop(data=tmp_path).shop) == 3


def test_attributes_that_are_missing_are_told(tmp_path):
    folder_of(tmp_path, ruled=None)
    with pytest.raises(ConfigError, match=r"items_shuffle\.json, but no items_ins_v2\.json"):
        WebShop(data=tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("items_shuffle", "[{", "items_shuffle.json is damaged after record 0"),
        ("items_shuffle", '[{"asin": "B1"}]', "record 0 is damaged: name"),
        ("items_shuffle", json.dumps([*ITEMS, 7]), "record 5 is damaged"),
        ("items_shuffle", json.dumps([item(0, pricing="$1.2.3")]), r"record 0 is damaged: pricing"),
        (
            "items_shuffle",
            json.dumps([item(0, customization_options={"a": [{}]})]),
            "options.a.0.value",
        ),
        ("items_ins_v2", "{", "items_ins_v2.json is damaged"),
        ("items_ins_v2", "[]", "holds no JSON object"),
        ("items_ins_v2", '{"B000000000": 3}', "B000000000 is damaged"),
        ("items_ins_v2", '{"B000000000": {"attributes": 3}}', "damaged: attributes"),
        (
            "items_human_ins",
            '{"B000000001": [{}]}',
            "of B000000001 is damaged: wishes.0.instruction",
        ),
        ("items_human_ins", '{"B000000001": 3}', "of B000000001 is damaged"),
        ("items_human_ins", "nothing", "items_human_ins.json is damaged"),
    ],
)
def test_a_damaged_file_is_told_in_a_sentence(tmp_path, name, content, sentence):
    (folder_of(tmp_path) / f"{name}.json").write_text(content)
    with pytest.raises(DomainError, match=sentence) as caught:
        WebShop(data=tmp_path).tasks("all")
    assert "\n" not in str(caught.value)
    assert not [file for file in psutil.Process().open_files() if str(tmp_path) in file.path]


# ---------------------------------------------------------------- nouns
def test_nouns_by_a_pipeline_are_for_files_that_lack_them(tmp_path):
    with pytest.raises(ConfigError, match="come with their nouns"):
        make_domain("webshop", {"nouns": "en_core_web_sm"})
    domain = WebShop(data=folder_of(tmp_path), nouns="no_such_pipeline")
    with pytest.raises(ConfigError, match="no_such_pipeline"):
        domain.tasks("all")


def test_a_pipeline_of_spacy_finds_the_nouns(tmp_path):
    spacy = pytest.importorskip("spacy", reason="the extra spacy is not installed")
    pipeline = spacy.blank("en")
    pipeline.add_pipe("attribute_ruler").add([[{"LOWER": "mug"}]], {"POS": "NOUN"})
    pipeline.to_disk(tmp_path / "pipeline")
    domain = WebShop(data=folder_of(tmp_path), nouns=str(tmp_path / "pipeline"))
    assert domain.shop.product("B000000003").nouns == ("mug",)


def test_our_rule_for_nouns():
    titles = ["Acme® Men’s T-Shirt, 3 Pack (2XL) for the Home", "", "  &  "]
    assert list(nouns_by_rule(titles)) == [
        ("acme", "men", "t", "shirt", "pack", "home"), (), ()
    ]  # fmt: skip


def test_long_work_says_how_far_it_has_come(caplog):
    with caplog.at_level(logging.WARNING):
        assert sum(Progress("products", patience=1e9).watch(range(3000))) == 4_498_500
        assert not caplog.records
        assert len(list(Progress("products", patience=0).watch(range(3000)))) == 3000
    assert "3,000 products so far" in caplog.text
