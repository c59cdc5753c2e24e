"""What was recorded of the official shop and of customers in it, read and made playable."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from replplan_domains.webshop.reader import Reading, read_page
from replplan_domains.webshop.records import Goal, Product


def traces(path: Path) -> Iterator[dict[str, Any]]:
    """The traces in a file, one a line."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


class RecordedCounter:
    """A shop that sells what one episode of ReAct saw: all that such an episode can touch."""

    def __init__(self, steps: list[dict[str, str]]) -> None:
        self._found: dict[str, list[str]] = {}
        self._told: dict[str, dict[str, Any]] = {}
        query = asin = ""
        for step in steps:
            action, reading = step["action"], read_page(step["obs"])
            argument = action[action.find("[") + 1 : -1]
            if reading.kind == "results" and action.startswith("search["):
                query = argument
            if reading.kind == "results":
                self._results(query, reading)
            if reading.kind == "item" and argument != "< Prev":
                asin = argument
                self._opened(query, asin)
            self._remember(asin, argument, reading, step["obs"])

    def _results(self, query: str, reading: Reading) -> None:
        seen = [asin for asin, _, _ in reading.products]
        hidden = [f"HIDDEN{i:04}" for i in range(reading.found - len(seen))]
        self._found.setdefault(query, seen + hidden)
        for asin, title, tag in reading.products:
            self._told.setdefault(asin, {}).update(title=title, price_tag=tag)

    def _opened(self, query: str, asin: str) -> None:
        """A product may be opened that stands below those that were shown."""
        found = self._found[query]
        if asin not in found:
            found[next(i for i, name in enumerate(found) if name.startswith("HIDDEN"))] = asin

    def _remember(self, asin: str, argument: str, reading: Reading, page: str) -> None:
        told = self._told.setdefault(asin, {})
        if reading.kind == "item":
            told.update(title=reading.title, price_tag=reading.price, options=reading.options)
        texts = [line[:-1] for line in page.split("\n")[2:]]
        if reading.kind == "sub" and argument == "Features":
            told["bullets"] = [line.strip() for line in texts]
        elif reading.kind == "sub" and argument == "Description":
            told["description"] = "\n".join(texts).strip()

    def search(self, query: str) -> list[str]:
        return self._found.get(query, [])

    def product(self, asin: str) -> Product:
        blank = {"title": "", "description": "", "bullets": [], "options": {}, "price_tag": "$1.0"}
        judged = {"price": 1, "attributes": [], "query": "", "product_category": "", "nouns": []}
        return Product.model_validate({"asin": asin, **blank, **judged, **self._told.get(asin, {})})


def recorded_goal(steps: list[dict[str, str]]) -> Goal:
    """The goal of an episode, as far as it is told."""
    asin = next((s["action"][6:-1] for s in steps if s["action"].startswith("click[B")), "X")
    instruction = read_page(steps[0]["obs"]).instruction
    return Goal(asin=asin, instruction=instruction, attributes=(), options={}, price_upper=0)
