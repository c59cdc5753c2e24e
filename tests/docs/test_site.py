"""The documentation builds as a site: all pages and public names are in it, and all links lead somewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import replplan

ROOT = Path(__file__).resolve().parents[2]
CONFIG = (ROOT / "zensical.toml").read_text(encoding="utf-8")
SOURCES = ("replplan", "kernels", "domains", "tui")


def build(folder):
    """By the command of CONTRIBUTING.md."""
    (command,) = re.findall(
        r"^uv run zensical (build.*)$", (ROOT / "CONTRIBUTING.md").read_text(), re.M
    )
    done = subprocess.run(
        [sys.executable, "-m", "zensical", *command.split()],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done, re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)


def test_the_site_builds_and_nothing_is_to_be_said_of_it(tmp_path):
    pytest.importorskip("zensical", reason="the extra `docs` is not installed")
    for part in SOURCES:
        (tmp_path / part).symlink_to(ROOT / part)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")  # the builder follows links, and writes there
    (tmp_path / "zensical.toml").write_text(CONFIG)
    done, said = build(tmp_path)
    assert (done.returncode, "No issues found" in said) == (0, True), said
    assert "griffe:" not in said, said
    page = (tmp_path / "build" / "site" / "reference.html").read_text(encoding="utf-8")
    assert [name for name in replplan.__all__ if f'.{name}"' not in page] == []
    assert "https://" not in "".join(
        re.findall(r'<(?:script|link)[^>]*(?:src|href)="([^"]*)', page)
    )


def test_a_link_that_leads_nowhere_fails(tmp_path):
    pytest.importorskip("zensical", reason="the extra `docs` is not installed")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# A\n\n[b](#nowhere)\n")
    (tmp_path / "zensical.toml").write_text('[project]\nsite_name = "a"\n')
    done, said = build(tmp_path)
    assert done.returncode == 1
    assert "anchor does not exist" in said


def test_every_page_is_in_the_menu():
    def pages(entries):
        for entry in entries:
            for value in entry.values():
                yield from [value] if isinstance(value, str) else pages(value)

    menu = list(pages(tomllib.loads(CONFIG)["project"]["nav"]))
    assert sorted(menu) == sorted(p.name for p in (ROOT / "docs").glob("*.md"))
