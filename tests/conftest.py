"""What every test has: no network but loopback, an empty home, a scripted endpoint, the data."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from endpoint import Endpoint
from guard import GUARD, make_private
from hypothesis import HealthCheck, settings
from other_machines import KINDS, pretend

ROOT = Path(__file__).resolve().parents[1]

ANY_MACHINE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("anew", ANY_MACHINE)
settings.register_profile("always the same", ANY_MACHINE, derandomize=True)
settings.load_profile("always the same")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--machine", choices=list(KINDS), help="run as on a machine that lacks something"
    )


def pytest_configure(config: pytest.Config) -> None:
    if kind := config.getoption("--machine"):
        pretend(kind)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """The whole suite takes every core, what the command line names runs in this process.

    One more than there are cores: tests wait for kernels, limits and processes of their own.
    """
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return (os.cpu_count() or 1) + 1 if whole else 0


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How each test failed that passed when it was tried again: it is a fault of ours as well."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"tried again: {report.nodeid}")
        terminalreporter.line(report.longreprtext)


@pytest.fixture(scope="session", autouse=True)
def _alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    make_private(tmp_path_factory.mktemp("home"))
    GUARD.on = True
    yield
    GUARD.on = False
    assert asyncio.run.__module__ == "asyncio.runners", "a library patched asyncio for all tests"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """A scripted chat-completions server of this test's own."""
    with Endpoint() as server:
        yield server


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who stops a cell, or looks at a kernel, has the time that this takes on a busy machine."""
    for name in ("_LADDER_SECONDS", "_ACKNOWLEDGED_SECONDS", "_SEEN_SECONDS"):
        monkeypatch.setattr(f"replplan_kernels.stopping.{name}", 60.0)
    monkeypatch.setattr("replplan_kernels.ipython._GRACE_SECONDS", 60.0)
    monkeypatch.setattr("replplan.calls._STOP_SECONDS", 60.0)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The data of the worlds, beside the project; a test that needs it is skipped without."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no data of the worlds: there is no folder {folder}")
    return folder
