"""Which embedded models there are, and what of them is here."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from typing import Literal

from replplan.local.weights import WEIGHTS, Weights, find
from replplan.record import Record


class ModelListing(Record):
    """One embedded model. `path` is None where it is not pulled; `size` in bytes."""

    name: str
    state: Literal["here", "not pulled", "damaged"]
    path: str | None
    size: int
    licence: str
    source: str


def list_models() -> list[ModelListing]:
    """All embedded models."""
    return [_listing(weights) for weights in WEIGHTS]


def _listing(weights: Weights) -> ModelListing:
    path = find(weights)
    whole = path is not None and path.stat().st_size == weights.size
    return ModelListing(
        name=weights.name,
        state="not pulled" if path is None else "here" if whole else "damaged",
        path=None if path is None else str(path),
        size=weights.size,
        licence=weights.licence,
        source=weights.source,
    )


def runtime_version() -> str | None:
    """The version of the runtime that the embedded model needs; None where it is not installed."""
    if importlib.util.find_spec("xllamacpp") is None:
        return None
    try:
        return importlib.metadata.version("xllamacpp")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
