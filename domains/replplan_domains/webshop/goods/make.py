"""Making products: families of near twins, and accessories that get in the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from replplan_domains.draw import Draw
from replplan_domains.webshop.goods.kinds import KINDS, Kind
from replplan_domains.webshop.records import Product

FAMILIES, TWINS, ACCESSORIES = 7, 12, 4
"""In a kind: families, products in each, and accessories."""

_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
_STARTS = ("Al", "Bren", "Cor", "Dov", "El", "Fjor", "Gal", "Hul", "Ist", "Jar", "Kel", "Lum")
_ENDS = ("dale", "vik", "mora", "sen", "tide", "wick", "nova", "rell", "berg", "quin")


@dataclass(frozen=True)
class Family:
    """What twins share: their maker, an attribute in the title and one in the description."""

    kind: Kind
    brand: str
    titled: str
    told: str


def make_products(draw: Draw) -> list[Product]:
    """The whole catalogue, in random order."""
    used: set[str] = set()
    return draw.shuffled([p for kind in KINDS for p in _of_kind(draw, kind, used)])


def _of_kind(draw: Draw, kind: Kind, used: set[str]) -> Iterator[Product]:
    pool = list(kind.attributes)
    brands = draw.sample([start + end for start in _STARTS for end in _ENDS], FAMILIES)
    for brand, titled in zip(brands, draw.sample(pool, FAMILIES), strict=True):
        told = draw.choice([a for a in pool if a != titled])
        family = Family(kind, brand, titled, told)
        for _ in range(TWINS):
            yield _twin(draw, family, _asin(draw, used))
    for _ in range(ACCESSORIES):
        yield _accessory(draw, kind, draw.choice(brands), _asin(draw, used))


def _twin(draw: Draw, family: Family, asin: str) -> Product:
    """Twins differ in what only their features tell, in their options and in their price."""
    kind = family.kind
    shared = (family.titled, family.told)
    own = draw.sample([a for a in kind.attributes if a not in shared], draw.between(3, 4))
    price, tag = _price(draw, kind.low, kind.high)
    bullets = [f"Checked by hand: {attribute}." for attribute in own]
    name = " ".join(kind.nouns).title()
    return Product(
        asin=asin,
        title=f"{family.brand} {family.titled.title()} {name} No. {draw.between(2, 98)}",
        description=f"The {family.brand} range of {kind.query} is known for one thing above all:"
        f" {family.told}.",
        bullets=(f"Made for everyday use by {family.brand}.", *bullets),
        options={name: _offered(draw, values) for name, values in kind.options.items()},
        price_tag=tag,
        price=price,
        attributes=tuple(sorted({*shared, *own})),
        query=kind.query,
        product_category=kind.path,
        nouns=(family.brand.lower(), *kind.nouns),
        category=kind.category,
    )


def _accessory(draw: Draw, kind: Kind, brand: str, asin: str) -> Product:
    """Something for a kind of goods: the words of every search for these stand in its title."""
    price, tag = _price(draw, 3, max(kind.low, 6))
    attributes = draw.sample(list(kind.attributes), 3)
    told = ", ".join(attributes)
    name = " ".join(kind.nouns).title()
    return Product(
        asin=asin,
        title=f"{brand} {kind.accessory} for {name}, Fits {kind.query.title()} of Every Make",
        description=f"Goes with all {kind.query}: {told}.",
        bullets=(f"Everything for your {kind.query}, by {brand}.", "Sold by itself."),
        options={},
        price_tag=tag,
        price=price,
        attributes=(kind.accessory.lower(),),
        query=kind.accessory.lower(),
        product_category=f"Accessories › {kind.accessory}",
        nouns=(brand.lower(), *kind.accessory.lower().split(), *kind.nouns),
        category=kind.category,
    )


def _offered(draw: Draw, values: tuple[str, ...]) -> tuple[str, ...]:
    """The values that a product comes in: more than half of them, at least one."""
    kept = tuple(value for value in values if draw.chance(0.6))
    return kept or (draw.choice(values),)


def _price(draw: Draw, low: float, high: float) -> tuple[float, str]:
    """What a purchase is judged by, and the tag. Some tags tell a range."""
    price = round(draw.amount(low, high), 2)
    if draw.chance(0.85):
        return price, f"${price}"
    dearest = round(price * draw.amount(1.1, 1.6), 2)
    return round(draw.amount(price, dearest), 2), f"${price} to ${dearest}"


def _asin(draw: Draw, used: set[str]) -> str:
    while True:
        asin = "B0" + "".join(draw.choice(_SIGNS) for _ in range(8))
        if asin not in used:
            used.add(asin)
            return asin
