"""Making goals: what a customer of these goods wants, and how he says it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from replplan_domains.draw import Draw
from replplan_domains.webshop.goods.kinds import KINDS, Kind
from replplan_domains.webshop.records import Goal, Product
from replplan_domains.webshop.reward import gold_reward

TRIES = 3
"""Goals that are tried for a product. Those are kept that few products satisfy."""

MOST_SATISFYING = 2
OWN_WORDS = 0.6
"""How often a customer says an attribute in his own words, where he has some."""

_PHRASES = (
    "Find me {attributes} {query} with {options}, and price lower than {cap} dollars",
    "i am looking for {query} that are {attributes} with {options}, and price lower than {cap}"
    " dollars",
    "i need {query}, {attributes}, {options}. my budget is {cap} dollars",
    "can you get me {query}? {options}, {attributes}, and it should cost less than {cap} dollars",
)
Rival = tuple[frozenset[str], Product]
_KIND_OF = {kind.query: kind for kind in KINDS}


def make_goals(draw: Draw, products: Sequence[Product]) -> list[Goal]:
    """The goals of a catalogue, in random order. Each can be reached in full."""
    rivals = defaultdict(list)
    for product in products:
        rivals[product.query].append((frozenset(product.attributes), product))
    goals = {
        goal.instruction: goal
        for product in products
        if product.query in _KIND_OF
        for goal in _goals_of(draw, product, rivals[product.query])
    }
    return draw.shuffled(list(goals.values()))


def _goals_of(draw: Draw, product: Product, rivals: Sequence[Rival]) -> Iterator[Goal]:
    for _ in range(TRIES):
        goal = _goal(draw, product, _KIND_OF[product.query])
        wanted = frozenset(goal.attributes)
        able = [rival for attributes, rival in rivals if wanted <= attributes]
        satisfying = sum(_satisfies(rival, goal) for rival in able)
        if satisfying <= MOST_SATISFYING and gold_reward(goal, product) == 1:
            yield goal


def _goal(draw: Draw, product: Product, kind: Kind) -> Goal:
    title = product.title.lower()
    shown = [a for a in product.attributes if a in title]
    hidden = [a for a in product.attributes if any(a in bullet for bullet in product.bullets)]
    wanted = draw.shuffled(shown + draw.sample(hidden, 2))
    options = {name: draw.choice(values) for name, values in product.options.items()}
    cap = 10.0 * (product.price // 10 + draw.between(1, 2))
    words = [kind.attributes[a] if draw.chance(OWN_WORDS) else a for a in wanted]
    return Goal(
        asin=product.asin,
        instruction=draw.choice(_PHRASES).format(
            attributes=", ".join(words),
            query=kind.query,
            options=", and ".join(f"{name}: {value}" for name, value in options.items()),
            cap=f"{cap:.2f}",
        ),
        attributes=tuple(wanted),
        options=options,
        price_upper=cap,
    )


def _satisfies(product: Product, goal: Goal) -> bool:
    """Whether a product with the right attributes has the options, and the price."""
    assert isinstance(goal.options, dict)
    offered = product.options
    return product.price <= goal.price_upper and all(
        value in offered.get(name, ()) for name, value in goal.options.items()
    )
