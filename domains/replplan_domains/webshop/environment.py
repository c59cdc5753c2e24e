"""A visit to the shop as an environment."""

from __future__ import annotations

from dataclasses import dataclass

from replplan.domain import Environment, Transition
from replplan.record import Json
from replplan_domains.webshop.pages import ATTRIBUTES, SUB_PAGES, Node, Place, clickables
from replplan_domains.webshop.rules import Outcome, ReactRules, Rules
from replplan_domains.webshop.shop import Shop
from replplan_domains.webshop.styles import react, rich, text

STYLES = ("text", "text_rich", "react")


@dataclass(frozen=True)
class Manner:
    """How the shop presents itself.

    Attributes:
        style: one of `STYLES`.
        results: how many products of a page of results the style `react` shows.
        actions: after so many actions a visit without a purchase is cut off.
        attributes: whether a product has a sub-page that tells what it is judged by.
    """

    style: str = "text"
    results: int = 3
    actions: int = 100
    attributes: bool = False

    @property
    def subs(self) -> tuple[str, ...]:
        """The sub-pages of a product."""
        return (*SUB_PAGES, ATTRIBUTES) if self.attributes else SUB_PAGES

    def write(self, page: list[Node], place: Place) -> str:
        """A page in this style."""
        if self.style == "text":
            return text(page)
        return rich(page, place) if self.style == "text_rich" else react(page, place, self.results)


class WebShopEnvironment(Environment):
    """One customer with one goal.

    Beside the shop, which all share, it holds immutable values alone: `copy.copy`, `deepcopy` and
    `pickle` make a second customer who goes on from here by himself. After the end it repeats its
    last transition and counts nothing.
    """

    def __init__(self, shop: Shop, number: int, manner: Manner | None = None) -> None:
        """Begin a visit.

        Args:
            shop: where to.
            number: the number of the goal.
            manner: how the shop presents itself.

        Raises:
            DomainError: there is no such goal.
        """
        self._manner = manner or Manner()
        rules = ReactRules if self._manner.style == "react" else Rules
        self._rules = rules(shop, shop.goal(number), self._manner.subs)
        self._place, self._done = Place(), 0
        self._end: Transition | None = None

    def reset(self) -> str:
        """Begin anew, on the search page, which tells the instruction."""
        self._place, self._done, self._end = Place(), 0, None
        return self._manner.write(self._rules.page(self._place), self._place)

    def step(self, action: str) -> Transition:
        """Do one action.

        Anything that is no action, or not possible on this page, leaves everything as it is; the
        style `react` says so. The transition's info has the `clickables` of the page and whether
        it `has_search_bar`; that of a purchase tells how it was judged.
        """
        if self._end is not None:
            return self._end
        self._done += 1
        outcome = self._perform(action)
        self._place = outcome.place
        transition = self._transition(outcome)
        if transition.terminated or transition.truncated:
            self._end = transition
        return transition

    def _perform(self, action: str) -> Outcome:
        return self._rules.perform(self._place, action if isinstance(action, str) else "")

    def _transition(self, outcome: Outcome) -> Transition:
        page = self._rules.page(self._place)
        written = outcome.words
        if written is None:
            written = self._manner.write(page, self._place)
        info: dict[str, Json] = {
            "clickables": clickables(page),
            "has_search_bar": self._place.page == "search",
        }
        judgement = outcome.judgement
        if judgement is not None:
            info |= {"asin": self._place.asin, "options": self._place.chosen}
            info |= judgement.model_dump(mode="json")
        return Transition(
            observation=written,
            reward=judgement.reward if judgement else 0.0,
            terminated=judgement is not None,
            truncated=judgement is None and self._done >= self._manner.actions,
            info=info,
        )
