"""The catalogue of a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Set
from functools import cached_property
from importlib.resources import files

from replplan_domains.draw import Draw
from replplan_domains.webshop.goods.make import make_products
from replplan_domains.webshop.goods.wants import make_goals
from replplan_domains.webshop.records import Goal, Product

EDITION = "1"
"""Part of every seed; another one would be another catalogue."""


class GoodsStock:
    """Products and goals that follow from a seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def wanted(self) -> Set[str]:
        """All of them may be wanted."""
        return {product.asin for product in self._products}

    def products(self) -> Iterable[Product]:
        """The products."""
        return self._products

    def goals(self) -> Iterable[Goal]:
        """The goals."""
        return make_goals(self._draw("goals"), self._products)

    def human_goals(self) -> Iterable[Goal]:
        """None: nobody wrote any."""
        return ()

    @cached_property
    def _products(self) -> list[Product]:
        return make_products(self._draw("products"))

    def _draw(self, what: str) -> Draw:
        return Draw(f"webshop/{EDITION}/{self._seed}/{what}")


def goods_fingerprint(seed: int) -> str:
    """Changes with the seed and with the rules by which goods are made."""
    digest = hashlib.sha256(f"goods {EDITION} {seed}".encode())
    folder = files("replplan_domains")
    for name in ("draw.py", *(f"webshop/goods/{part}.py" for part in ("kinds", "make", "wants"))):
        digest.update(folder.joinpath(name).read_bytes())
    return digest.hexdigest()
