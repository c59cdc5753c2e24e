"""What the documents show runs, and runs as they show it."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from commands import environment

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.jsonl"))


def replplan(command, tmp_path):
    return subprocess.run(
        [sys.executable, "-m", "replplan", *command],
        cwd=ROOT,
        env=environment(tmp_path, PATH="/usr/bin:/bin"),
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("name", [p.name for p in EXAMPLES])
def test_a_recorded_example_replays_by_the_command_of_the_readme(name, tmp_path):
    """It departs when the words of a prompt change: then record the examples anew."""
    (line,) = re.findall(rf"^uv run replplan (.*replay:docs/examples/{name}.*)$", README, re.M)
    done = replplan([*shlex.split(line), "--json"], tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["stop_reason"] in ("answered", "world_ended"), result["error"]


def test_the_readme_shows_what_the_example_prints(tmp_path):
    """Line by line, what differs from run to run apart."""
    (shown,) = re.findall(r"```text\n(put|find.*?)```", README, re.S)
    command = next(line for line in README.splitlines() if "two-things.jsonl" in line)
    done = replplan(shlex.split(command)[3:], tmp_path)
    printed = iter(done.stdout.splitlines())
    for line in shown.splitlines():
        if line.strip() not in ("", "...") and not line.startswith(("  spent:", "  trace:")):
            assert any(line == p for p in printed), line


def test_the_moving_picture_is_of_that_run_and_plays_anywhere():
    (name,) = re.findall(r"!\[[^]]*\]\((docs/pictures/[^)]*)\)", README)
    picture = (ROOT / name).read_text(encoding="utf-8")
    drawing = ElementTree.fromstring(picture)
    text = "".join(drawing.itertext())
    assert drawing[0].text in README  # its title: the command
    assert all(w in text for w in ("find_and_take", "NameError", "solved: the world ended"))
    assert len(picture) < 300_000
    assert not re.search(r"<script|<image|href|url\(", picture)
    assert "@keyframes" in picture


def test_the_figures_of_the_readme_stand_in_the_documents():
    table = README.partition("## Measured")[2].partition("## ")[0]
    rows = [r.strip("| ").split(" | ") for r in table.splitlines() if r.startswith("| ")][1:]
    assert len(rows) > 8
    page = ""
    for _, figure, by in rows:
        if links := re.findall(r"\[more\]\((.*?)\)", by):
            page = (ROOT / links[0]).read_text(encoding="utf-8")
        for number in re.findall(r"\d[\d.,]*\d|\d", figure):
            assert re.search(rf"(?<![\d.]){re.escape(number)}(?!\d)", page), (figure, by)
        for script in re.findall(r"(?:benchmarks|tests)/[\w/]+\.py", by):
            assert (ROOT / script).is_file(), script


def test_every_command_of_the_readme_is_one():
    from replplan.cli import cli

    used = set(re.findall(r"^(?:.*&& )?(?:uv run )?replplan ([a-z]+)", README, re.M))
    assert used <= set(cli.commands), used - set(cli.commands)
    assert {"run", "plan"} <= used


def test_links_in_the_documents_lead_somewhere():
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (path.parent / target).exists(), f"{path.name}: {target}"
