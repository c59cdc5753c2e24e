"""What is asked of a shop: in words, with the type of the answer and the answer itself."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from replplan_domains.tables.shop import CANCELLED, PAID, REGIONS, STATUSES, Order, Shop

Told = Mapping[str, Any]
"""What a question names: a month, a product and so on."""

MONTHS = ("January", "February", "March", "April", "May", "June")


@dataclass(frozen=True)
class Kind:
    """A kind of question.

    Attributes:
        words: the question, with places for what it names.
        type: the type of its answer.
        answer: the answer, given a shop and what the question names.
        joins: whether it needs the customers, too.
    """

    words: str
    type: Any
    answer: Callable[[Shop, Told], Any]
    joins: bool = False


def draw_names(shop: Shop, random: Random) -> dict[str, Any]:
    """What a question about a shop may name."""
    month = random.randrange(len(MONTHS)) + 1
    return {
        "month": month,
        "month_name": MONTHS[month - 1],
        "status": random.choice(STATUSES),
        "product": random.choice(shop.orders).product,
        "region": random.choice(REGIONS),
        "many": random.randint(5, 20),
    }


def _in_month(shop: Shop, told: Told) -> list[Order]:
    return [order for order in shop.orders if order.day.month == told["month"]]


def _of_product(shop: Shop, told: Told) -> list[Order]:
    return [order for order in shop.orders if order.product == told["product"]]


def _count(shop: Shop, told: Told) -> int:
    return sum(order.status == told["status"] for order in _in_month(shop, told))


def _no_price(shop: Shop, told: Told) -> int:
    return sum(order.cents is None for order in shop.orders)


def _revenue(shop: Shop, told: Told) -> float:
    return sum(o.worth for o in _in_month(shop, told) if o.status == PAID) / 100


def _by_status(shop: Shop, told: Told) -> dict[str, int]:
    return dict(Counter(order.status for order in _of_product(shop, told)))


def _largest(totals: Mapping[Any, int]) -> Any:
    """What has the most; of equals the first in order. None of none."""
    return min(totals, key=lambda name: (-totals[name], name), default=None)


def _most_sold(shop: Shop, told: Told) -> str | None:
    pieces = Counter[str]()
    for order in shop.orders:
        pieces[order.product] += order.quantity if order.status == PAID else 0
    best: str | None = _largest(pieces)
    return best


def _buyers(shop: Shop, told: Told) -> int:
    return len({order.customer for order in shop.orders if order.status != CANCELLED})


def _best_region(shop: Shop, told: Told) -> str | None:
    regions = {customer.id: customer.region for customer in shop.customers}
    totals = Counter(dict.fromkeys(REGIONS, 0))
    for order in shop.orders:
        totals[regions.get(order.customer, "")] += order.worth if order.status == PAID else 0
    best: str | None = _largest(totals)
    return best


def _without_orders(shop: Shop, told: Told) -> list[str]:
    buyers = {order.customer for order in shop.orders}
    return sorted(c.id for c in shop.customers if c.id not in buyers)


def _of_region(shop: Shop, told: Told) -> int:
    here = {customer.id for customer in shop.customers if customer.region == told["region"]}
    return sum(o.quantity for o in shop.orders if o.customer in here and o.status != CANCELLED)


def _median(shop: Shop, told: Told) -> float:
    return float(statistics.median([o.quantity for o in _of_product(shop, told)] or [0]))


def _busiest(shop: Shop, told: Told) -> str | None:
    day: date | None = _largest(Counter(order.day for order in shop.orders))
    return day.isoformat() if day else None


def _has_regular(shop: Shop, told: Told) -> bool:
    most = max(Counter(order.customer for order in shop.orders).values(), default=0)
    return most > int(told["many"])


KINDS: dict[str, Kind] = {
    "count": Kind("How many orders of {month_name} 2031 have the status {status}?", int, _count),
    "no-price": Kind("How many orders have no price?", int, _no_price),
    "revenue": Kind(
        "What do the paid orders of {month_name} 2031 come to, in EUR and to the cent? Leave out"
        " orders without a price.",
        float, _revenue,
    ),
    "by-status": Kind(
        'How many orders of the product "{product}" are there of each status? Statuses in lower'
        " case; leave out those that it has none of.",
        dict[str, int], _by_status,
    ),
    "most-sold": Kind(
        "Of which product were the most pieces sold in paid orders? Its name in lower case; of"
        " equals the first by alphabet.",
        str, _most_sold,
    ),
    "buyers": Kind(
        "How many different customers have an order that is not cancelled?", int, _buyers
    ),
    "best-region": Kind(
        "The paid orders of which region come to the most? Leave out orders without a price. Its"
        f" name as one of {', '.join(REGIONS)}; of equals the first by alphabet.",
        str, _best_region, joins=True,
    ),
    "without-orders": Kind(
        "Which customers have no order at all? Their ids, sorted.",
        list[str], _without_orders, joins=True,
    ),
    "of-region": Kind(
        "How many pieces were ordered by customers of the region {region}, cancelled orders left"
        " out?",
        int, _of_region, joins=True,
    ),
    "median": Kind(
        'What is the median of the quantities of the orders of the product "{product}"?',
        float, _median,
    ),
    "busiest": Kind(
        "On which day were the most orders placed? As YYYY-MM-DD; of equals the first day.",
        str, _busiest,
    ),
    "regular": Kind("Has any customer more than {many} orders?", bool, _has_regular),
}  # fmt: skip
