"""Pages for code and for people: what they say as plain values, and as a text to be read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from replplan.record import Json
from replplan_domains.webshop.reader import Reading, read_page

_AMOUNT = re.compile(r"\$(\d{1,9}(?:\.\d{1,9})?)")
_PER_PAGE = 10


def parse_results(page: str) -> list[dict[str, Json]]:
    """The products of a page of results: dicts with asin, title, price and price_to (dollars).

    `price_to` is the dearest version; where there is but one price it equals `price`.

    Raises:
        ValueError: this is no page of results.
    """
    reading = read_page(page)
    if reading.kind != "results":
        raise ValueError("this is no page of results: give the text that a search returned")
    return [{"asin": asin, "title": title, **_prices(tag)} for asin, title, tag in reading.products]


def parse_item(page: str) -> dict[str, Json]:
    """A product's page: a dict with title, price, price_to, options {name: [values]} and chosen.

    `chosen` are the values that the page shows as chosen: none in the style "text".

    Raises:
        ValueError: this is no product's page.
    """
    reading = read_page(page)
    if reading.kind != "item":
        raise ValueError("this is no product's page: give the text that a click on one returned")
    told = {"title": reading.title, **_prices(reading.price)}
    return told | {"options": reading.options, "chosen": reading.chosen}


def readable(observation: str) -> str:
    """A page as people read it: title, price, options, buttons. What is no page stays as it is."""
    reading = read_page(observation)
    if reading.kind == "words":
        return observation
    lines = list(_LINES[reading.kind](reading))
    if reading.buttons:
        lines += ["", "  ".join(f"[{name}]" for name in reading.buttons)]
    return "\n".join(lines)


def _prices(tag: str) -> dict[str, float | None]:
    amounts = [float(amount) for amount in _AMOUNT.findall(tag)]
    return {"price": min(amounts, default=None), "price_to": max(amounts, default=None)}


def _search_lines(reading: Reading) -> Iterator[str]:
    yield f"Wanted: {reading.instruction}"


def _results_lines(reading: Reading) -> Iterator[str]:
    pages = max(-(-reading.found // _PER_PAGE), 1)
    yield f"Results, page {reading.number} of {pages} ({reading.found} found)"
    width = max((len(tag) for _, _, tag in reading.products), default=0)
    for asin, title, tag in reading.products:
        yield f"  {asin}  {tag:>{width}}  {title or '(no title)'}"
    if not reading.products:
        yield "  (nothing here)"


def _item_lines(reading: Reading) -> Iterator[str]:
    yield reading.title or "(no title)"
    yield reading.price
    for name, values in reading.options.items():
        marked = (f"({value})" if value in reading.chosen else value for value in values)
        yield f"  {name}: {' · '.join(marked)}"


def _sub_lines(reading: Reading) -> Iterator[str]:
    yield from (f"  {text}" for text in reading.texts)
    if not reading.texts:
        yield "  (nothing here)"


def _done_lines(reading: Reading) -> Iterator[str]:
    texts = reading.texts
    if "Purchased" in texts:
        yield "Bought " + " ".join(texts[texts.index("Purchased") + 2 :][:1])
        yield "  options: " + " ".join(texts[texts.index("Purchased") + 4 :][:1])
    scores = [text for text in texts if re.fullmatch(r"(?:.*: )?[\d.]+", text)]
    yield "Score: " + " ".join(scores[-1:]).rpartition(" ")[2]


_LINES = {
    "search": _search_lines,
    "results": _results_lines,
    "item": _item_lines,
    "sub": _sub_lines,
    "done": _done_lines,
}
