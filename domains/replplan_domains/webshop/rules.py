"""What an action does: from one place in the shop to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from replplan_domains.webshop.pages import (
    ATTRIBUTES,
    BACK,
    BUY,
    NEXT,
    PREVIOUS,
    SEARCH,
    SUB_PAGES,
    Node,
    Place,
    clickables,
    page_at,
)
from replplan_domains.webshop.records import Goal
from replplan_domains.webshop.reward import Judgement, judge
from replplan_domains.webshop.shop import Counter

INVALID = "Invalid action!"
_SUBS = {name.lower() for name in (*SUB_PAGES, ATTRIBUTES)}


class Outcome(NamedTuple):
    """What came of an action: the place, words to be said instead of its page, the judgement."""

    place: Place
    words: str | None = None
    judgement: Judgement | None = None


@dataclass(frozen=True)
class Rules:
    """The actions of the official site. What is no action, or not possible here, does nothing.

    Attributes:
        counter: where products are found.
        goal: the customer's.
        subs: the sub-pages of a product.
    """

    counter: Counter
    goal: Goal
    subs: tuple[str, ...] = SUB_PAGES
    _last: dict[Place, list[Node]] = field(default_factory=dict, repr=False, compare=False)

    def page(self, place: Place) -> list[Node]:
        """All that is on the page there. The last one is kept: an action begins where one ended."""
        page = self._last.get(place)
        if page is None:
            page = page_at(self.counter, self.goal, place, self.subs)
            self._last.clear()
            self._last[place] = page
        return page

    def perform(self, place: Place, action: str) -> Outcome:
        """Do an action: `search[words]`, on every page, or `click[something on the page]`."""
        name, value = split_action(action)
        value = value.lower()
        if name == "search":
            return Outcome(_results(place, tuple(value.split(" ")), 1))
        possible = name == "click" and value != SEARCH.lower()
        if possible and value in clickables(self.page(place)):
            return self.click(place, value)
        return Outcome(place)

    def click(self, place: Place, value: str) -> Outcome:
        """Click what is on the page; `value` in lower case, but for option values."""
        if value == BUY.lower():
            return self._buy(place)
        if value == BACK.lower():
            return Outcome(Place())
        if value == NEXT.lower() and place.page == "results":
            # There is no last page: beyond the end they are empty.
            return Outcome(_results(place, place.keywords, place.number + 1))
        if value == PREVIOUS.lower():
            return Outcome(_back(place))
        if value in _SUBS and place.page == "item":
            return Outcome(place._replace(page="sub", sub=value))
        if place.page == "results":
            asin = value.upper()
            return Outcome(place._replace(page="item", asin=asin, seen=place.seen | {asin}))
        return Outcome(self._choose(place, value))

    def _buy(self, place: Place) -> Outcome:
        bought, wanted = (self.counter.product(a) for a in (place.asin, self.goal.asin))
        judgement = judge(bought, wanted, self.goal, place.chosen.values())
        return Outcome(place._replace(page="done", score=judgement.reward), None, judgement)

    def _choose(self, place: Place, value: str) -> Place:
        options = self.counter.product(place.asin).options
        names = [name for name, values in options.items() if value in values]
        chosen = place.chosen | {names[-1]: value}  # under two names: the last one wins
        return place._replace(options=tuple(chosen.items()))


class ReactRules(Rules):
    """The narrower actions of ReAct's wrapper, which says when it refuses one.

    Names are case-sensitive, results cannot be paged through, `think[...]` is answered `OK.`
    """

    def perform(self, place: Place, action: str) -> Outcome:
        """Do an action: `search[words]` on the search page, or `click[Something on the page]`."""
        if action.startswith("think["):
            return Outcome(place, "OK.")
        value = action[action.find("[") + 1 : -1]
        if action.startswith("search[") and place.page == "search":
            return Outcome(_results(place, tuple(value.split(" ")), 1))
        page = self.page(place)
        if not action.startswith("click[") or not self._possible(place, page, value):
            return Outcome(place, INVALID)
        if Node("option", value) in page:
            return Outcome(self.click(place, value).place, f"You have clicked {value}.")
        return self.click(place, value.lower())

    @staticmethod
    def _possible(place: Place, page: list[Node], value: str) -> bool:
        if value in (NEXT, SEARCH) or (value == PREVIOUS and place.page == "results"):
            return False
        return any(value == node.text for node in page if node.kind != "text")


def split_action(action: str) -> tuple[str, str]:
    """The name and the argument of an action; both empty where it is none.

    As the greedy regular expression `(.+)\\[(.+)\\]` would do it from the beginning, without its
    quadratic time.
    """
    line = action.partition("\n")[0]
    end = line.rfind("]")
    begin = line.rfind("[", 1, max(end - 1, 0))
    return (line[:begin], line[begin + 1 : end]) if begin > 0 else ("", "")


def _results(place: Place, keywords: tuple[str, ...], number: int) -> Place:
    return Place(page="results", keywords=keywords, number=number, seen=place.seen)


def _back(place: Place) -> Place:
    if place.page == "sub":
        return place._replace(page="item")
    return _results(place, place.keywords, place.number - (place.page == "results"))
