"""What tests of branches and of checkpoints have in common."""

from __future__ import annotations

import asyncio

import pytest

from replplan.kernel import KernelOptions

PLAIN, WALLED = KernelOptions(isolation="none"), KernelOptions()
BOTH = pytest.mark.parametrize("options", [PLAIN, WALLED], ids=["plain", "walled"])


async def value(kernel, code):
    result = await asyncio.wait_for(kernel.execute(code), 20)
    assert result.error is None, result.error
    return result.value
