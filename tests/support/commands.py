"""What a command of ours is started with."""

from __future__ import annotations

import os
from pathlib import Path

from endpoint import Endpoint

MEASURING = "COVERAGE_PROCESS_CONFIG"
"""By this, where it is there, coverage is measured in processes that a test starts."""


def environment(home: Path, endpoint: Endpoint | None = None, **more: str) -> dict[str, str]:
    """A path, a home of its own, the endpoint and its key; nothing else of the user's."""
    own = {"PATH": os.environ["PATH"], "HOME": str(home)}
    if endpoint:
        own |= {"OPENAI_BASE_URL": endpoint.url, "OPENAI_API_KEY": endpoint.key}
    if MEASURING in os.environ:
        own[MEASURING] = os.environ[MEASURING]
    return own | more
