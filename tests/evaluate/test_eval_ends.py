"""How a run ends before its time, from outside, and that it goes on after."""

from __future__ import annotations

import compileall
import subprocess
import sys
from pathlib import Path

from commands import environment
from endpoint import Refused
from plans import cell
from players import Player, evaluate, lines, table

import replplan_kernels
from replplan.console.progress import RunView
from replplan.evaluate import (
    Conductor,
    Here,
    HostGate,
    Room,
    RunFolder,
    Spending,
    Study,
    choose_tasks,
)
from replplan.model import Completion, Tokens
from replplan_domains.alfworld import ALFWorld

STUDY = ("alfworld", "--split", "dev", "--model", "scripted-1", "--out", "run")
FULL = """
import os, resource, sys
sys.dont_write_bytecode = True  # Python would keep what the limit cuts short
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
from replplan.cli import main
main()
"""


def test_a_lost_endpoint_stops_the_run_and_costs_no_result(tmp_path, endpoint):
    player = Player(3)
    healthy = iter(range(9))

    def dying(body):
        return player(body) if next(healthy, None) is not None else Refused(500, "out of order")

    endpoint.script(dying)
    done = evaluate(tmp_path, endpoint, *STUDY, "--limit", 3, "--patience", 1)
    assert done.returncode == 1, done.stderr
    assert "answers with status 500: out of order" in done.stdout
    assert "go on with `replplan eval --resume run`" in done.stdout
    assert all(line.solved for line in lines(tmp_path / "run"))
    endpoint.script(player)
    assert evaluate(tmp_path, endpoint, "--resume", "run").returncode == 0
    assert [row[1] for row in table(tmp_path / "run").values()] == [True] * 3


def test_a_full_disk_is_told_of_and_what_was_finished_is_kept(tmp_path, endpoint):
    endpoint.script(Player(4))
    study = ("eval", *STUDY, "--limit", "4")
    compileall.compile_dir(Path(replplan_kernels.__file__).parent, quiet=2)  # kernels write theirs
    full = subprocess.run(
        [sys.executable, "-c", FULL, "2000", *study],
        cwd=tmp_path,
        env=environment(tmp_path / "home", endpoint),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (full.returncode, "Traceback" in full.stderr) == (2, False)
    assert "cannot be written: File too large" in full.stderr
    assert "replplan eval --resume run" in full.stderr
    assert lines(tmp_path / "run") == []
    done = evaluate(tmp_path, endpoint, "--resume", "run")
    assert done.returncode == 0, done.stderr
    assert len(table(tmp_path / "run")) == 4


def test_a_run_stops_when_its_time_is_up(tmp_path, endpoint):
    endpoint.script(lambda body: cell("while True: pass"))
    done = evaluate(tmp_path, endpoint, *STUDY, "--limit", 2, "--total-seconds", 2)
    assert done.returncode == 1, done.stderr
    assert "the run has taken 2 s, all that it may" in done.stdout
    assert lines(tmp_path / "run") == []


class Priced:
    """A model that plays, each completion at a price."""

    name, context, sees, taught, asked = "priced", None, False, False, 0

    def __init__(self, player):
        self._player = player

    async def complete(self, request, on_text=None):
        self.asked += 1
        text = self._player({"messages": [m.model_dump() for m in request.messages]})
        return Completion(text=text, tokens=Tokens(input=1, output=1, cost=0.25))

    async def close(self):
        pass


async def test_a_run_costs_no_more_than_it_may_and_goes_on_with_more(tmp_path):
    domain, model = ALFWorld(), Priced(Player(3))
    study = Study(domain="alfworld", tasks=choose_tasks(domain, ["dev"], 3), models=("m",))

    async def run(folder, total):
        spent = sum(line.usage.cost for line in folder.lines.values())
        conductor = Conductor(folder, RunView(), 2)
        gate = HostGate(2, conductor.end, Spending(total, spent))
        return await conductor.run(Here(Room(study, gate, domain, {"m": model})))

    with RunFolder.create(tmp_path / "run", study) as folder:
        ending = await run(folder, 2.0)
    assert (ending.kind, model.asked) == ("stopped", 8)
    assert "has cost 2 dollars" in ending.why
    with RunFolder.resume(tmp_path / "run", print) as folder:
        assert (await run(folder, 100.0)).kind == "complete"
    assert len(table(tmp_path / "run")) == 3
