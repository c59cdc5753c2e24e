"""Every screen at two sizes is drawn as it was when somebody looked at it last."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from drawn import LIVE, SIZES, path_of, walk_plan, walk_run, walk_start
from runs import make_run


def compare(walk, size):
    for name, text in walk.found.items():
        kept = path_of(name, size)
        diff = list(
            difflib.unified_diff(
                kept.read_text(encoding="utf-8").splitlines(), text.splitlines(), lineterm="", n=0
            )
        )
        told = "\n".join(diff[:60])
        assert not diff, f"{kept} (python tests/tui/drawn.py writes it anew):\n{told}"


@pytest.mark.parametrize("size", SIZES)
async def test_every_screen_is_drawn_as_it_was(size, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    plan = await walk_plan(size)
    (dark, *_, colours), (light, *_, others) = (
        plan.found[name].split("-" * 20) for name in ("plan", "light")
    )
    assert dark == light
    assert colours != others
    compare(plan, size)
    compare(await walk_start(size), size)
    compare(await walk_run(size, make_run(Path("run"))[0]), size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("walk", "name"), LIVE)
async def test_live_plans_are_drawn_as_they_were(size, walk, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    compare(await walk(size, Path(name)), size)
