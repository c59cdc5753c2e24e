"""A kernel for all tests of a module."""

from __future__ import annotations

from dataclasses import replace

import pytest
import pytest_asyncio
from scripted_host import FUNCTIONS, ScriptedHost

from replplan.kernel import KernelOptions
from replplan_kernels.ipython import open_ipython


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(request):
    """It and its host: a `ScriptedHost`, unless the module has a `HOST`, and maybe `OPTIONS`."""
    host = getattr(request.module, "HOST", ScriptedHost)()
    options = getattr(request.module, "OPTIONS", KernelOptions())
    async with open_ipython(replace(options, calls=host, functions=FUNCTIONS)) as kernel:
        yield kernel, host


@pytest.fixture
def kernel(opened):
    """The kernel, in which earlier tests have left their variables."""
    return opened[0]


@pytest.fixture
def host(opened):
    """Its host, as new."""
    opened[1].__init__({})
    return opened[1]
