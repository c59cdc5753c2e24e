"""The page of the architecture names files, functions and modules that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [ROOT, ROOT / "kernels", ROOT / "domains", ROOT / "tui"]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
HEART = PAGE.partition("**The core,")[2].partition("| for |")[0]
STOPS = re.findall(r"^\| `(replplan[\w/]*\.py)`: `(\w+)` \|", PAGE, re.M)
FILES = re.findall(r"`(replplan[\w/]*/(?:\w+\.py)?)`", PAGE)


def found(name):
    return next((root / name for root in SOURCES if (root / name).exists()), None)


def test_all_four_ways_are_walked():
    assert len(re.findall(r"^### ", PAGE, re.M)) == 4
    assert len(STOPS) > 30


@pytest.mark.parametrize(("file", "name"), STOPS)
def test_a_stop_of_a_way_is_there(file, name):
    assert found(file), file
    text = found(file).read_text(encoding="utf-8")
    assert re.search(rf"^\s*(?:async )?(?:def|class) {name}\b", text, re.M), (file, name)


def test_files_that_are_named_are_there():
    assert [name for name in FILES if not found(name)] == []


def test_modules_of_the_core_are_there():
    table = PAGE.partition("| for | modules |")[2].partition("\n\n")[0]
    names = re.findall(r"`(\w+/?)`", table)
    core = ROOT / "replplan"
    missing = [
        name for name in names if not (core / name).is_dir() and not (core / f"{name}.py").is_file()
    ]
    assert len(names) > 40
    assert missing == []
    named = {name.strip("/") for name in names} | set(re.findall(r"`(\w+)/?`", HEART))
    there = {p.stem for p in core.iterdir() if p.is_dir() or p.suffix == ".py"}
    assert {name for name in there if not name.startswith("_")} - named == set()
