"""The base of every data record: immutable, typed, with a JSON form."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticSerializationError

Json: TypeAlias = Any
"""A value that `json.dumps` takes: None, bool, int, float, str, and lists and dicts of these."""


class Record(BaseModel):
    """An immutable record. Unknown fields are dropped when an older or newer one is read."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def to_json(self) -> bytes:
        """JSON in UTF-8. A lone surrogate, which UTF-8 cannot hold, becomes a question mark."""
        try:
            return self.model_dump_json().encode()
        except PydanticSerializationError:
            text = json.dumps(self.model_dump(mode="json"), ensure_ascii=False, allow_nan=False)
            return text.encode("utf-8", "replace")
