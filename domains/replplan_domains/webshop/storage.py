"""One file of named sections, written once and then mapped into memory by every process.

The system keeps one copy of a mapped file for all its readers and brings in what is touched, so a
catalogue costs its memory once, however many processes read it, and opens in a millisecond.
The layout: the sections one after another, a table of them in JSON, and a tail that says where
the table is.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import struct
import sys
import tempfile
import time
from array import array
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, overload

from replplan.errors import DomainError
from replplan.record import Json

MAGIC = b"replshop"
_TAIL = struct.Struct("<QQ8s")
_ALIGNED = 8
_FORSAKEN = 3600.0
"""Seconds after which a part of a file is nobody's any more."""


class Writer:
    """Writes sections into a file that is open for writing."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._table: dict[str, tuple[str, int, int]] = {}

    def numbers(self, name: str, parts: Iterable[array[int]], kind: str) -> None:
        """A section of numbers of one kind (as in `array`): B, H, I or Q."""
        begin = self._align()
        for part in parts:
            assert part.typecode == kind
            self._file.write(part.tobytes())
        self._table[name] = (kind, begin, self._file.tell() - begin)

    def texts(self, name: str, texts: Iterable[bytes]) -> None:
        """A section of texts, each to be read by its number."""
        begin, ends = self._align(), array("Q", [0])
        for text in texts:
            self._file.write(text)
            ends.append(ends[-1] + len(text))
        self._table[name] = ("B", begin, self._file.tell() - begin)
        self.numbers(f"{name}/ends", [ends], "Q")

    def finish(self, about: dict[str, Json]) -> None:
        """Write the table; `about` are a few facts to keep with it."""
        begin = self._file.tell()
        table = {"about": about, "sections": self._table, "order": sys.byteorder}
        text = json.dumps(table).encode()
        self._file.write(text + _TAIL.pack(begin, len(text), MAGIC))

    def _align(self) -> int:
        self._file.write(b"\0" * (-self._file.tell() % _ALIGNED))
        return self._file.tell()


class Store:
    """Reads what a `Writer` wrote."""

    def __init__(self, data: mmap.mmap | bytes) -> None:
        """Read the table.

        Raises:
            DomainError: this is no such file, or a part of one.
        """
        self._view = memoryview(data)
        try:
            begin, size, magic = _TAIL.unpack(self._view[-_TAIL.size :])
            table = json.loads(bytes(self._view[begin : begin + size]))
        except (struct.error, ValueError) as e:
            raise DomainError("the file of the shop is damaged") from e
        if magic != MAGIC or table["order"] != sys.byteorder:
            raise DomainError("the file of the shop is damaged, or of another kind of machine")
        self.about: dict[str, Json] = table["about"]
        self._sections: dict[str, tuple[str, int, int]] = table["sections"]

    def numbers(self, name: str) -> memoryview[int]:
        """A section of numbers. No copy is made."""
        kind, begin, size = self._sections[name]
        return self._view[begin : begin + size].cast(kind)  # type: ignore[call-overload, no-any-return]

    def texts(self, name: str) -> Texts:
        """A section of texts. No copy is made until one is read."""
        return Texts(self.numbers(name), self.numbers(f"{name}/ends"))


class Texts(Sequence[bytes]):
    """Texts by their number."""

    def __init__(self, data: memoryview[int], ends: memoryview[int]) -> None:
        self._data, self._ends = data, ends

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        return bytes(self._data[self._ends[index] : self._ends[index + 1]])

    def __len__(self) -> int:
        return len(self._ends) - 1


def map_file(path: Path) -> Store:
    """The store in a file.

    Raises:
        OSError: there is none, or it cannot be read.
        DomainError: it is damaged.
    """
    with path.open("rb") as file:
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as e:
            raise DomainError("the file of the shop is empty") from e
    return Store(data)


def write_file(path: Path, write: Callable[[Writer], None]) -> None:
    """Write a store so that other processes see all of it or nothing.

    Raises:
        OSError: the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    handle, name = tempfile.mkstemp(prefix=path.stem, suffix=".part", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb", buffering=1 << 20) as file:
            write(Writer(file))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _sweep(path: Path) -> None:
    """Remove what writers left that were killed: files that nobody wrote to for an hour."""
    for part in path.parent.glob(f"{path.stem}*.part"):
        with contextlib.suppress(FileNotFoundError):  # somebody else was quicker
            if time.time() - part.stat().st_mtime > _FORSAKEN:
                part.unlink()
