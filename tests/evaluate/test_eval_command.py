"""`replplan eval` from outside: what it leaves behind, and how it goes on after whatever ended it."""

from __future__ import annotations

import json
import signal
import threading

import psutil
import pytest
from endpoint import PATIENCE, Said
from plans import cell
from players import Player, evaluate, lines, table

from replplan.trace import read_trace

STUDY = ("alfworld", "--split", "dev", "--model", "scripted-1", "--out", "run")


def until(process, text):
    """Read what a run says up to the line that has this text."""
    for line in process.stdout:
        if text in line:
            return line
    raise AssertionError(f"it ended without a word of {text!r}")


def family(process):
    return psutil.Process(process.pid).children(recursive=True)


def test_a_run_leaves_a_folder_that_tells_all(tmp_path, endpoint):
    endpoint.script(Player(6, loses=("clean",)))
    done = evaluate(tmp_path, endpoint, *STUDY, "--limit", 6, "--jobs", 3)
    assert done.returncode == 0, done.stderr
    assert "solved 5/6: 83.3% [43.6%, 97.0%]" in done.stdout
    run = tmp_path / "run"
    found = {line.kind: line for line in lines(run)}
    assert set(found) == {"pick", "look", "clean", "heat", "cool", "two"}
    assert [k for k, line in found.items() if not line.solved] == ["clean"]
    assert found["clean"].stop_reason == "answered"
    assert found["pick"].usage.actions == found["pick"].usage.turns > 1
    info = json.loads((run / "run.json").read_text())
    assert info["version"] == 1
    assert len(info["study"]["tasks"]["dev"]) == 6
    assert endpoint.key not in (run / "run.json").read_text()
    for line in found.values():
        events = list(read_trace(run / line.trace))
        assert events[0].task == line.task
        assert events[-1].stop_reason == line.stop_reason


