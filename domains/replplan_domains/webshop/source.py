"""Where the goods of a shop come from, and how its file is written."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from replplan.errors import ConfigError, DomainError
from replplan_domains.webshop.folder import Folder
from replplan_domains.webshop.goods import GoodsStock, goods_fingerprint
from replplan_domains.webshop.official import SEED, OfficialStock, official_files
from replplan_domains.webshop.progress import Progress
from replplan_domains.webshop.reading import fingerprint_of
from replplan_domains.webshop.records import Goal, Product
from replplan_domains.webshop.reward import gold_reward
from replplan_domains.webshop.search.index import IndexBuilder
from replplan_domains.webshop.splits import Head, make_splits
from replplan_domains.webshop.storage import Writer
from replplan_domains.webshop.title_nouns import OWN_RULE, tagger_named

FORMAT = "2"
"""Of the file; another one is built anew."""


class Stock(Protocol):
    """What a shop is made from."""

    def wanted(self) -> Set[str]:
        """The names of the products that goals were made from, and maybe of others."""
        ...

    def products(self) -> Iterable[Product]:
        """All products, in the order of the catalogue. They are asked for before goals are."""
        ...

    def goals(self) -> Iterable[Goal]:
        """The goals, in their order."""
        ...

    def human_goals(self) -> Iterable[Goal]:
        """Goals that people wrote, where there are such."""
        ...


@dataclass(frozen=True)
class Source:
    """Names a stock for good: the folder or the seed, and a fingerprint of what is in it.

    `nouns` is the tagger of titles, where the official files are read, which lack their nouns.
    """

    data: Path | None
    seed: int
    nouns: str
    fingerprint: str

    @classmethod
    def of(cls, data: Path | None, seed: int = 0, nouns: str = OWN_RULE) -> Source:
        """The source as it is now.

        Raises:
            ConfigError: the folder is no catalogue, or it comes with its nouns.
        """
        mark = goods_fingerprint(seed) if data is None else _fingerprint(data, nouns)
        if nouns != OWN_RULE and (data is None or not official_files(data)):
            raise ConfigError("these goods come with their nouns: leave out --nouns.")
        return cls(data, seed, nouns, hashlib.sha256(f"{FORMAT} {mark}".encode()).hexdigest())

    def stock(self) -> Stock:
        """The products and goals.

        Raises:
            ConfigError: the folder is no catalogue any more, or the tagger is not installed.
            DomainError: an official file is damaged.
        """
        if self.data is None:
            return GoodsStock(self.seed)
        if files := official_files(self.data):
            return OfficialStock(files, tagger_named(self.nouns))
        return Folder(self.data)

    @property
    def path(self) -> Path:
        """Where the shop's file is kept."""
        import platformdirs

        folder = platformdirs.user_cache_path("replplan") / "webshop"
        return folder / f"{self.fingerprint[:32]}.shop"


def _fingerprint(folder: Path, nouns: str) -> str:
    if files := official_files(folder):
        return f"{fingerprint_of(files)} {SEED} {nouns}"
    return Folder(folder).fingerprint()


def write_shop(writer: Writer, stock: Stock) -> None:
    """Write all that a shop needs, one product and one goal at a time.

    Raises:
        DomainError: the stock is damaged, or a goal wants a product that is not there.
    """
    index, asins, found = IndexBuilder(), list[bytes](), dict[str, bytes]()
    wanted, progress = stock.wanted(), Progress("products")

    def documents() -> Iterator[bytes]:
        for product in progress.watch(stock.products()):
            asins.append(product.asin.encode())
            index.add(product.indexed)
            text = product.model_dump_json().encode()
            if product.asin in wanted:
                found[product.asin] = text
            yield text

    writer.texts("products", documents())
    _write_names(writer, asins)
    index.write(writer)
    splits = _write_goals(writer, stock, found)
    for name, numbers in splits.items():
        writer.numbers(f"split/{name}", [array("I", numbers)], "I")
    writer.finish({"splits": list(splits)})


def _write_goals(writer: Writer, stock: Stock, found: dict[str, bytes]) -> dict[str, list[int]]:
    """Write the goals, those of people last; the numbers of those of each split."""
    heads, human, progress = list[Head](), 0, Progress("goals")

    def goals() -> Iterator[bytes]:
        nonlocal human
        for goal in progress.watch(stock.goals()):
            yield told(goal)
        for goal in stock.human_goals():
            human += 1
            yield told(goal)

    def told(goal: Goal) -> bytes:
        goal = _with_gold(goal, len(heads), found)
        heads.append(Head(goal.asin, goal.gold_reward))
        return goal.model_dump_json().encode()

    writer.texts("goals", goals())
    return make_splits(heads, human)


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


def _with_gold(goal: Goal, number: int, found: dict[str, bytes]) -> Goal:
    """The goal with its gold reward."""
    if goal.asin not in found:
        raise DomainError(f"goal {number} wants {goal.asin}, which is not in the catalogue.")
    if goal.gold_reward is not None:
        return goal
    product = Product.model_validate_json(found[goal.asin])
    return goal.model_copy(update={"gold_reward": gold_reward(goal, product)})
