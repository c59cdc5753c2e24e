"""Where replplan is installed as a package, cells cannot read how its worlds are made."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from replplan_kernels.isolation import ladder, paths, view
from replplan_kernels.isolation.trial import run_walled
from replplan_kernels.isolation.walls import Walls


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """All packages of replplan in one folder of installed packages."""
    site = tmp_path / "site-packages"
    for name in ("replplan", "replplan_kernels", "replplan_domains", "requests"):
        (site / name).mkdir(parents=True)
    monkeypatch.setattr(paths, "PACKAGE", site / "replplan_kernels")
    monkeypatch.setattr(view, "_common", view._common.__wrapped__)
    return site


def test_the_worlds_are_hidden_and_the_kernel_is_not(installed, tmp_path):
    (tmp_path / "work").mkdir()
    places = view.view(Walls(folder=str(tmp_path / "work")))["places"]
    order = list(places)
    for name in ("replplan", "replplan_domains"):
        kind, flags = places[str(installed / name)]
        assert kind.startswith("size=")
        assert flags & view.READ_ONLY
    assert str(installed / "replplan_kernels") in order
    assert str(installed / "requests") not in order


MADE_OF = Path(pytest.__file__).parent
"""Stands for what a world is made of."""
FOUND = f"import os; print(os.listdir({str(MADE_OF)!r}))"


def test_what_a_world_is_made_of_is_hidden_from_its_cells_alone(namespaces, walls):
    for hides, here in ((("pytest", "no_such"), False), ((), True)):
        request = ladder.prepare(replace(walls, hides=hides), level=namespaces)
        assert bool(run_walled(request, os.listdir, str(MADE_OF))) is here


def test_a_zygote_in_bubblewrap_does_not_find_it_either(walls):
    if (reason := ladder.why_not("bubblewrap")) is not None:
        pytest.skip(f"this machine has not got bubblewrap: {reason}")
    command = [*ladder.command_prefix(replace(walls, hides=("pytest",))), sys.executable]
    done = subprocess.run([*command, "-c", FOUND], capture_output=True, text=True, timeout=20)
    assert done.stdout == "[]\n", done.stderr


def test_nothing_is_hidden_in_a_checkout():
    assert paths.hidden_paths(paths.OURS) == [] or paths.PACKAGE.parent.name in paths.PACKAGES
