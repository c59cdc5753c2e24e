"""`--resume`, as its users meet it: the host is killed outright, and the plan goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import psutil
import pytest
from endpoint import Hang
from plans import cell

FIRST = cell(
    "import re\nplaces = re.findall(r'a (\\w+ \\d+)', get_obs())\n"
    "seen = act('go to ' + places[0])\nprint(len(places))"
)


def command(folder, endpoint, *args):
    return {
        "args": [sys.executable, "-m", "replplan", *args],
        "cwd": folder,
        "env": {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            "OPENAI_BASE_URL": endpoint.url,
            "OPENAI_API_KEY": endpoint.key,
        },
        "stdin": subprocess.DEVNULL,
        "text": True,
    }


def run(folder, endpoint, *args):
    return subprocess.run(
        **command(folder, endpoint, *args), capture_output=True, timeout=60, check=False
    )


@pytest.fixture
def killed(tmp_path, endpoint):
    """The trace of a game whose host was killed while its model was thinking."""
    hanging = []

    def hang(body):
        hanging.append(body)
        process.kill()
        return Hang()

    endpoint.script(FIRST, hang)
    trace = tmp_path / "first.jsonl"
    args = ("run", "alfworld", "--task", "3", "--model", "scripted-1", "--trace", str(trace))
    process = subprocess.Popen(
        **command(tmp_path, endpoint, *args), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    below = psutil.Process(process.pid)
    process.communicate(timeout=60)
    assert process.returncode == -9
    assert not below.is_running()
    return trace, hanging[0]["messages"]


def test_a_game_goes_on_after_kill_9(killed, tmp_path, endpoint):
    trace, asked = killed
    before = trace.read_bytes()
    known = len(endpoint.bodies)
    endpoint.script(cell("answer([len(places), seen])"))
    second = tmp_path / "second.jsonl"
    args = ("--resume", str(trace), "--model", "scripted-1", "--trace", str(second), "--json")
    done = run(tmp_path, endpoint, "run", *args)
    assert done.returncode == 1, done.stderr
    result = json.loads(done.stdout)
    assert (result["stop_reason"], result["error"]) == ("answered", None)
    assert result["answer"][1].startswith("You arrive at")
    assert result["usage"]["actions"] == 1
    (body,) = endpoint.bodies[known:]
    assert body["messages"] == asked, "the model is asked what it was asked when all ended"
    assert trace.read_bytes() == before
    assert b'"resumed"' in second.read_bytes()
    again = run(tmp_path, endpoint, "run", "alfworld", "--model", f"replay:{second}", "--task",
                result["task"], "--json")  # fmt: skip
    assert json.loads(again.stdout)["answer"] == result["answer"]


def test_a_plan_that_broke_off_says_how_it_goes_on(tmp_path, endpoint):
    endpoint.script(FIRST, cell("answer(seen)"))
    trace = tmp_path / "first.jsonl"
    args = ("run", "alfworld", "--task", "3", "--model", "scripted-1")
    done = run(tmp_path, endpoint, *args, "--turns", "1", "--trace", str(trace))
    assert done.returncode == 1, done.stderr
    assert f"to go on: the same command with --resume {trace}" in done.stdout
    done = run(tmp_path, endpoint, *args, "--turns", "2", "--resume", str(trace))
    assert "answer: You arrive at" in done.stdout, done.stdout + done.stderr
    assert "to go on" not in done.stdout
    refused = tmp_path / "refused.jsonl"
    run(tmp_path, endpoint, "run", "--resume", str(trace), "--method", "flat", "--model",
        "scripted-1", "--trace", str(refused))  # fmt: skip
    assert not refused.exists()


WRONG = [
    (("run", "--resume", "{trace}"), "which model of http"),
    (("run", "--resume", "{trace}", "--model", "local", "--method", "flat"),
     "cannot be resumed with the method 'flat', it is of 'repl-plan'"),
    (("plan", "a goal", "--resume", "{trace}", "--model", "scripted-1"),
     "cannot be resumed with the domain 'notebook', it is of 'alfworld'"),
    (("run", "webshop", "--resume", "{trace}", "--model", "scripted-1"),
     "which webshop has not here: give it the flags that it had"),
    (("run", "--resume", "nowhere.jsonl", "--model", "scripted-1"), "cannot be read"),
    (("run", "--model", "scripted-1"), "which DOMAIN?"),
]  # fmt: skip


def test_what_cannot_be_resumed_is_one_sentence(killed, tmp_path, endpoint):
    trace, _ = killed
    for args, sentence in WRONG:
        done = run(tmp_path, endpoint, *(a.format(trace=trace) for a in args))
        assert (done.returncode, sentence in done.stderr) == (2, True), (args, done.stderr)
        assert "Traceback" not in done.stderr
