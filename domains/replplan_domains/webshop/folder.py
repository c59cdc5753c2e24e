"""A folder with a catalogue in this project's own form."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TypeVar

from replplan.errors import ConfigError
from replplan.record import Record
from replplan_domains.webshop.reading import find_file, fingerprint_of, read_records
from replplan_domains.webshop.records import Goal, Product

R = TypeVar("R", bound=Record)

ENDINGS = (".json.gz", ".jsonl.gz", ".json", ".jsonl")
PRODUCTS, GOALS, HUMAN_GOALS = "products", "goals", "human_goals"


class Folder:
    """A folder with a catalogue: `products`, `goals`, and maybe `human_goals`."""

    def __init__(self, path: Path) -> None:
        """Find the files.

        Raises:
            ConfigError: there is no such folder, or it has no products or no goals.
        """
        if not path.is_dir():
            raise ConfigError(f"there is no folder {path}: name the one that holds the catalogue.")
        self.path = path
        found = {name: find_file(path, name, ENDINGS) for name in (PRODUCTS, GOALS, HUMAN_GOALS)}
        self._files = {name: file for name, file in found.items() if file}
        for name in (PRODUCTS, GOALS):
            if name not in self._files:
                raise ConfigError(
                    f"the folder {path} has no {name}.json.gz (nor .json, .jsonl or .jsonl.gz),"
                    " nor the official items_shuffle.json: name the one that holds the catalogue."
                )

    def products(self) -> Iterator[Product]:
        """The products, one by one.

        Raises:
            DomainError: the file is damaged.
        """
        return self._records(PRODUCTS, Product)

    def goals(self) -> Iterator[Goal]:
        """The goals that were made by rule."""
        return self._records(GOALS, Goal)

    def human_goals(self) -> Iterator[Goal]:
        """The goals that were written by people."""
        return self._records(HUMAN_GOALS, Goal)

    def fingerprint(self) -> str:
        """Changes when a file does."""
        return fingerprint_of(self._files)

    def wanted(self) -> set[str]:
        """The names of the products that goals were made from."""
        return {goal.asin for goal in chain(self.goals(), self.human_goals())}

    def _records(self, name: str, kind: type[R]) -> Iterator[R]:
        return read_records(self._files[name], kind) if name in self._files else iter(())
