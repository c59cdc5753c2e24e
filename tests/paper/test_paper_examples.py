"""The recorded examples of `docs/paper.md` replay by its commands; its rows name tests."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from commands import environment

from replplan.methods import planner_named
from replplan.trace import read_trace

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "paper.md").read_text(encoding="utf-8")
FOLDER = ROOT / "docs" / "examples" / "paper"


def names_in(name):
    text = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    return set(re.findall(r"^(?:async )?def (test_\w+)", text, re.M))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.jsonl")), ids=lambda p: p.stem)
def test_an_example_replays_by_the_command_of_the_document(path, tmp_path):
    """It departs when the words of a prompt or the game change: then record the examples anew."""
    (command,) = re.findall(rf"^replplan (run .*{path.name}.*)$", DOCUMENT, re.M)
    done = subprocess.run(
        [sys.executable, "-m", "replplan", *shlex.split(command), "--json"],
        cwd=ROOT,
        env=environment(tmp_path, PATH="/usr/bin:/bin"),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["solved"], result["score"], result["error"]) == (True, 1.0, None)


def test_bugs_in_demonstrations_are_repeated_by_the_recorded_model_and_repaired():
    events = list(read_trace(FOLDER / "buggy-demonstrations.jsonl"))
    assert events[0].method == planner_named("repl-plan/buggy").name
    shown = {m.content for e in events if e.type == "model_called" for m in e.messages}
    shown = "\n".join(text for text in shown if text.startswith("```python"))
    assert "{things}" in shown, "the demonstrations have their bugs"
    finished = [e for e in events if e.type == "cell_finished"]
    errors = [(e.session, e.result.error.message) for e in finished if e.result.error]
    assert errors == [
        ("root", "name 're' is not defined"),
        ("root/find_and_take", "name 'things' is not defined"),
    ]
    assert events[-1].score.solved


def test_the_sub_tasks_of_the_examples_are_those_of_the_paper():
    for name, sessions in (
        ("apples", {"root", "find_and_take"}),
        ("item-that-fits", {"root", "filter_search", "filter_page", "parse_items", "item_matches"}),
    ):
        opened = [e for e in read_trace(FOLDER / f"{name}.jsonl") if e.type == "session_opened"]
        assert {e.name for e in opened} == sessions
        assert max(e.entry for e in opened) == 2, "one of them is called again"


def test_every_row_of_the_document_names_a_test_and_every_test_has_a_row():
    named = set(re.findall(r"`(test_\w+)`", DOCUMENT))
    rows = names_in("test_constructs") | names_in("test_weak_points")
    assert rows == named - names_in("test_paper_examples")
    assert named <= rows | names_in("test_paper_examples")


def test_the_methods_of_the_ablation_are_methods():
    for name in re.findall(r"--method ([\w/-]+)", DOCUMENT):
        assert planner_named(name).name == name
