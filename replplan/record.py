"""The base of every data record: immutable, typed, with a JSON form."""

from __future__ import annotations

from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict

Json: TypeAlias = Any
"""A value that `json.dumps` takes: None, bool, int, float, str, and lists and dicts of these."""


class Record(BaseModel):
    """An immutable record. Unknown fields are dropped when an older or newer one is read."""

    model_config = ConfigDict(frozen=True, extra="ignore")
