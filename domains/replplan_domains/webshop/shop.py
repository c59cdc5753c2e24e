"""A shop: products, goals and the index, read-only, one for all who shop in it."""

from __future__ import annotations

import contextlib
import io
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Protocol

from replplan.errors import DomainError
from replplan_domains.webshop.records import Goal, Product
from replplan_domains.webshop.search.index import Index
from replplan_domains.webshop.source import Source, write_shop
from replplan_domains.webshop.storage import Store, Writer, map_file, write_file

FOUND = 50
"""A search brings at most so many products."""

_KEPT = 1000
"""What is found for a longer query is not kept in memory."""


class Counter(Protocol):
    """What pages need of a shop."""

    def search(self, query: str) -> Sequence[str]:
        """The names of the products that are found, best first."""
        ...

    def product(self, asin: str) -> Product:
        """A product by its name."""
        ...


class Shop:
    """A shop that is open. It never changes, so any number of customers share it."""

    def __init__(self, store: Store, source: Source) -> None:
        self._source = source
        self._asins, self._by_asin = store.texts("asins"), store.numbers("by_asin")
        self._products, self._goals = store.texts("products"), store.texts("goals")
        self._index = Index(store, store.numbers("rank"))
        self.splits = {name: store.numbers(f"split/{name}") for name in store.about["splits"]}
        """The numbers of the goals of each split, in order."""
        self._searched = lru_cache(maxsize=1024)(self._search)
        self.product = lru_cache(maxsize=4096)(self._product)
        self.goal = lru_cache(maxsize=1024)(self._goal)

    def __len__(self) -> int:
        return len(self._asins)

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy is the same shop; in another process it is opened there."""
        return open_shop, (self._source,)

    @property
    def asins(self) -> Iterator[str]:
        """The names of all products, in the order of the catalogue."""
        return (asin.decode() for asin in self._asins)

    def search(self, query: str) -> tuple[str, ...]:
        """The names of the products that are found, best first; equal ones by their names."""
        return (self._searched if len(query) <= _KEPT else self._search)(query)

    def _search(self, query: str) -> tuple[str, ...]:
        return tuple(self._asins[n].decode() for n in self._index.search(query, FOUND))

    def _product(self, asin: str) -> Product:
        """A product by its name.

        Raises:
            KeyError: there is none.
        """
        key = asin.encode("utf-8", "surrogatepass")
        place = bisect_left(self._by_asin, key, key=self._asins.__getitem__)
        if place == len(self) or self._asins[self._by_asin[place]] != key:
            raise KeyError(asin)
        return Product.model_validate_json(self._products[self._by_asin[place]])

    def _goal(self, number: int) -> Goal:
        """A goal by its number: those of the split `all` first, then those of people.

        Raises:
            DomainError: there is none.
        """
        if not 0 <= number < len(self._goals):
            last = len(self._goals) - 1
            raise DomainError(f"the shop has no goal {number}: its goals are 0 to {last}.")
        return Goal.model_validate_json(self._goals[number])


def open_shop(source: Source) -> Shop:
    """The shop of a source; a process opens each but once.

    It is built where it is not there yet, and kept in the platform's folder for caches. Where
    nothing can be kept it is built in memory.

    Raises:
        ConfigError: a file is missing.
        DomainError: a file is damaged.
    """
    return _open_shop(source)


@lru_cache(maxsize=4)
def _open_shop(source: Source) -> Shop:
    return Shop(_open_store(source), source)


def _open_store(source: Source) -> Store:
    path = source.path
    with contextlib.suppress(OSError, DomainError):  # not there, or damaged: it is built anew
        return map_file(path)
    try:
        write_file(path, lambda writer: write_shop(writer, source.stock()))
        return map_file(path)
    except OSError:
        file = io.BytesIO()
        write_shop(Writer(file), source.stock())
        return Store(file.getvalue())
