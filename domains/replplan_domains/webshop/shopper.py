"""Shoppers without a model: baselines that any plan should beat.

Both see what a customer sees, in the style "text", and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from replplan.domain import Environment, Transition
from replplan.errors import DomainError
from replplan_domains.webshop.parsing import parse_item, parse_results
from replplan_domains.webshop.reader import read_page
from replplan_domains.webshop.search.analyser import analyse

Shopper = Callable[[Environment], Transition]

_OPENING = re.compile(
    r"^(?:find me|can you get me|i am looking for|i'm looking for|i need|i want|show me)\s+"
    r"(?:an?\s|some\s)?",
    re.IGNORECASE,
)
_LIMIT = re.compile(r"(?:lower than|less than|budget is|under|below)\s+\$?(\d[\d,]*(?:\.\d+)?)")
_CAP = re.compile(
    r",?\s*(?:and price lower than|and it should cost less than|my budget is)[^,]*$", re.IGNORECASE
)


def one_shot(environment: Environment) -> Transition:
    """Search for the instruction, take the first product, choose the options it names, buy."""
    visit = _Visit(environment)
    found = parse_results(visit.act(f"search[{visit.words}]"))
    if not found:
        return visit.give_up()
    visit.buy(visit.act(f"click[{found[0]['asin']}]"))
    return visit.last


def careful(environment: Environment, looks: int = 20) -> Transition:
    """Look at what is affordable, at its features too, and buy what fits best.

    Args:
        environment: the shop, in the style "text".
        looks: how many products are opened at most; each takes four actions.
    """
    visit = _Visit(environment)
    best, best_fit = "", -1.0
    for asin in visit.affordable(looks):
        fit = visit.fit(asin)
        if fit > best_fit:
            best, best_fit = asin, fit
        if fit >= 1:
            break
    if not best:
        return visit.give_up()
    visit.find(best)
    visit.buy(visit.act(f"click[{best}]"))
    return visit.last


SHOPPERS: Mapping[str, Shopper] = {"one-shot": one_shot, "careful": careful}


@dataclass
class _Visit:
    environment: Environment
    last: Transition = field(init=False)
    pages: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        reading = read_page(self.environment.reset())
        if reading.kind != "search":
            raise DomainError("a shopper without a model shops in the style 'text' alone")
        self.wanted = reading.instruction.lower()
        self.words = _OPENING.sub("", _CAP.sub("", self.wanted))
        amount = _LIMIT.search(self.wanted)
        self.limit = float(amount[1].replace(",", "")) if amount else float("inf")
        self.terms = set(analyse(self.words))

    def act(self, action: str) -> str:
        self.last = self.environment.step(action)
        return self.last.observation

    def give_up(self) -> Transition:
        """Nothing is there to be bought: leave."""
        while not (self.last.terminated or self.last.truncated):
            self.act("click[back to search]")
        return self.last

    def affordable(self, most: int) -> Iterator[str]:
        """The products within the limit, page after page; the page of each is kept in mind."""
        page, number = self.act(f"search[{self.words}]"), 1
        while most > 0 and (found := parse_results(page)):
            for item in found:
                if item["price"] is not None and item["price"] <= self.limit and most > 0:
                    most -= 1
                    self.pages[item["asin"]] = number
                    yield item["asin"]
            page, number = self.act("click[Next >]"), number + 1

    def find(self, asin: str) -> None:
        """Go to the page of results that a product is on."""
        self.act(f"search[{self.words}]")
        for _ in range(self.pages[asin] - 1):
            self.act("click[Next >]")

    def fit(self, asin: str) -> float:
        """The share of the wanted words that a product tells of itself."""
        page = self.act(f"click[{asin}]")
        item = parse_item(page)
        told = [item["title"], *self.named(item["options"]).values()]
        told += item["options"]
        told += read_page(self.act("click[Features]")).texts
        self.act("click[< Prev]")
        self.act("click[< Prev]")
        missing = self.terms - set(analyse(" ".join(told).lower()))
        return 1 - len(missing) / max(len(self.terms), 1)

    def named(self, options: dict[str, list[str]]) -> dict[str, str]:
        """Of each option the value that the instruction names; the longest of several."""
        chosen: dict[str, str] = {}
        for name, values in options.items():
            here = [value for value in values if _names(self.wanted, value)]
            if here:
                chosen[name] = max(here, key=len)
        return chosen

    def buy(self, page: str) -> None:
        for value in self.named(parse_item(page)["options"]).values():
            self.act(f"click[{value}]")
        self.act("click[Buy Now]")


def _names(text: str, value: str) -> bool:
    """Whether a value stands in a text as a whole."""
    return re.search(rf"(?<![\w-]){re.escape(value)}(?![\w-])", text) is not None


def play(shopper: Shopper, environment: Environment) -> dict[str, Any]:
    """What a shopper came to: the reward, and whether it was all."""
    last = shopper(environment)
    reward = last.reward if last.terminated else 0.0
    return {"score": reward, "solved": reward >= 1}
