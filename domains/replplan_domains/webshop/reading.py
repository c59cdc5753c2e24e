"""Reading products and goals from files: JSON lists or JSON lines, gzipped or not."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TypeVar

from pydantic import ValidationError

from replplan.errors import ConfigError, DomainError
from replplan.record import Json, Record
from replplan_domains.webshop.records import Goal, Product

R = TypeVar("R", bound=Record)

ENDINGS = (".json.gz", ".jsonl.gz", ".json", ".jsonl")
PRODUCTS, GOALS, HUMAN_GOALS = "products", "goals", "human_goals"
_CHUNK = 1 << 20
_BETWEEN = re.compile(r"[\s,]*")


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
        self._files = {name: _find(path, name) for name in (PRODUCTS, GOALS, HUMAN_GOALS)}
        for name in (PRODUCTS, GOALS):
            if self._files[name] is None:
                raise ConfigError(
                    f"the folder {path} has no {name}.json.gz (nor .json, .jsonl or .jsonl.gz):"
                    " name the one that holds the catalogue."
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
        digest = hashlib.sha256()
        for name, path in self._files.items():
            if path is not None:
                with path.open("rb") as file:
                    digest.update(name.encode() + hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()

    def _records(self, name: str, kind: type[R]) -> Iterator[R]:
        path = self._files[name]
        return iter(()) if path is None else read_records(path, kind)


def read_records(path: Path, kind: type[R]) -> Iterator[R]:
    """The records in a file, one by one, so that a large one needs no memory.

    Raises:
        DomainError: the file or a record in it is damaged.
    """
    number = 0
    try:
        with _open(path) as file:
            for value in _values(file):
                yield kind.model_validate(value)
                number += 1
    except ValidationError as e:
        field = ".".join(map(str, e.errors()[0]["loc"])) or "it"
        said = e.errors()[0]["msg"]
        raise DomainError(f"{path}: record {number} is damaged: {field}: {said}.") from e
    except (OSError, EOFError, zlib.error, ValueError) as e:
        raise DomainError(f"{path} is damaged after record {number}: {e}. Get it anew.") from e


def _find(folder: Path, name: str) -> Path | None:
    paths = (folder / f"{name}{ending}" for ending in ENDINGS)
    return next((path for path in paths if path.is_file()), None)


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def _values(file: IO[str]) -> Iterator[Json]:
    """The members of a JSON list, or the values of JSON lines, without reading all at once."""
    decoder = json.JSONDecoder()
    text, place = file.read(_CHUNK).lstrip(), 0
    is_list = text.startswith("[")
    if is_list:
        place = 1
    while True:
        place = _BETWEEN.match(text, place).end()  # type: ignore[union-attr]
        if is_list and text.startswith("]", place):
            return
        try:
            value, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError as e:
            more = file.read(max(_CHUNK, len(text) - place))
            if not more and place == len(text) and not is_list:
                return
            if not more:
                raise ValueError("what follows is no whole record") from e
            text, place = text[place:] + more, 0
        else:
            yield value
