"""docs/worlds.md names every world, and its table says what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from replplan.plugins import domain_class, domain_names, make_domain

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "worlds.md").read_text(encoding="utf-8")
MADE = PAGE.partition("<!-- table: made by benchmarks/worlds.py -->\n")[2].partition("<!--")[0]
ROWS = {
    cells[1].strip(" `"): cells for cells in (x.split("|") for x in MADE.splitlines() if "|" in x)
}


def test_every_world_is_on_the_page_and_every_page_is_there():
    listed = re.findall(r"^\| \[?`([\w-]+)`", PAGE.partition("## What they come to")[0], re.M)
    assert sorted(listed) == sorted(domain_names())
    for page in re.findall(r"\]\((\w[\w-]*\.md)", PAGE):
        assert (ROOT / "docs" / page).is_file()
    assert {name for name in domain_names() if domain_class(name).baseline} <= ROWS.keys()


@pytest.mark.parametrize("name", ["longtext", "pddl", "tables"])
def test_the_table_has_the_sizes_of_splits_and_what_the_baseline_is(name):
    domain = make_domain(name, {})
    sizes = ", ".join(f"{s} {len(domain.tasks(s)):,}" for s in domain.splits())
    assert [cell.strip() for cell in ROWS[name][2:4]] == [sizes, domain.baseline]
