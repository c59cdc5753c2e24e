"""What the files of a task tell of, before anybody has messed it up: customers and their orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

PAID, OPEN, CANCELLED = STATUSES = ("paid", "open", "cancelled")
REGIONS = ("North", "South", "East", "West")
PRODUCTS = (
    "garden chair", "desk lamp", "rain barrel", "bread knife", "wool blanket", "door mat",
    "tea pot", "bird house", "oil lamp", "tool box", "hand mixer", "wall clock",
)  # fmt: skip
_FIRST = ("Ada", "Bram", "Cleo", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivo", "Jule", "Kai", "Lena")
_LAST = ("Abel", "Brandt", "Costa", "Dahl", "Eklund", "Ferro", "Grau", "Holm", "Ito", "Jansen")
_BEGIN, _DAYS = date(2031, 1, 1), 180


@dataclass(frozen=True)
class Order:
    """One order: of `quantity` pieces at `cents` each; None where the price is missing."""

    number: int
    day: date
    customer: str
    product: str
    quantity: int
    cents: int | None
    status: str

    @property
    def worth(self) -> int:
        """What it comes to in cents, nothing where the price is missing."""
        return self.quantity * (self.cents or 0)


@dataclass(frozen=True)
class Customer:
    """One customer."""

    id: str
    name: str
    region: str
    since: date


@dataclass(frozen=True)
class Shop:
    """All customers and all orders, each once, in the order of their numbers."""

    customers: tuple[Customer, ...]
    orders: tuple[Order, ...]


def draw_shop(random: Random) -> Shop:
    """A shop of 12 to 40 customers, a few of whom have never ordered, and 60 to 300 orders."""
    customers = [_customer(random, i) for i in range(1, random.randint(12, 40) + 1)]
    buyers = random.sample(customers, len(customers) - random.randint(1, 6))
    products = random.sample(PRODUCTS, random.randint(4, 8))
    prices = {product: random.randint(199, 250_000) for product in products}
    first = random.randint(1000, 90_000)
    orders = [
        _order(random, first + i, random.choice(buyers), prices)
        for i in range(random.randint(60, 300))
    ]
    return Shop(tuple(customers), tuple(orders))


def _customer(random: Random, number: int) -> Customer:
    name = f"{random.choice(_FIRST)} {random.choice(_LAST)}"
    since = _BEGIN - timedelta(days=random.randint(1, 3000))
    return Customer(f"C{number:03}", name, random.choice(REGIONS), since)


def _order(random: Random, number: int, customer: Customer, prices: dict[str, int]) -> Order:
    product = random.choice(list(prices))
    discount = random.choice((0, 0, 5, 10))
    cents = prices[product] * (100 - discount) // 100
    return Order(
        number=number,
        day=_BEGIN + timedelta(days=random.randrange(_DAYS)),
        customer=customer.id,
        product=product,
        quantity=random.choice((1, 1, 2, 3, 5, 12)),
        cents=None if random.random() < 0.06 else cents,
        status=random.choices(STATUSES, (6, 2, 2))[0],
    )
