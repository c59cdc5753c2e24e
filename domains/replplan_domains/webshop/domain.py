"""WebShop as a domain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from replplan.domain import Domain, Environment, Task
from replplan.errors import ConfigError, DomainError
from replplan_domains.seeded import check_split
from replplan_domains.webshop.environment import STYLES, Manner, WebShopEnvironment
from replplan_domains.webshop.pages import PAGE_SIZE
from replplan_domains.webshop.parsing import parse_item, parse_results, readable
from replplan_domains.webshop.shop import FOUND, Shop, open_shop
from replplan_domains.webshop.shopper import careful
from replplan_domains.webshop.source import Source
from replplan_domains.webshop.splits import OWN_SPLITS
from replplan_domains.webshop.tasks import DOMAIN, ShopTasks, find_task
from replplan_domains.webshop.title_nouns import OWN_RULE

SYNTHETIC = "synthetic"

DESCRIPTION = """\
You shop for a customer, by his instruction. act("...") does one of:
search[words]: the products found, {size} a page, {found} at most
click[X]: X is a button on the page, a product's code, or an option's value
- A product's page: option values to click (one of each option that is asked for), Description, \
Features, Reviews, Buy Now. "< Prev" goes back a page; on results "Next >" brings {more} more.
- Not all is in titles: Features and Description tell the rest. Check price and options too.
- What is refused changes nothing. The page does not show which options you chose.
Click Buy Now once: it ends the plan, and the purchase is judged by attributes, options, price and \
kind of product. You have {actions} actions."""

REACT_DESCRIPTION = """\
You shop for a customer, by his instruction. act("...") does one of:
search[words]: only on the first page; shows the best {results} products
click[X]: X is a button on the page, a product's code, or an option's value, written as shown
- A product's page: option values to click (one of each option that is asked for), Description, \
Features, Reviews, Buy Now. "< Prev" goes back a page, "Back to Search" to the first.
- Not all is in titles: Features and Description tell the rest. Check price and options too.
Click Buy Now once: it ends the plan, and the purchase is judged by attributes, options, price and \
kind of product. You have {actions} actions."""


class WebShop(Domain):
    """Shopping by an instruction: search, look, choose options, buy.

    Without data the shop sells goods of our own that follow from a seed. With it, it sells those
    of the folder, and the split `all` has its goals in their order. `train`, `dev` and `test` are
    made by product, without goals that cannot earn reward 1; `human` are goals written by people.
    """

    name: ClassVar[str] = DOMAIN
    summary: ClassVar[str] = "shopping by instruction (WebShop): own shop, own or official goods"
    baseline: ClassVar[str] = "by rule: buys what fits best of what is affordable"
    shares_process: bool = True
    copies: bool = True

    def __init__(
        self,
        data: Path | str | None = None,
        goods: str = SYNTHETIC,
        goods_seed: int = 0,
        style: str = "text",
        results: int = 3,
        actions: int = 100,
        helpers: bool = True,
        nouns: str = OWN_RULE,
        attributes: bool = False,
    ) -> None:
        """Choose goods and manner.

        Args:
            data: a folder with a catalogue: `products.json.gz` and `goals.json.gz`, or the
                official `items_shuffle.json` and `items_ins_v2.json`; None for goods of our own.
            goods: which those are; there is one kind, "synthetic".
            goods_seed: what they follow from.
            style: how pages are written: "text" (with separators), "text_rich" (a line each,
                buttons marked) or "react" (ReAct's short pages and narrower actions).
            results: how many products of a page of results the style "react" shows.
            actions: after so many actions without a purchase the visit is cut off.
            helpers: whether cells may call `parse_results(page)` and `parse_item(page)`.
            nouns: how the nouns of titles are found where the official files are read, which
                lack them: "rule" (our own), or the name of an installed pipeline of spaCy.
            attributes: whether a product has the sub-page "Attributes", which tells the hidden
                ones and so half of the answer. The official site leaves it out.

        Raises:
            ConfigError: `data` is no folder of a catalogue, or another value is not possible.
        """
        if goods != SYNTHETIC:
            raise ConfigError(f"there are no goods {goods!r}: choose {SYNTHETIC}, or give data.")
        if style not in STYLES:
            raise ConfigError(f"there is no style {style!r}: choose one of {', '.join(STYLES)}.")
        if actions < 1:
            raise ConfigError(f"actions is {actions}: a visit needs at least 1 action.")
        if not 1 <= results <= PAGE_SIZE:
            raise ConfigError(f"results is {results}: a page has 1 to {PAGE_SIZE} products.")
        self.data = None if data is None else Path(data).absolute()
        self.goods_seed, self.helpers, self.nouns = goods_seed, helpers, nouns
        self.observation_size = 4000 if data is None else None  # pages tell what the data has
        self.manner = Manner(style, results, actions, attributes)
        self.source  # noqa: B018 what is wrong with a folder is said at once

    @cached_property
    def source(self) -> Source:
        """Where the goods come from."""
        return Source.of(self.data, self.goods_seed, self.nouns)

    @property
    def shop(self) -> Shop:
        """The shop, opened where that is not done yet. All domains of its goods share it.

        Raises:
            DomainError: the catalogue is damaged.
        """
        return open_shop(self.source)

    @property
    def description(self) -> str:
        """The actions, what pages tell and hide, and how a purchase is judged."""
        manner = self.manner
        if manner.style == "react":
            return REACT_DESCRIPTION.format(results=manner.results, actions=manner.actions)
        return DESCRIPTION.format(
            size=PAGE_SIZE, more=PAGE_SIZE, found=FOUND, actions=manner.actions
        )

    def splits(self) -> tuple[str, ...]:
        """Train, dev and test by product; all goals; those of people, where there are some."""
        return OWN_SPLITS if self.data is None else tuple(self.shop.splits)

    def tasks(self, split: str) -> Sequence[Task]:
        """The goals of a split.

        Raises:
            ConfigError: there is no such split.
            DomainError: the catalogue is damaged.
        """
        check_split("WebShop", split, self.splits())
        return ShopTasks(self.shop, split, self.shop.splits[split])

    def task(self, id: str) -> Task:  # noqa: A002 the surface's own word
        """The task of that id, such as "goal-0".

        Raises:
            KeyError: there is none.
            DomainError: the catalogue is damaged.
        """
        return find_task(self.shop, id)

    def open(self, task: Task) -> WebShopEnvironment:
        """A visit with the goal of a task.

        Raises:
            DomainError: the shop has no such goal, or its catalogue is damaged.
        """
        number = task.data.get("goal")
        if not isinstance(number, int):
            raise DomainError(f"the task {task.id!r} names no goal of the shop.")
        return WebShopEnvironment(self.shop, number, self.manner)

    def gold(self, task: Task) -> Sequence[str] | None:
        """Look for the very product that the goal was made from, choose its options, buy it."""
        goal = self.shop.goal(int(task.data["goal"]))
        if self.manner.style != "text" or (goal.gold_reward or 0) < 1:
            return None
        words = self.shop.product(goal.asin).title.lower()
        found = list(self.shop.search(words))
        if goal.asin not in found:
            return None
        pages = found.index(goal.asin) // PAGE_SIZE
        return [
            f"search[{words}]",
            *["click[Next >]"] * pages,
            f"click[{goal.asin}]",
            *(f"click[{value}]" for value in goal.values),
            "click[Buy Now]",
        ]

    def play(self, task: Task, world: Environment | None) -> None:
        """Open what is affordable, read its features, buy what fits best; in the style "text".

        Raises:
            DomainError: the pages are of another style.
        """
        assert world is not None
        careful(world)

    @property
    def functions(self) -> tuple[Callable[..., Any], ...]:
        """Two that read pages, unless helpers are denied."""
        return (parse_results, parse_item) if self.helpers else ()

    @property
    def demos(self) -> Path | None:
        """Demonstrations on our own goods; they read pages in the style "text", and only there."""
        return Path(__file__).parent / "demos" if self.manner.style == "text" else None

    @classmethod
    def show(cls, observation: str) -> str:
        """A page as people read it: title, price, options, buttons."""
        return readable(observation)
