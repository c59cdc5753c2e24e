"""Pages read back, for code and for people, in all three styles."""

import pytest

from replplan_domains.webshop import WebShop, parse_item, parse_results, readable
from replplan_domains.webshop.reader import read_page

STYLES = ("text", "text_rich", "react")
DOMAINS = {style: WebShop(style=style, results=10) for style in STYLES}
SHOP = DOMAINS["text"].shop


def visit(style):
    environment = DOMAINS[style].open(DOMAINS[style].tasks("dev")[0])
    return environment, environment.reset()


@pytest.mark.parametrize("style", STYLES)
def test_results_are_read_back(style):
    environment, _ = visit(style)
    found = parse_results(environment.step("search[herbal tea]").observation)
    assert [item["asin"] for item in found] == list(SHOP.search("herbal tea")[:10])
    for item in found:
        product = SHOP.product(item["asin"])
        assert item["title"] == product.title
        assert item["price"] <= product.price <= item["price_to"]


@pytest.mark.parametrize("style", STYLES)
def test_products_are_read_back(style):
    environment, _ = visit(style)
    for asin in SHOP.search("running socks")[:10]:
        environment.reset()
        environment.step("search[running socks]")
        item = parse_item(environment.step(f"click[{asin}]").observation)
        product = SHOP.product(asin)
        assert item["title"] == product.title
        assert item["options"] == {n: list(values) for n, values in product.options.items()}
        assert item["chosen"] == []


@pytest.mark.parametrize("style", STYLES)
def test_other_pages_are_refused(style):
    environment, first = visit(style)
    for page in (first, "", "Invalid action!", "OK.", " [SEP] ", "[button]", "[x]"):
        with pytest.raises(ValueError, match="no page of results"):
            parse_results(page)
        with pytest.raises(ValueError, match="no product's page"):
            parse_item(page)
    with pytest.raises(ValueError, match="no product's page"):
        parse_item(environment.step("search[herbal tea]").observation)


@pytest.mark.parametrize("style", STYLES)
def test_people_read_pages_without_separators(style):
    environment, first = visit(style)
    goal = DOMAINS[style].tasks("dev")[0].goal
    assert readable(first) == f"Wanted: {goal}\n\n[Search]"
    results = readable(environment.step("search[herbal tea]").observation)
    assert results.startswith("Results, page 1 of 5 (50 found)\n  B0")
    assert results.endswith("[Back to Search]  [Next >]")
    asin = SHOP.search("herbal tea")[0]
    product = SHOP.product(asin)
    item = readable(environment.step(f"click[{asin}]").observation)
    assert item.split("\n")[:2] == [product.title, product.price_tag]
    for name, values in product.options.items():
        assert f"  {name}: {' · '.join(values)}" in item
    assert item.endswith("[Features]  [Reviews]  [Buy Now]")
    features = readable(environment.step("click[Features]").observation)
    assert all(f"  {bullet}\n" in features for bullet in product.bullets)
    environment.step("click[< Prev]")
    assert "(nothing here)" in readable(environment.step("click[Reviews]").observation)
    environment.step("click[< Prev]")
    last = environment.step("click[Buy Now]")
    assert readable(last.observation).endswith(f"Score: {last.reward}")
    if style != "react":  # which tells the score alone
        assert readable(last.observation).startswith(f"Bought {asin}\n  options: {{}}\n")
    for words in (results, item, features):
        assert "[SEP]" not in words
        assert "button" not in words


def test_a_chosen_value_is_marked_where_it_shows():
    environment, _ = visit("text_rich")
    query = "yoga mat thickness 4 mm color black"
    environment.step(f"search[{query}]")
    asin = SHOP.search(query)[0]
    environment.step(f"click[{asin}]")
    value = SHOP.product(asin).options["color"][0]
    assert f"({value})" in readable(environment.step(f"click[{value}]").observation)


def test_the_domain_shows_pages_to_people_and_words_as_they_are():
    domain = DOMAINS["text"]
    assert domain.show("Invalid action!") == "Invalid action!"
    assert domain.show("WebShop [SEP] Instruction: [SEP] a mug [SEP] Search").startswith("Wanted:")


def test_cells_are_offered_helpers_unless_they_are_denied():
    assert [f.__name__ for f in WebShop().functions] == ["parse_results", "parse_item"]
    assert WebShop(helpers=False).functions == ()


def test_a_product_without_title_or_options_is_read():
    begin = "Instruction: [SEP] a mug [SEP] Back to Search [SEP] "
    results = (
        f"{begin}Page 2 (Total results: 12) [SEP] < Prev [SEP] Next > [SEP] B000000001 [SEP] $1.0"
    )
    assert parse_results(results) == [
        {"asin": "B000000001", "title": "", "price": 1.0, "price_to": 1.0}
    ]
    item = f"{begin}< Prev [SEP] A Mug [SEP] Price: $1.0 to $2.5 [SEP] Rating: N.A. [SEP] Buy Now"
    assert parse_item(item) == {
        "title": "A Mug", "price": 1.0, "price_to": 2.5, "options": {}, "chosen": []
    }  # fmt: skip


def test_official_pages_are_read_back(data_folder):
    """Of the real shop: all options of all products, where pages mark them."""
    shop = WebShop(data=data_folder / "webshop", style="text_rich")
    task = shop.tasks("all")[0]
    environment = shop.open(task)
    for asin in list(shop.shop.asins)[::7]:
        product = shop.shop.product(asin)
        environment.reset()
        environment.step(f"search[{product.title} {product.description}]")
        page = environment.step(f"click[{asin}]").observation
        if read_page(page).kind == "item":
            options = parse_item(page)["options"]
            assert options == {n: list(v) for n, v in product.options.items() if v}
