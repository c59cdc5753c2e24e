"""Runs that are started beside a test."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import players
import pytest


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `replplan eval` as `players.start` does. What a test that fails leaves of it ends."""
    started = []

    def begin(*args):
        started.append(players.start(*args))
        return started[-1]

    yield begin
    for run in started:
        with run:
            run.kill()
