"""Where replplan is installed as a package, cells cannot read how its worlds are made."""

from __future__ import annotations

import pytest

from replplan_kernels.isolation import paths, view
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


def test_nothing_is_hidden_in_a_checkout():
    assert paths.hidden_paths() == [] or paths.PACKAGE.parent.name in paths.PACKAGES
