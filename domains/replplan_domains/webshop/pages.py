"""The pages of a shop: where a customer stands, and what is to be seen there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from replplan_domains.webshop.records import Goal, Product
from replplan_domains.webshop.shop import Counter

PAGE_SIZE = 10
SEARCH, BACK, PREVIOUS, NEXT, BUY = "Search", "Back to Search", "< Prev", "Next >", "Buy Now"
SUB_PAGES = ("Description", "Features", "Reviews")
ATTRIBUTES = "Attributes"
"""A sub-page that tells what a product is judged by. The official site hides it; so does ours."""

_THANKS = ("Thank you for shopping with us!", "Your code: ", "None",
           " (Paste it in your MTurk interface.)", "Purchased", "asin")  # fmt: skip
_HIDDEN = ("attrs", "None", "category", "None", "query", "None", "product category", "None",
           "Target", "asin", "options", "attrs", "price upper", "instuction text", "category",
           "product category", "query", "Goal ", "None", "Reward")  # fmt: skip
SCORE = "Your score (min 0.0, max 1.0)"


class Place(NamedTuple):
    """Where a customer stands.

    Attributes:
        page: the kind of page.
        keywords: what was searched for, word by word.
        number: the page of results, from 1.
        asin: the product that is open.
        seen: the products that were opened since the last way back to the search page.
        options: the chosen values by name, in the order of choosing.
        sub: the sub-page that is open, in lower case.
        score: what the purchase earned.
    """

    page: Literal["search", "results", "item", "sub", "done"] = "search"
    keywords: tuple[str, ...] = ()
    number: int = 1
    asin: str = ""
    seen: frozenset[str] = frozenset()
    options: tuple[tuple[str, str], ...] = ()
    sub: str = ""
    score: float = 0.0

    @property
    def chosen(self) -> dict[str, str]:
        """The chosen values by name."""
        return dict(self.options)


class Node(NamedTuple):
    """A text on a page, and what it is."""

    kind: Literal["text", "button", "link", "option"]
    text: str


def page_at(
    counter: Counter, goal: Goal, place: Place, subs: Sequence[str] = SUB_PAGES
) -> list[Node]:
    """All that is on a page, in order. Empty texts vanish, and blanks alone are one blank.

    Args:
        counter: where products are found.
        goal: the customer's.
        place: where the customer stands.
        subs: the sub-pages that a product's page leads to.
    """
    nodes = _nodes(counter, goal, place, subs)
    return [Node(kind, text if text.strip() else " ") for kind, text in nodes if text]


def clickables(page: Iterable[Node]) -> list[str]:
    """What can be clicked, in lower case: buttons, then products, then option values."""
    names = {"button": list[str](), "link": list[str](), "option": list[str]()}
    for kind, text in page:
        if kind != "text":
            names[kind].append(text if kind == "option" else text.lower())
    return list(dict.fromkeys(names["button"] + names["link"] + names["option"]))


def _nodes(counter: Counter, goal: Goal, place: Place, subs: Sequence[str]) -> Iterator[Node]:
    if place.page == "search":
        yield from _texts("WebShop", "Instruction: ", goal.instruction)
        yield Node("button", SEARCH)
    elif place.page == "done":
        yield from _done(place)
    else:
        yield from _texts("Instruction:", goal.instruction)
        yield Node("button", BACK)
        if place.page == "results":
            yield from _results(counter, place)
            return
        yield Node("button", PREVIOUS)
        product = counter.product(place.asin)
        yield from _item(product, subs) if place.page == "item" else _sub(product, place.sub)


def _texts(*texts: str) -> Iterator[Node]:
    return (Node("text", text) for text in texts)


def _results(counter: Counter, place: Place) -> Iterator[Node]:
    found = counter.search(" ".join(place.keywords))
    yield Node("text", f"Page {place.number} (Total results: {len(found)})")
    if place.number > 1:
        yield Node("button", PREVIOUS)
    yield Node("button", NEXT)
    for asin in found[(place.number - 1) * PAGE_SIZE : place.number * PAGE_SIZE]:
        product = counter.product(asin)
        yield Node("link", asin)
        yield from _texts(product.title, product.price_tag)


def _item(product: Product, subs: Sequence[str]) -> Iterator[Node]:
    for name, values in product.options.items():
        yield Node("text", name)
        yield from (Node("option", value) for value in values)
    yield from _texts(product.title, f"Price: {product.price_tag}", "Rating: N.A.")
    yield from (Node("button", name) for name in (*subs, BUY))


def _sub(product: Product, sub: str) -> Iterator[Node]:
    if sub == "description":
        yield Node("text", product.description)
    elif sub == "features":
        yield from _texts(*(f" {bullet}" for bullet in product.bullets))
    elif sub == ATTRIBUTES.lower():
        yield from _texts(*(f" {attribute}" for attribute in product.attributes))
        yield from _texts(product.category, product.query, product.product_category)


def _done(place: Place) -> Iterator[Node]:
    options = json.dumps(place.chosen, sort_keys=True)
    for char in "<>&'":  # as a page's templates write JSON
        options = options.replace(char, f"\\u{ord(char):04x}")
    yield from _texts(*_THANKS, place.asin, "options", options, *_HIDDEN)
    yield from _texts(SCORE, str(place.score), "Reward Details ", "None")
