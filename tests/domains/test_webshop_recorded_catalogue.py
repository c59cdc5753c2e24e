"""The recorded catalogue, as official files and by our rule for nouns."""

from __future__ import annotations

import gzip
import json

import pytest
from official_files import CAP, item, shop_of

from replplan_domains.webshop import WebShop
from replplan_domains.webshop.reward import judge
from replplan_domains.webshop.title_nouns import nouns_by_rule


# ---------------------------------------------------------------- the recorded catalogue
def recorded(folder, name):
    return json.loads(gzip.decompress((folder / f"{name}.json.gz").read_bytes()))


def scraped(product):
    """A recorded product as it stood in the official file."""
    priced = "".join(f"${amount}" for amount in product["pricing"])
    options = {n: [{"value": v} for v in values] for n, values in product["options"].items()}
    return item(
        0, asin=product["asin"], name=product["title"], pricing=priced, query=product["query"],
        full_description=product["description"], small_description=product["bullets"],
        customization_options=options, product_category=product["product_category"],
    )  # fmt: skip


def instructed(goal):
    """The instruction that a recorded goal was made from."""
    told = ", and ".join(f"{name}: {value}" for name, value in goal["options"].items())
    text = CAP.sub("", goal["instruction"])
    return {
        "instruction": text.removesuffix(f" with {told}"),
        "instruction_attributes": goal["attributes"],
    }


@pytest.mark.slow
def test_the_recorded_catalogue_as_official_files_gives_the_recorded_goals(tmp_path, data_folder):
    """All but what nobody seeded: prices out of ranges, and caps."""
    folder = data_folder / "webshop"
    products, goals, human = (recorded(folder, n) for n in ("products", "goals", "human_goals"))
    ruled = {p["asin"]: {"attributes": p["attributes"]} for p in products}
    for goal in goals:
        ruled[goal["asin"]] |= instructed(goal)
    wished = {}
    for goal in human:
        told = instructed(goal | {"options": {}})
        wish = told | {"instruction_options": goal["options"]}
        wished.setdefault(goal["asin"], []).append(wish)
    mine = shop_of(tmp_path, [scraped(p) for p in products], ruled, wished, size="_1000")
    assert list(mine.asins) == [p["asin"] for p in products]
    for product in products:
        made = mine.product(product["asin"])
        told = ("title", "description", "price_tag", "query", "product_category")
        assert [getattr(made, name) for name in told] == [product[name] for name in told]
        assert made.bullets == tuple(product["bullets"])
        assert list(made.options.items()) == [(n, tuple(v)) for n, v in product["options"].items()]
        assert len(product["pricing"]) > 1 or made.price == product["price"]
    assert len(mine.splits["all"]) == len(goals)
    for number, goal in enumerate(goals):
        made = mine.goal(number)
        assert (made.asin, made.attributes) == (goal["asin"], tuple(goal["attributes"]))
        assert made.options == goal["options"]
        assert CAP.sub("", made.instruction) == CAP.sub("", goal["instruction"])
        assert made.gold_reward == pytest.approx(goal["gold_reward"], abs=1e-6)
    theirs = sorted(CAP.sub("", goal["instruction"]) for goal in human)
    people = [mine.goal(number).instruction for number in mine.splits["human"]]
    assert sorted(CAP.sub("", text) for text in people) == theirs


def test_our_rule_for_nouns_judges_nearly_as_the_recorded_nouns_do(data_folder):
    """The factor for the kind of thing, of every goal's product among what its search finds."""
    shop = WebShop(data=data_folder / "webshop").shop
    same = total = 0
    for number in shop.splits["all"][:400]:
        goal = shop.goal(number)
        wanted = shop.product(goal.asin)
        for asin in shop.search(goal.instruction.lower())[:20:4]:
            bought = shop.product(asin)
            total += 1
            same += factor(bought, wanted, goal) == factor(ruled(bought), ruled(wanted), goal)
    assert same / total > 0.94


def factor(bought, wanted, goal):
    return judge(bought, wanted, goal, ()).type_factor


def ruled(product):
    (nouns,) = nouns_by_rule([product.title])
    return product.model_copy(update={"nouns": nouns})
