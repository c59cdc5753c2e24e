"""Reading catalogues from files: JSON lists, JSON lines or one JSON object, gzipped or not."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TypeVar

from pydantic import ValidationError

from replplan.errors import DomainError
from replplan.record import Json, Record

R = TypeVar("R", bound=Record)

_UNREADABLE = (OSError, EOFError, zlib.error, ValueError)

_CHUNK = 1 << 20
_SMALL, _SAMPLES = 32 << 20, 64
"""Of a larger file so many parts are looked at, with its size and time, to tell it from others."""

_BETWEEN = re.compile(r"[\s,]*")


def read_records(path: Path, kind: type[R]) -> Generator[R]:
    """The records in a file, one by one, so that a large one needs no memory.

    Whoever may not read it to the end closes it.

    Raises:
        DomainError: the file or a record in it is damaged.
    """
    number = 0
    try:
        with _open(path) as file:
            for value in _values(file):
                yield record_of(value, kind, f"{path}: record {number}")
                number += 1
    except _UNREADABLE as e:
        raise DomainError(f"{path} is damaged after record {number}: {e}. Get it anew.") from e


def read_object(path: Path) -> dict[str, Json]:
    """A file that is one JSON object, whole.

    Raises:
        DomainError: it is damaged.
    """
    try:
        with _open(path) as file:
            found = json.load(file)
    except _UNREADABLE as e:
        raise DomainError(f"{path} is damaged: {e}. Get it anew.") from e
    if not isinstance(found, dict):
        raise DomainError(f"{path} is damaged: it holds no JSON object. Get it anew.")
    return found


def record_of(value: Json, kind: type[R], where: str) -> R:
    """The record that a value is.

    Raises:
        DomainError: it is none; `where` it stands is said.
    """
    try:
        return kind.model_validate(value)
    except ValidationError as e:
        field = ".".join(map(str, e.errors()[0]["loc"])) or "it"
        said = e.errors()[0]["msg"]
        raise DomainError(f"{where} is damaged: {field}: {said}.") from e


def fingerprint_of(files: Mapping[str, Path]) -> str:
    """Changes when one of the files does; of large ones a sample is read, not gigabytes."""
    digest = hashlib.sha256()
    for name, path in files.items():
        digest.update(name.encode() + _mark(path))
    return digest.hexdigest()


def find_file(folder: Path, name: str, endings: Sequence[str]) -> Path | None:
    """The file of that name with the first ending that is there."""
    paths = (folder / f"{name}{ending}" for ending in endings)
    return next((path for path in paths if path.is_file()), None)


def _mark(path: Path) -> bytes:
    with path.open("rb") as file:
        about = path.stat()
        if about.st_size <= _SMALL:
            return hashlib.file_digest(file, "sha256").digest()
        digest = hashlib.sha256(f"{about.st_size} {about.st_mtime_ns}".encode())
        for part in range(_SAMPLES):
            file.seek(about.st_size * part // _SAMPLES)
            digest.update(file.read(_CHUNK // _SAMPLES))
        return digest.digest()


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
