"""Defaults from `replplan.toml`, and where replplan keeps its own files."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from replplan.errors import ConfigError

FILE = Path("replplan.toml")


def read_defaults(path: Path = FILE) -> dict[str, Any]:
    """The tables of `replplan.toml`: flags by name at the top, or in a table named for a command.

    Raises:
        ConfigError: it is there and cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as e:
        raise ConfigError(f"{path} cannot be read: {e}") from e
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise ConfigError(f"{path} is not valid TOML: {e}") from e


def new_trace_path(domain: str, task: str) -> Path:
    """A fresh path for a trace, in the platform's folder for the state of programs."""
    import platformdirs

    when = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    words = re.sub(r"[^\w.-]+", "-", f"{domain}-{task}")[:60].strip("-")
    name = f"{when}-{words}-{uuid4().hex[:6]}.jsonl"
    return platformdirs.user_state_path("replplan") / "traces" / name
