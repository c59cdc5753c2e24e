"""Values of the host, which alone are ever unpickled: they come from it, never from a cell."""

from __future__ import annotations

import base64
import pickle
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class NotLoadedError(Exception):
    """A value of the host cannot be loaded here; the message says which and why."""


def thaw(name: str, reply: dict[str, Any]) -> Any:
    """What a function of the host returned.

    Raises:
        TypeError: this Python cannot load it, and it has no form in JSON either.
    """
    try:
        return pickle.loads(base64.b64decode(reply["pickle"]))  # noqa: S301 - the host's own words
    except Exception as error:  # noqa: BLE001 - whatever a class raises when it is made
        if reply["plain"]:
            return reply["value"]
        what = f"{name}() returned a {reply['kind']}, which cannot be loaded here"
        raise TypeError(f"{what}: {type(error).__name__}: {error}") from None


def load_values(file: str | None) -> dict[str, Any]:
    """The values by name that a file of the host holds: names and pickles in turn.

    Raises:
        NotLoadedError: this Python cannot load one of them.
    """
    values = dict[str, Any]()
    if file is None:
        return values
    with Path(file).open("rb") as stream:
        for _ in range(pickle.load(stream)):  # noqa: S301 - the host's own words, here and below
            name = pickle.load(stream)  # noqa: S301
            try:
                values[name] = pickle.load(stream)  # noqa: S301
            except Exception as error:
                raise NotLoadedError(f"{name!r}: {type(error).__name__}: {error}") from error
    return values


def take_files(files: Iterable[str]) -> None:
    """Move files that the host has put down for us into the working folder.

    Raises:
        NotLoadedError: there is no room for one of them.
    """
    for file in map(Path, files):
        try:
            shutil.move(file, Path.cwd() / file.name)
        except OSError as error:
            raise NotLoadedError(f"the file {file.name}: {error.strerror}") from error
