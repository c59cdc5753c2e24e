"""Methods and switches on the command line."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from commands import environment
from games import TASK, WIN, as_steps
from plans import cell

from replplan.trace import read_trace


@pytest.fixture
def shell(tmp_path, endpoint):
    """Run replplan in a folder of its own, with the scripted endpoint as its model."""

    def run(*args):
        args = (*args, "--model", "scripted-1", "--trace", "t.jsonl")
        return subprocess.run(
            [sys.executable, "-m", "replplan", *args],
            cwd=tmp_path,
            env=environment(tmp_path / "home", endpoint),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def test_react_is_watched_with_its_thoughts(shell, endpoint, tmp_path):
    endpoint.script(*as_steps(WIN))
    done = shell("run", "alfworld", "--task", TASK, "--method", "react", "--no-demonstrations")
    assert done.returncode == 0, done.stderr
    for text in ("I try go to shelf 2", "act: go to shelf 2", "solved"):
        assert text in done.stdout
    (started, *_) = read_trace(tmp_path / "t.jsonl")
    assert started.method == "react/no-demonstrations"


def test_a_plan_by_statements_without_children_and_questions(shell, endpoint, tmp_path):
    endpoint.script(cell("x = 6\nx = 7"), cell("answer(7 * x)"))
    done = shell("plan", "g", "--step", "statement", "--no-children", "--no-ask")
    assert (done.returncode, done.stdout) == (0, "42\n"), done.stderr
    (started, *_) = read_trace(tmp_path / "t.jsonl")
    assert started.method == "repl-plan/no-children/no-ask/statement"
    assert "sub-task" not in json.dumps(endpoint.bodies[0]["messages"])


def test_methods_can_be_set_in_replplan_toml(shell, endpoint, tmp_path):
    (tmp_path / "replplan.toml").write_text('method = "code"\nno-ask = true\n')
    endpoint.script(cell("answer(1)"))
    assert shell("plan", "g").returncode == 0
    assert next(iter(read_trace(tmp_path / "t.jsonl"))).method == "code/no-ask"


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("--method", "cot"), "no method 'cot'; there are: repl-plan, react, code, flat"),
        (("--method", "react", "--no-ask"), "--no-ask means nothing for the method react"),
        (("--step", "line"), "'cell', 'statement'"),
        (("--no-child",), "--no-child"),
    ],
)
def test_what_there_is_not_is_one_sentence(shell, flags, sentence):
    done = shell("plan", "g", *flags)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
