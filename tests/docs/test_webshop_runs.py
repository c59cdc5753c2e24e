"""The recorded runs in WebShop replay by the command of its document, to the figures it tells."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from commands import environment

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "webshop.md").read_text(encoding="utf-8")
RUNS = sorted(path.stem for path in (ROOT / "docs" / "examples" / "webshop").glob("*.jsonl"))
SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in RUNS[1:]]


def test_there_are_five_runs_and_the_document_tells_of_them():
    assert len(RUNS) == 5
    assert [name for name in RUNS if f"| `{name}` |" not in DOCUMENT] == []


@pytest.mark.parametrize("name", [RUNS[0], *SLOW])
def test_a_run_replays(name, tmp_path):
    """It departs when the words of a prompt change: then record the examples anew."""
    (command,) = re.findall(r"^replplan (run webshop .*goal-9\.jsonl.*)$", DOCUMENT, re.M)
    words = shlex.split(command.partition("#")[0].replace("goal-9", name))
    done = subprocess.run(
        [sys.executable, "-m", "replplan", *words, "--json"],
        cwd=ROOT,
        env=environment(tmp_path, PATH="/usr/bin:/bin"),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    usage = result["usage"]
    told = f" | {usage['turns']} | {usage['asks']} | {usage['actions']} |"
    (row,) = (line for line in DOCUMENT.splitlines() if line.startswith(f"| `{name}` |"))
    assert (result["score"], row[-len(told) :]) == (1.0, told)