def test_every_task_is_done_with_every_seed_and_method(tmp_path, endpoint):
    endpoint.script(Player(2))
    product = ("--limit", 2, "--seeds", 2, "--seed", 7, "--method", "repl-plan,flat/no-ask")
    done = evaluate(tmp_path, endpoint, *STUDY, *product, "--jobs", 4, "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["episodes"], summary["solved"], summary["ending"]) == (8, 8, "complete")
    assert len(table(tmp_path / "run")) == 8
    assert {body["seed"] for body in endpoint.bodies} == {7, 8}
    assert {line.method for line in lines(tmp_path / "run")} == {"repl-plan", "flat/no-ask"}


class Halting(Player):
    """Plays the first game; the reply that begins the second is held until the test lets it go."""

    def __init__(self, games):
        super().__init__(games)
        self.halted, self.goes_on = threading.Event(), threading.Event()

    def __call__(self, body):
        told = super().__call__(body)
        if len(self.played) < 2:
            return told
        self.halted.set()
        return Said(told, after=self.goes_on)


def test_ctrl_c_finishes_what_runs_and_resume_does_the_rest(start, tmp_path, endpoint):
    player = Halting(4)
    endpoint.script(player)
    run = start(tmp_path, endpoint, *STUDY, "--limit", 4, "--jobs", 1)
    assert player.halted.wait(PATIENCE)
    run.send_signal(signal.SIGINT)
    until(run, "Ctrl-C again stops now")
    player.goes_on.set()
    said = run.communicate(timeout=300)[0]
    assert run.returncode == 130, said
    assert "2 of 4 done" in said
    assert "replplan eval --resume run" in said
    assert len(lines(tmp_path / "run")) == 2
    done = evaluate(tmp_path, endpoint, "--resume", "run", "--jobs", 2)
    assert done.returncode == 0, done.stderr
    assert sorted(player.played) == sorted({line.task for line in lines(tmp_path / "run")})


@pytest.mark.parametrize("signals", [("SIGINT", "SIGINT"), ("SIGTERM",)])
def test_stopped_now_it_leaves_no_process_and_what_is_finished(start, tmp_path, endpoint, signals):
    player = Halting(3)
    endpoint.script(player)
    run = start(tmp_path, endpoint, *STUDY, "--limit", 3, "--jobs", 1)
    assert player.halted.wait(PATIENCE)
    ours = family(run)
    *first, last = signals
    for number in first:
        run.send_signal(getattr(signal, number))
        until(run, "Ctrl-C again stops now")  # two of a kind at once may come as one
    run.send_signal(getattr(signal, last))
    said = run.communicate(timeout=300)[0]
    player.goes_on.set()
    assert run.returncode == 130, said
    assert psutil.wait_procs(ours, timeout=60)[1] == []
    assert len(lines(tmp_path / "run")) == 1
    assert evaluate(tmp_path, endpoint, "--resume", "run").returncode == 0
    assert len(table(tmp_path / "run")) == 3


def test_a_killed_run_goes_on_with_what_is_missing(start, tmp_path, endpoint):
    player = Player(4)
    endpoint.script(player)
    run = start(tmp_path, endpoint, *STUDY, "--limit", 4, "--jobs", 2)
    until(run, "1/4")
    ours = family(run)
    run.kill()
    run.communicate(timeout=300)
    assert psutil.wait_procs(ours, timeout=60)[1] == []
    kept = {line.task for line in lines(tmp_path / "run")}
    player.played.clear()
    assert evaluate(tmp_path, endpoint, "--resume", "run").returncode == 0
    assert not kept & set(player.played)
    undisturbed = evaluate(tmp_path, endpoint, *STUDY[:-1], "other", "--limit", 4)
    assert undisturbed.returncode == 0
    assert table(tmp_path / "run") == table(tmp_path / "other")


def test_a_finished_episode_that_was_not_noted_down_is_taken_from_its_trace(tmp_path, endpoint):
    player = Player(2)
    endpoint.script(player)
    assert evaluate(tmp_path, endpoint, *STUDY, "--limit", 2).returncode == 0
    whole, path = table(tmp_path / "run"), tmp_path / "run" / "episodes.jsonl"
    first, second = path.read_text().splitlines(keepends=True)
    path.write_text(first + second[: len(second) // 2])  # cut off as by a crash of the machine
    player.played.clear()
    done = evaluate(tmp_path, endpoint, "--resume", "run")
    assert done.returncode == 0, done.stderr
    assert "line 2, breaks off" in done.stdout
    assert (player.played, table(tmp_path / "run")) == ([], whole)


def test_a_damaged_line_is_told_of_and_its_episode_done_again(tmp_path, endpoint):
    player = Player(3)
    endpoint.script(player)
    assert evaluate(tmp_path, endpoint, *STUDY, "--limit", 3).returncode == 0
    run = tmp_path / "run"
    whole, path = table(run), run / "episodes.jsonl"
    first, second, third = path.read_text().splitlines(keepends=True)
    path.write_text(first + second[:40] + third)  # two lines in one: neither can be read
    for trace in (run / "traces").iterdir():
        trace.write_text(trace.read_text().replace("plan_finished", "plan_fin"))
    player.played.clear()
    done = evaluate(tmp_path, endpoint, "--resume", "run")
    assert done.returncode == 0, done.stderr
    assert "episodes.jsonl, line 2, is damaged" in done.stdout
    assert (len(player.played), table(run)) == (2, whole)
    assert second[:40] in (run / "damaged.txt").read_text()
    assert len(list((run / "traces" / "abandoned").iterdir())) == 2


def test_only_one_process_works_on_a_run(start, tmp_path, endpoint):
    player, goes_on = Player(1), threading.Event()
    endpoint.script(lambda body: Said(player(body), after=goes_on))
    run = start(tmp_path, endpoint, *STUDY, "--limit", 1)
    endpoint.wait_for(1)
    second = evaluate(tmp_path, endpoint, "--resume", "run")
    goes_on.set()
    assert second.returncode == 2
    assert "another process works on run" in second.stderr
    said = run.communicate(timeout=300)[0]
    assert (run.returncode, len(table(tmp_path / "run"))) == (0, 1), said


def test_a_failure_around_a_plan_is_a_result_that_can_be_tried_again(tmp_path, endpoint):
    player = Player(2)

    def deadly(body):
        return (
            cell("import os; os._exit(3)")
            if "Your task is to: put a creditcard" in body["messages"][-1]["content"]
            else player(body)
        )

    endpoint.script(deadly)
    done = evaluate(tmp_path, endpoint, *STUDY, "--limit", 2)
    assert done.returncode == 0, done.stderr
    run = tmp_path / "run"
    (failed,) = (line for line in lines(run) if not line.solved)
    assert (failed.stop_reason, failed.fault) == ("failed", "kernel")
    assert "exit code 3" in failed.error
    endpoint.script(player)
    player.played.clear()
    assert evaluate(tmp_path, endpoint, "--resume", "run").returncode == 0
    assert player.played == []
    done = evaluate(tmp_path, endpoint, "--resume", "run", "--retry-failed")
    assert "1 failed episode is done again" in done.stdout
    assert player.played == [failed.task]
    assert [row[1] for row in table(run).values()] == [True, True]
    assert failed.error in (run / "failed.jsonl").read_text().replace("\\n", "\n")


def test_a_study_file_stands_for_the_flags(tmp_path, endpoint):
    endpoint.script(Player(2))
    (tmp_path / "study.toml").write_text(
        'domain = "alfworld"\nsplit = "dev"\nlimit = 9\nmethod = ["repl-plan", "flat"]\n'
        'model = "scripted-1"\nparam = ["temperature=0.5", "reasoning_effort=low"]\n'
        'jobs = 2\nout = "run"\n[limits]\nturns = 30\n[options]\nactions = 40\n'
    )
    done = evaluate(tmp_path, endpoint, "study.toml", "--limit", 2)
    assert done.returncode == 0, done.stderr
    study = json.loads((tmp_path / "run" / "run.json").read_text())["study"]
    assert (study["limits"]["turns"], study["options"]) == (30, {"actions": "40"})
    assert study["params"] == {"temperature": 0.5, "reasoning_effort": "low"}
    assert all(body.items() >= study["params"].items() for body in endpoint.bodies)
    assert len(table(tmp_path / "run")) == 4
