"""The command line, as its users meet it: real processes, real exit codes."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from commands import environment
from plans import cell

from replplan.trace import read_trace

CSV = "name,price\napple,1.20\npear,\nplum,0.80\nfig,\n"
COUNT = [
    cell("import csv\nrows = list(csv.DictReader(open('items.csv')))\nprint(rows[0])"),
    cell("answer(sum(not r['price'] for r in rows))"),
]


@pytest.fixture
def shell(tmp_path, endpoint):
    """Run replplan in a folder of its own, with the scripted endpoint configured."""
    (tmp_path / "items.csv").write_text(CSV)

    def run(*args, timeout=60, **env):
        return subprocess.run(
            [sys.executable, "-m", "replplan", *args],
            cwd=tmp_path,
            env=environment(tmp_path / "home", endpoint, **env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    return run


def test_a_plan_prints_its_answer_and_nothing_else(shell, endpoint):
    endpoint.script(*COUNT)
    done = shell("plan", "how many rows have an empty price?", "items.csv", "--model", "scripted-1")
    assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr
    assert "items.csv" in json.dumps(endpoint.bodies[0]["messages"])
    assert "DictReader" in done.stderr


def test_what_a_function_of_the_users_prints_is_no_part_of_the_result(shell, endpoint, tmp_path):
    (tmp_path / "tools.py").write_text("def look():\n    print('looking')\n    return 3\n")
    endpoint.script(cell("answer(look())"))
    done = shell("plan", "g", "--tools", "tools.py", "--model", "scripted-1", "--quiet", "--json")
    assert json.loads(done.stdout)["answer"] == 3
    assert "looking" in done.stderr


@pytest.mark.parametrize("text", ["import os\nx = (", "\nimport no_such_module"])
def test_a_file_of_functions_that_does_not_load_is_told_with_the_line(shell, tmp_path, text):
    (tmp_path / "tools.py").write_text(text)
    done = shell("plan", "g", "--tools", "tools.py", "--model", "scripted-1")
    assert done.returncode == 2
    assert "tools.py fails to load in line 2: " in done.stderr


def test_a_mounted_folder_is_told_of_and_reached(shell, endpoint, tmp_path):
    for name in ("data", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "data" / "word").write_text("apple")
    copy = f"open('{tmp_path}/out/word', 'w').write(open('{tmp_path}/data/word').read())"
    endpoint.script(cell(f"answer({copy})"))
    mounts = ("--mount", "data", "--mount", "out:rw")
    done = shell("plan", "copy the word", *mounts, "--model", "scripted-1")
    assert (done.returncode, done.stdout) == (0, "5\n"), done.stderr
    assert (tmp_path / "out" / "word").read_text() == "apple"
    told = endpoint.bodies[0]["messages"][0]["content"]
    assert f"Cells can read what is in {tmp_path}/data." in told
    assert f"Cells can read and change what is in {tmp_path}/out." in told


def test_a_recorded_plan_runs_again_without_a_model(shell, endpoint, tmp_path):
    endpoint.script(*COUNT)
    goal = ("plan", "how many rows have an empty price?", "items.csv")
    shell(*goal, "--model", "scripted-1", "--trace", "first.jsonl")
    asked = len(endpoint.requests)
    done = shell(*goal, "--model", "replay:first.jsonl", "--trace", "second.jsonl", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["answer"] == 2
    assert len(endpoint.requests) == asked
    first, second = (
        [e.shown for e in read_trace(tmp_path / f"{n}.jsonl") if e.type == "cell_finished"]
        for n in ("first", "second")
    )
    assert first == second


def test_run_plays_a_game_and_says_how_it_ended(shell, endpoint):
    plan = ["go to shelf 2", "take alarmclock 1 from shelf 2", "go to sidetable 1",
            "move alarmclock 1 to sidetable 1"]  # fmt: skip
    endpoint.script(cell(f"for a in {plan!r}:\n    print(act(a))"))
    done = shell("run", "alfworld", "--model", "scripted-1", "--task", "demo-pick")
    assert done.returncode == 0, done.stderr
    for text in ("alarmclock", "solved", "score", "trace:"):
        assert text in done.stdout
    assert "\x1b" not in done.stdout


def test_json_is_the_whole_of_standard_output(shell, endpoint):
    endpoint.script(cell("answer('I give up')"))
    done = shell("run", "alfworld", "--model", "scripted-1", "--task", "3", "--json", "--seed", "5")
    assert done.returncode == 1
    result = json.loads(done.stdout)
    assert {k: result[k] for k in ("task", "domain", "split", "seed", "model")} == {
        "task": "dev-0003-heat",
        "domain": "alfworld",
        "split": "dev",
        "seed": 5,
        "model": "scripted-1",
    }
    assert (result["score"], result["solved"], result["stop_reason"]) == (0.0, False, "answered")
    assert result["answer"] == "I give up"
    assert set(result["usage"]) == {
        "turns", "model_calls", "asks", "input_tokens", "cached_tokens", "output_tokens",
        "cost", "seconds", "actions", "sessions",
    }  # fmt: skip
    assert Path(result["trace"]).is_file()


def test_quiet_says_the_outcome_alone(shell, endpoint):
    endpoint.script(cell("answer(1)"))
    done = shell("run", "alfworld", "--model", "scripted-1", "--quiet")
    assert (done.stdout, done.stderr) == ("not solved: answered\n", "")


def test_a_real_game_by_its_split(shell, endpoint, data_folder):
    endpoint.script(cell("answer(1)"))
    data = str(data_folder / "alfworld")
    done = shell("run", "alfworld", "--data", data, "--split", "valid_seen", "--task", "7",
                 "--model", "scripted-1", "--json")  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["split"] == "valid_seen"


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("run", "alfwold"), "did you mean alfworld?"),
        (("run", "alfworld", "--split", "nowhere"), "dev"),
        (("run", "alfworld", "--task", "no-such-task"), "no task 'no-such-task'"),
        (("run", "alfworld", "--task", "99999"), "has tasks 0 to"),
        (("run", "alfworld", "--turns", "many"), "--turns"),
        (("run", "alfworld", "--turns", "0"), "--turns"),
        (("run", "alfworld", "--modle", "x"), "did you mean --model?"),
        (("run", "alfworld", "--colour", "x"), "no option --colour"),
        (("run", "alfworld", "--strict", "perhaps"), "yes or no"),
        (("run", "alfworld", "extra"), "extra"),
        (("run", "alfworld", "--data", "nowhere"), "nowhere"),
        (("run", "alfworld"), "--model"),
        (("run", "alfworld", "--model", "no-such-model"), "scripted-1"),
        (("run", "alfworld", "--model", "replay:nowhere.jsonl"), "nowhere.jsonl"),
        (("run", "alfworld", "--model", "replay:"), "which trace?"),
        (("run", "alfworld", "--split", "valid_seen"), "official ones need --data DIR"),
        (
            ("run", "alfworld", "--model", "scripted-1", "--otel", "nowhere"),
            "'nowhere' is no address",
        ),
        (("export", "items.csv", "--to", "html"), "line 1 is damaged, or of no trace"),
        (("run", "alfworld", "--model", "scripted-1", "--trace", "items.csv"), "there already"),
        (("run", "alfworld", "--model", "m", "--base-url", "nonsense"), "nonsense"),
        (("run",), "DOMAIN"),
        (("run", "--strict", "yes", "alfworld"), "behind the DOMAIN's name: --strict"),
        (("run", "--modle=x"), "did you mean --model?"),
        (("eval", "--strict=yes"), "behind the DOMAIN's name: --strict"),
        (("plan", " ", "--model", "scripted-1"), "goal"),
        (("run", "notebook", "--model", "scripted-1"), "--goal"),
        (("model", "serve", "--port", "99999"), "65535"),
        (("watch", "--browser", "--port", "99999"), "65535"),
        (("plan", "goal", "nowhere.csv", "--model", "scripted-1"), "nowhere.csv"),
        (("plan", "goal", "--mount", "nowhere", "--model", "scripted-1"), "no nowhere to mount"),
        (("plan", "goal", "--kernel", "nowhere", "--model", "scripted-1"), "kernelspec 'nowhere'"),
        (("plan", "goal", "--kernel", "python3", "--model", "scripted-1"), "--isolation none"),
        (("plan", "goal", "--tools", "items.csv", "--model", "scripted-1"), "items.csv"),
        (("paln",), "paln"),
        (("model", "check", "--base-url", "http://127.0.0.1:9/v1", "m"), "127.0.0.1:9"),
    ],
)
def test_wrong_use_is_one_clear_sentence(shell, args, sentence):
    done = shell(*args)
    assert done.returncode == 2, done.stdout + done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_folder_that_cannot_be_written_is_named(shell, endpoint):
    endpoint.script(*COUNT)
    done = shell("plan", "g", "--model", "scripted-1", "--trace", "/proc/nowhere/t.jsonl")
    assert done.returncode == 2
    assert "/proc/nowhere" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_named(shell, endpoint, tmp_path):
    endpoint.script(*COUNT)
    (tmp_path / "link").symlink_to("/dev/full")
    done = shell("plan", "g", "--model", "scripted-1", "--trace", "link")
    assert done.returncode == 2
    assert "link" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_failed_is_said_once_where_people_watch(shell, endpoint):
    args = ("plan", "g", "--model", "no-such-model")
    watched, quiet = shell(*args), shell(*args, "--quiet")
    assert (watched.returncode, quiet.returncode) == (2, 2)
    assert watched.stderr.count("it serves scripted-1") == 1
    assert quiet.stderr.count("it serves scripted-1") == 1


def test_defaults_come_from_replplan_toml(shell, endpoint, tmp_path):
    (tmp_path / "replplan.toml").write_text(
        'model = "scripted-2"\nparam = ["temperature=0"]\n[run]\nturns = 1\n'
    )
    endpoint.script(cell("x = 1"), cell("x = 2"))
    done = shell("run", "alfworld", "--json")
    assert json.loads(done.stdout)["stop_reason"] == "limit:turns"
    assert (endpoint.bodies[0]["model"], endpoint.bodies[0]["temperature"]) == ("scripted-2", 0)


def test_a_damaged_replplan_toml_is_named(shell, tmp_path):
    (tmp_path / "replplan.toml").write_text("model = \n")
    done = shell("domains")
    assert done.returncode == 2
    assert "replplan.toml is not valid TOML" in done.stderr


@pytest.mark.parametrize("name", ["domains", "doctor"])
def test_what_is_here_is_listed_in_json_too(shell, name):
    words, data = shell(name), shell(name, "--json")
    assert words.returncode == data.returncode == 0
    assert "alfworld" in words.stdout
    assert isinstance(json.loads(data.stdout), list)


@pytest.mark.parametrize("args", [("--help",), ("run", "--help"), ("plan", "-h"), ()])
def test_help_helps(shell, args):
    done = shell(*args)
    assert done.returncode == 0
    assert "Usage:" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_everything_and_keeps_the_trace(endpoint, tmp_path, number):
    """Also a cell that will not be interrupted; nothing is left running."""
    endpoint.script(cell(STUBBORN))
    os.mkfifo(tmp_path / "running")
    called = os.open(tmp_path / "running", os.O_RDONLY | os.O_NONBLOCK)
    (tmp_path / "tools.py").write_text(
        f"def running():\n    open({str(tmp_path / 'running')!r}, 'w').close()\n"
    )
    trace = tmp_path / "trace.jsonl"
    command = ["plan", "wait", "--model", "scripted-1", "--trace", str(trace)]
    process = subprocess.Popen(
        [sys.executable, "-m", "replplan", *command, "--tools", "tools.py"],
        cwd=tmp_path,
        env=environment(tmp_path / "home", endpoint),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert select.select([called], [], [], 60)[0]  # the cell has
    os.close(called)
    below = psutil.Process(process.pid).children(recursive=True)
    assert below
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert list(read_trace(trace))[-1].stop_reason == "cancelled"
    assert psutil.wait_procs(below, 30)[1] == []


STUBBORN = """import time
running()
while True:
    try:
        time.sleep(1)
    except KeyboardInterrupt:
        pass"""
