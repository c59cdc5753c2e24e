"""Where the goods of a shop come from, and how its file is written."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from replplan.errors import DomainError
from replplan_domains.webshop.goods import GoodsStock, goods_fingerprint
from replplan_domains.webshop.reading import Folder
from replplan_domains.webshop.records import Goal, Product
from replplan_domains.webshop.reward import gold_reward
from replplan_domains.webshop.search.index import IndexBuilder
from replplan_domains.webshop.splits import make_splits
from replplan_domains.webshop.storage import Writer

FORMAT = "1"
"""Of the file; another one is built anew."""


class Stock(Protocol):
    """What a shop is made from."""

    def products(self) -> Iterable[Product]:
        """All products, in the order of the catalogue."""
        ...

    def goals(self) -> Iterable[Goal]:
        """The goals, in their order."""
        ...

    def human_goals(self) -> Iterable[Goal]:
        """Goals that people wrote, where there are such."""
        ...


@dataclass(frozen=True)
class Source:
    """Names a stock for good: the folder or the seed, and a fingerprint of what is in it."""

    data: Path | None
    seed: int
    fingerprint: str

    @classmethod
    def of(cls, data: Path | None, seed: int) -> Source:
        """The source as it is now.

        Raises:
            ConfigError: the folder is no catalogue.
        """
        mark = goods_fingerprint(seed) if data is None else Folder(data).fingerprint()
        return cls(data, seed, hashlib.sha256(f"{FORMAT} {mark}".encode()).hexdigest())

    def stock(self) -> Stock:
        """The products and goals.

        Raises:
            ConfigError: the folder is no catalogue any more.
        """
        return GoodsStock(self.seed) if self.data is None else Folder(self.data)

    @property
    def path(self) -> Path:
        """Where the shop's file is kept."""
        import platformdirs

        folder = platformdirs.user_cache_path("replplan") / "webshop"
        return folder / f"{self.fingerprint[:32]}.shop"


def write_shop(writer: Writer, stock: Stock) -> None:
    """Write all that a shop needs.

    Raises:
        DomainError: the stock is damaged, or a goal wants a product that is not there.
    """
    goals, human_goals = list(stock.goals()), list(stock.human_goals())
    wanted = {goal.asin for goal in (*goals, *human_goals)}
    found, asins, index = dict[str, Product](), list[bytes](), IndexBuilder()

    def documents() -> Iterator[bytes]:
        for product in stock.products():
            asins.append(product.asin.encode())
            index.add(product.indexed)
            if product.asin in wanted:
                found[product.asin] = product
            yield product.model_dump_json().encode()

    writer.texts("products", documents())
    _write_names(writer, asins)
    index.write(writer)
    goals = [_with_gold(goal, number, found) for number, goal in enumerate((*goals, *human_goals))]
    writer.texts("goals", (goal.model_dump_json().encode() for goal in goals))
    splits = make_splits(goals, len(human_goals))
    for name, numbers in splits.items():
        writer.numbers(f"split/{name}", [array("I", numbers)], "I")
    writer.finish({"splits": list(splits)})


def _write_names(writer: Writer, asins: Sequence[bytes]) -> None:
    """The names of the products, and the two ways between catalogue and alphabet."""
    by_asin = array("I", sorted(range(len(asins)), key=asins.__getitem__))
    rank = array("I", bytes(by_asin.itemsize * len(asins)))
    for place, number in enumerate(by_asin):
        rank[number] = place
        if place and asins[number] == asins[by_asin[place - 1]]:
            raise DomainError(f"two products of the catalogue are called {asins[number].decode()}.")
    writer.texts("asins", asins)
    writer.numbers("by_asin", [by_asin], "I")
    writer.numbers("rank", [rank], "I")


def _with_gold(goal: Goal, number: int, found: dict[str, Product]) -> Goal:
    """The goal with its gold reward."""
    if goal.asin not in found:
        raise DomainError(f"goal {number} wants {goal.asin}, which is not in the catalogue.")
    if goal.gold_reward is not None:
        return goal
    return goal.model_copy(update={"gold_reward": gold_reward(goal, found[goal.asin])})
