"""The page of dependencies names those of `pyproject.toml`, no more and no fewer; each is used."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
ALWAYS, OPTIONAL, WORK = PAGE.split("\n## ")[1:]


def names(requirements):
    found = {re.split(r"[\[<>=]", requirement)[0] for requirement in requirements}
    return sorted(found - {"replplan"})


def cells(part, column):
    """What stands in backquotes in a column of a table."""
    rows = re.findall(r"^\| (`.*) \|$", part, re.M)
    return [re.findall(r"`([^`]+)`", row.split(" | ")[column]) for row in rows]


def flat(lists):
    return sorted(name for found in lists for name in found)


def test_those_that_are_always_there():
    assert flat(cells(ALWAYS, 0)) == names(PROJECT["dependencies"])


def test_extras_and_what_they_bring():
    listed = {
        name: sorted(packages)
        for (name,), packages in zip(cells(OPTIONAL, 0), cells(OPTIONAL, 1), strict=True)
    }
    assert listed == {n: names(r) for n, r in EXTRAS.items() if n not in ("docs", "dev")}


def test_those_that_the_work_on_it_needs():
    assert flat(cells(WORK, 0)) == names([*EXTRAS["docs"], *EXTRAS["dev"]])


@pytest.mark.parametrize("name", names(PROJECT["dependencies"]))
def test_each_is_imported_by_what_is_shipped(name):
    module = name.replace("-", "_")
    code = re.compile(rf"^\s*(?:from|import) {module}\b", re.M)
    sources = [
        path
        for room in ("replplan", "kernels", "domains", "tui")
        for path in (ROOT / room).rglob("*.py")
    ]
    assert any(code.search(path.read_text(encoding="utf-8")) for path in sources)
