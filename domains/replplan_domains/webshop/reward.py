"""What a purchase earns: the rules of WebShop (Yao et al., NeurIPS 2022, arXiv 2207.01206).

Fuzzy likeness, colours, and the odd corners are those of the official code.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.utils import default_process

from replplan.record import Record
from replplan_domains.webshop.records import Goal, Product

ALIKE = 85
"""Texts are alike from the next whole number of percent on."""

_COLOR_WORDS = (
    "alabaster apricot aqua ash asphalt azure banana beige black blue blush bordeaux bronze brown"
    " burgundy camel camo caramel champagne charcoal cheetah chestnut chocolate christmas coffee"
    " cognac copper coral cranberry cream crystal dark denim eggplant elephant espresso fuchsia"
    " gold granite grape graphite grass gray green grey heather indigo ivory ivy khaki lavender"
    " lemon leopard light lilac lime magenta maroon mauve merlot midnight mint mocha multicolor"
    " mushroom mustard natural navy nude olive orange peach pewter pink plum purple rainbow red"
    " rose royal rust sand sapphire seashell silver skull slate steel stone stonewash sunflower"
    " tan taupe teal tiger turquoise violet walnut wheat white wine yellow"
)
COLORS = tuple(_COLOR_WORDS.split())
_NO_LATIN1 = dict.fromkeys(range(128, 256))


class Judgement(Record):
    """A purchase, judged.

    Attributes:
        reward: 0 to 1.
        attributes, options: how many of the goal's were met.
        price: whether it was within the limit.
        type_factor: how far this is the kind of thing that was wanted: 0, 0.1, 0.5 or 1.
        title_score: which share of the wanted title's nouns the bought one has.
    """

    reward: float
    attributes: int
    options: int
    price: bool
    type_factor: float
    title_score: float


def judge(bought: Product, wanted: Product, goal: Goal, chosen: Iterable[str]) -> Judgement:
    """Judge a purchase.

    Args:
        bought: what was bought.
        wanted: the product that the goal was made from.
        goal: the goal.
        chosen: the option values that were chosen; under which name does not matter.
    """
    attributes = sum(_has(bought, attribute) for attribute in goal.attributes)
    options = _options_met(goal, chosen)
    price = bought.price <= goal.price_upper
    factor, title = _type_factor(bought, wanted)
    most = len(goal.attributes) + len(goal.wanted) + 1
    return Judgement(
        reward=(attributes + options + price) / most * factor,
        attributes=attributes,
        options=options,
        price=price,
        type_factor=factor,
        title_score=title,
    )


def gold_reward(goal: Goal, wanted: Product) -> float:
    """What buying the very product that the goal was made from earns, with the very options."""
    return judge(wanted, wanted, goal, goal.values).reward


@lru_cache(maxsize=1 << 16)
def alike(a: str, b: str) -> bool:
    """Whether two texts hold about the same words."""
    return round(fuzz.token_set_ratio(_clean(a), _clean(b))) > ALIKE


def _clean(text: str) -> str:
    return default_process(text.translate(_NO_LATIN1))


def _has(product: Product, attribute: str) -> bool:
    if any(alike(own, attribute) for own in product.attributes):
        return True
    return any(attribute in text for text in product.texts)


def _options_met(goal: Goal, chosen: Iterable[str]) -> int:
    values = [_color(value) for value in chosen]
    wanted = [_wanted_text(option) for option in goal.wanted]
    return sum(any(alike(value, want) for value in values) for want in wanted)


def _color(value: str) -> str:
    """The first colour in a value stands for all of it: "dark blue" is blue, "titanium" is tan."""
    return next((color for color in COLORS if color in value), value)


def _wanted_text(option: str | tuple[str, str]) -> str:
    """What a goal's option is compared as: of a pair its text as Python prints it."""
    if isinstance(option, str):
        return _color(option)
    return next((color for color in COLORS if color in option), str(option))


def _type_factor(bought: Product, wanted: Product) -> tuple[float, float]:
    nouns = wanted.nouns  # repeats count below the line, not above it
    title = len({*bought.nouns} & {*nouns}) / len(nouns) if nouns else 0.2
    same = bought.query == wanted.query or len(bought.path & wanted.path) >= 2 or title > 0.2
    if title == 0:
        return 0.0, title
    return (0.1 if title < 0.1 else 1.0 if same else 0.5), title
