"""What a shop sells and what its customers want."""

from __future__ import annotations

from pydantic import Field

from replplan.record import Record


class Product(Record):
    """A product.

    Attributes:
        asin: its name in the shop's pages, ten letters and digits in capitals.
        title, description, bullets: what is told of it.
        options: the values that can be chosen, by the name of the option; in order.
        price_tag: its price as shown, such as "$9.98" or "$26.44 to $69.99".
        price: the price that a purchase is judged by, in dollars.
        attributes, query, product_category, nouns: what it is judged by beside; no page but
            "Attributes" shows them. The category is a path, "A › B › C"; the nouns are those of
            the title, with repeats.
        category: the department, in a word; nothing is judged by it.
    """

    asin: str = Field(min_length=1)
    title: str
    description: str
    bullets: tuple[str, ...]
    options: dict[str, tuple[str, ...]]
    price_tag: str
    price: float
    attributes: tuple[str, ...]
    query: str
    product_category: str
    nouns: tuple[str, ...]
    category: str = ""

    @property
    def indexed(self) -> str:
        """The text that it is found by. Attributes and the other bullets are not in it."""
        options = ", and ".join(f"{n}: {', '.join(values)}" for n, values in self.options.items())
        first = self.bullets[0] if self.bullets else ""
        return " ".join([self.title, self.description, first, options]).lower()

    @property
    def texts(self) -> tuple[str, ...]:
        """Title, bullets and description, in lower case: where attributes are looked for."""
        found = self.title, " ".join(self.bullets), self.description
        return tuple(text.lower() for text in found)

    @property
    def path(self) -> frozenset[str]:
        """The parts of its category."""
        return frozenset(part.strip() for part in self.product_category.split("›"))


class Goal(Record):
    """What a customer wants.

    Attributes:
        asin: the product that the goal was made from.
        instruction: the goal in words, all that a customer tells.
        attributes: what the product must be like.
        options: the values to choose: by their names (goals made by rule), or as a bare list
            (goals written by people).
        price_upper: the most it may cost, in dollars.
        gold_reward: what buying that very product with those very options earns. It is below 1
            where the official rules cannot be satisfied.
    """

    asin: str
    instruction: str
    attributes: tuple[str, ...]
    options: dict[str, str] | tuple[str, ...]
    price_upper: float
    gold_reward: float | None = None

    @property
    def wanted(self) -> tuple[str | tuple[str, str], ...]:
        """The options as the reward compares them: pairs, or values alone."""
        return tuple(self.options.items()) if isinstance(self.options, dict) else self.options

    @property
    def values(self) -> tuple[str, ...]:
        """The option values alone."""
        return tuple(self.options.values()) if isinstance(self.options, dict) else self.options
