"""The Python of docs/own-domain.md runs, and its commands are those that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from replplan.cli import cli

PAGES = Path(__file__).resolve().parents[2] / "docs"


def test_the_examples_run(capsys):
    pytest.importorskip("gymnasium", reason="the extra `gym` is not installed")
    blocks = re.findall(r"```python\n(.*?)```", (PAGES / "own-domain.md").read_text(), re.S)
    assert len(blocks) == 2
    space = {}
    for block in blocks:
        exec(block, space)
    assert "gold plans score 1" in space["held"]
    assert "[S]FFF" in capsys.readouterr().out


@pytest.mark.parametrize("page", ["own-domain.md", "mcp.md"])
def test_its_commands_and_flags_are_there(page):
    used = re.findall(r"^replplan ([a-z-]+)(.*)$", (PAGES / page).read_text(), re.M)
    assert used
    for name, rest in used:
        known = {flag for p in cli.commands[name].params for flag in p.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known
