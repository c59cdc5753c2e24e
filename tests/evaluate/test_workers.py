"""Episodes in worker processes: the same results, and a worker's death costs what it just played."""

from __future__ import annotations

import threading

import psutil
from endpoint import Said
from players import Player, evaluate, table

STUDY = ("alfworld", "--split", "dev", "--model", "scripted-1", "--limit", 4, "--jobs", 4)


def workers_of(process):
    """Its worker processes."""
    found = psutil.Process(process.pid).children()  # those of workers come and go
    return [p for p in found if "replplan.evaluate.worker" in p.cmdline()]


def test_workers_find_out_what_one_process_does_also_when_one_is_killed(start, tmp_path, endpoint):
    player, goes_on = Player(4), threading.Event()
    endpoint.script(lambda body: Said(player(body), after=goes_on))
    run = start(tmp_path, endpoint, *STUDY, "--workers", 2, "--out", "run")
    endpoint.wait_for(4)  # all four have asked and none has its answer yet
    first, _ = workers_of(run)
    everyone = psutil.Process(run.pid).children(recursive=True)
    first.kill()
    endpoint.wait_for(6)  # its two episodes have begun anew
    goes_on.set()
    said = run.communicate(timeout=90)[0]
    assert run.returncode == 0, said
    assert said.count("a worker process ended (exit code -9") == 2
    assert psutil.wait_procs(everyone, timeout=60)[1] == []
    endpoint.script(Player(4))
    assert evaluate(tmp_path, endpoint, *STUDY, "--out", "alone").returncode == 0
    assert table(tmp_path / "run") == table(tmp_path / "alone")


def test_a_killed_host_takes_its_workers_along(start, tmp_path, endpoint):
    player, never = Player(4), threading.Event()
    endpoint.script(lambda body: Said(player(body), after=never))
    run = start(tmp_path, endpoint, *STUDY, "--workers", 2, "--out", "run")
    endpoint.wait_for(4)
    everyone = psutil.Process(run.pid).children(recursive=True)
    run.kill()
    run.communicate(timeout=30)
    assert psutil.wait_procs(everyone, timeout=60)[1] == []
    endpoint.script(player)
    never.set()
    assert evaluate(tmp_path, endpoint, "--resume", "run", "--workers", 1).returncode == 0
    assert len(table(tmp_path / "run")) == 4
