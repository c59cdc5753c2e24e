"""The official files as they are: WebShop's own catalogue of 1.18 million products, or its 1,000.

`items_shuffle.json` has the products, `items_ins_v2.json` their hidden attributes and the
instructions made by rule, `items_human_ins.json` those that people wrote. They are read as the
official loader reads them (S. Yao et al., NeurIPS 2022), one product at a time.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from random import Random

from pydantic import field_validator

from replplan.errors import ConfigError
from replplan.record import Record
from replplan_domains.webshop.official_goals import Wish, cap_of, goals_of, shuffled
from replplan_domains.webshop.reading import (
    find_file,
    read_object,
    read_records,
    record_of,
)
from replplan_domains.webshop.records import Goal, Product
from replplan_domains.webshop.title_nouns import Tagger

SEED = 233
"""Of the prices and caps. The official loader draws them without any; goals it shuffles by this."""

ITEMS, MARKS, HUMAN = "items_shuffle", "items_ins_v2", "items_human_ins"
_SIZES = ("", "_1000")
_ENDINGS = (".json", ".json.gz")
_NAME_LENGTH = 10
_UNPRICED = 100.0


def official_files(folder: Path) -> dict[str, Path] | None:
    """The official files in a folder, the whole catalogue before the small one; None without.

    Raises:
        ConfigError: there are products, but not their attributes.
    """
    for size in _SIZES:
        items = find_file(folder, ITEMS + size, _ENDINGS)
        if items is None:
            continue
        marks = find_file(folder, MARKS + size, _ENDINGS)
        if marks is None:
            raise ConfigError(
                f"the folder {folder} has {items.name}, but no {MARKS}{size}.json: get that too,"
                " it holds the attributes."
            )
        human = find_file(folder, HUMAN, _ENDINGS)
        return {ITEMS: items, MARKS: marks} | ({HUMAN: human} if human else {})
    return None


class OfficialStock:
    """Products and goals of the official files."""

    def __init__(self, files: dict[str, Path], tagger: Tagger) -> None:
        """Name the files.

        Args:
            files: as `official_files` finds them.
            tagger: finds the nouns of titles, which these files lack.
        """
        self._files, self._tagger = files, tagger
        self._marks = read_object(files[MARKS])
        self._said = read_object(files[HUMAN]) if HUMAN in files else {}
        self._random = Random(SEED)
        self._wishes: list[Wish] = []
        self._asked: list[tuple[str, float, _Said]] = []

    def wanted(self) -> set[str]:
        """The names of products that somebody may want."""
        return {a for a in self._marks if self._mark(a).instruction is not None} | set(self._said)

    def products(self) -> Iterator[Product]:
        """The products; those of a name that is no code, or was there before, are left out.

        Goals can be had once all products have been read: caps are drawn after all prices.

        Raises:
            DomainError: the file is damaged.
        """
        self._random, self._wishes, self._asked = Random(SEED), [], []
        with closing(self._items()) as items:
            raw, titles = itertools.tee(items)
            for item, nouns in zip(raw, self._tagger(item.name for item in titles), strict=True):
                product = self._product(item, nouns)
                self._keep(product)
                yield product

    def goals(self) -> Iterator[Goal]:
        """One for each combination of options of each product with an instruction, shuffled."""
        draw = self._later()
        return goals_of([w.capped(cap_of(w.price, draw)) for w in self._wishes], SEED)

    def human_goals(self) -> Iterator[Goal]:
        """Those that people wrote, with attributes, shuffled."""
        draw = self._later()
        goals = [said.goal(asin, cap_of(price, draw)) for asin, price, said in self._asked]
        return (goals[number] for number in shuffled(len(goals), SEED))

    def _later(self) -> Random:
        """The draws that follow those of all prices; the same for every kind of goals."""
        draw = Random()
        draw.setstate(self._random.getstate())
        return draw

    def _items(self) -> Generator[_Item]:
        seen = set[str]()
        with closing(read_records(self._files[ITEMS], _Item)) as items:
            for item in items:
                asin = item.asin
                if asin == "nan" or len(asin) > _NAME_LENGTH or asin in seen:
                    continue
                seen.add(asin)
                yield item

    def _product(self, item: _Item, nouns: tuple[str, ...]) -> Product:
        tag, price = item.priced(self._random)
        return Product(
            asin=item.asin,
            title=item.name,
            description=item.full_description,
            bullets=item.small_description,
            options=item.options,
            price_tag=tag,
            price=price,
            attributes=self._mark(item.asin).attributes,
            query=item.query.lower().strip(),
            product_category=item.product_category,
            nouns=nouns,
            category=item.category,
        )

    def _keep(self, product: Product) -> None:
        """What goals are made from."""
        asin, marks = product.asin, self._mark(product.asin)
        if marks.instruction is not None:
            options = tuple(sorted(product.options.items()))
            attributes = marks.instruction_attributes or ()
            self._wishes.append(Wish(asin, marks.instruction, attributes, options, product.price))
        if asin in self._said:
            told = {"wishes": self._said[asin]}
            found = record_of(told, _AllSaid, f"{self._files[HUMAN]}: what is said of {asin}")
            wishes = (wish for wish in found.wishes if wish.instruction_attributes)
            self._asked += ((asin, product.price, wish) for wish in wishes)

    def _mark(self, asin: str) -> _Marks:
        return record_of(self._marks.get(asin, {}), _Marks, f"{self._files[MARKS]}: {asin}")


class _Choice(Record):
    """A value of an option."""

    value: str


class _Item(Record):
    """A product as it was scraped; `pricing` is one price in dollars, or the ends of a range."""

    asin: str
    name: str
    full_description: str
    small_description: tuple[str, ...]
    pricing: tuple[float, ...] = (_UNPRICED,)
    customization_options: dict[str, tuple[_Choice, ...] | None] = {}
    query: str
    product_category: str
    category: str = ""

    @field_validator("name", "full_description", "category", "product_category", mode="before")
    @classmethod
    def _text(cls, value: object) -> object:
        return "" if value is None else value

    @field_validator("small_description", mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        told = value if isinstance(value, list) else [value]
        return ["" if text is None else text for text in told]

    @field_validator("customization_options", mode="before")
    @classmethod
    def _mapping(cls, value: object) -> object:
        return value or {}

    @field_validator("pricing", mode="before")
    @classmethod
    def _amounts(cls, value: object) -> object:
        told = value.split("$")[1:3] if isinstance(value, str) else []
        return [re.sub(r"[^\d.]", "", part) for part in told] or [_UNPRICED]

    def priced(self, draw: Random) -> tuple[str, float]:
        """The price tag, and the price that a purchase is judged by."""
        tag, amounts = " to ".join(f"${amount}" for amount in self.pricing), self.pricing
        return tag, amounts[0] if len(amounts) == 1 else draw.uniform(amounts[0], amounts[1])

    @property
    def options(self) -> dict[str, list[str]]:
        """The values that can be chosen, by the name of the option."""
        return {
            name.lower(): [_value(choice.value) for choice in choices]
            for name, choices in self.customization_options.items()
            if choices is not None
        }


class _Marks(Record):
    """What is kept of a product beside its page; without instruction nobody wants it."""

    attributes: tuple[str, ...] = ("DUMMY_ATTR",)
    instruction: str | None = None
    instruction_attributes: tuple[str, ...] | None = None


class _Said(Record):
    """What a person asked for."""

    instruction: str
    instruction_attributes: tuple[str, ...]
    instruction_options: tuple[str, ...] | dict[str, str]

    def goal(self, asin: str, cap: tuple[str, float]) -> Goal:
        """The goal that it is, with a cap on the price."""
        clause, most = cap
        options = self.instruction_options
        return Goal(
            asin=asin,
            instruction=self.instruction.strip(".") + clause,
            attributes=self.instruction_attributes,
            options=tuple(options.values()) if isinstance(options, dict) else options,
            price_upper=most,
        )


class _AllSaid(Record):
    """What people asked for, of one product."""

    wishes: tuple[_Said, ...]


def _value(text: str) -> str:
    return text.strip().replace("/", " | ").lower()
