"""A kernel for all tests of a module, and walls without a kernel."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from scripted_host import FUNCTIONS, ScriptedHost

from replplan.kernel import KernelOptions
from replplan_kernels import ipython, stopping
from replplan_kernels.ipython import open_ipython
from replplan_kernels.isolation import ladder
from replplan_kernels.isolation.walls import MIB, Walls

FORKED: tuple[ladder.Level, ...] = ("namespaces", "landlock")


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """On a busy machine all takes longer: no kernel is given up for that."""
    monkeypatch.setattr(stopping, "_LADDER_SECONDS", 40)
    monkeypatch.setattr(ipython, "_GRACE_SECONDS", 40)


@pytest.fixture
def long_rungs(monkeypatch):
    """Each is waited on for as long as a busy machine may take."""
    monkeypatch.setattr(stopping, "_RUNG_SECONDS", 20)


NOTE = "from replplan_kernels.inside import runs; runs._NOTE = {}"


@pytest_asyncio.fixture(loop_scope="module")
async def long_note(kernel):
    """However late a cell that is struck is told why, it learns that."""
    await kernel.execute(NOTE.format(20))
    yield
    await kernel.execute(NOTE.format(0.25))


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


@pytest.fixture(params=FORKED)
def level(request: pytest.FixtureRequest) -> ladder.Level:
    if (reason := ladder.why_not(request.param)) is not None:
        pytest.skip(f"this machine has not got {request.param}: {reason}")
    chosen: ladder.Level = request.param
    return chosen


@pytest.fixture
def namespaces() -> ladder.Level:
    if (reason := ladder.why_not("namespaces")) is not None:
        pytest.skip(f"this machine has not got namespaces: {reason}")
    return "namespaces"


@pytest.fixture
def walls(tmp_path: Path) -> Walls:
    (tmp_path / "own").mkdir()
    return Walls(folder=str(tmp_path / "own"), folder_size=16 * MIB, tmp_size=16 * MIB)
