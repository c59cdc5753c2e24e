"""Twenty kills over a run of sixty episodes: its table is that of a run that nobody disturbed."""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from dataclasses import dataclass, field

import psutil
import pytest
from endpoint import Endpoint
from players import Player, evaluate, lines, start, table

GAMES, SEEDS = 20, 3
STUDY = ("alfworld", "--split", "dev", "--model", "scripted-1", "--limit", GAMES, "--seeds", SEEDS)
WHERE = ("--workers", 2, "--jobs", 4)


@dataclass
class Crashes:
    """A run, its endpoint, and whoever kills them at random moments."""

    folder: object
    player: Player
    rng: random.Random = field(default_factory=lambda: random.Random(20261127))
    killed: Counter[str] = field(default_factory=Counter)

    def __post_init__(self):
        self.endpoint = Endpoint()
        self.port = self.endpoint._server.server_address[1]
        self.endpoint.script(self.player)
        self.endpoint.__enter__()
        self.process = start(self.folder, self.endpoint, *STUDY, *WHERE, "--out", "run", "--quiet")

    def wait(self):
        """Until a random number of further requests has come, or the run has ended."""
        wanted = len(self.endpoint.bodies) + self.rng.randint(1, 12)
        while self.process.poll() is None:
            with self.endpoint._news:
                if self.endpoint._news.wait_for(lambda: len(self.endpoint.bodies) >= wanted, 1):
                    return

    def resume(self, *more):
        self.process = start(
            self.folder, self.endpoint, "--resume", "run", *WHERE, "--quiet", *more
        )

    def strike(self, what):
        self.wait()
        if self.process.poll() is not None:
            self.process.communicate()
            self.resume("--retry-failed")
            self.wait()
        self.killed[what] += 1
        getattr(self, what)()

    def host(self):
        self.process.kill()
        self.process.communicate()
        self.resume()

    def worker(self):
        self._kill_one(lambda command: "replplan.evaluate.worker" in command)

    def kernel(self):
        """A kernel, its zygote, or a world."""
        self._kill_one(lambda command: "replplan.evaluate.worker" not in command)

    def server(self):
        """The endpoint: its connections are cut, and its port is closed for a while."""
        self.endpoint.__exit__()
        self.endpoint = Endpoint(port=self.port)
        self.endpoint.script(self.player)
        self.endpoint.__enter__()

    def _kill_one(self, fits):
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended just before
            found = psutil.Process(self.process.pid).children(recursive=True)
            victims = [p for p in found if (command := command_of(p)) and fits(command)]
            if victims:
                self.rng.choice(victims).kill()

    def finish(self):
        said = self.process.communicate(timeout=300)[0]
        for _ in range(3):
            if any(line.is_infrastructure for line in lines(self.folder / "run")):
                self.resume("--retry-failed")
                said = self.process.communicate(timeout=300)[0]
        return self.process.returncode, said


def command_of(process):
    """What it was started by; nothing if it has ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def processes_of(folder):
    """Whatever runs with the home of these tests."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("HOME") == str(folder / "home"):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.slow
def test_sixty_episodes_survive_twenty_kills(tmp_path):
    crashes = Crashes(tmp_path, Player(GAMES))
    strikes = ["host"] * 5 + ["worker"] * 5 + ["kernel"] * 5 + ["server"] * 5
    crashes.rng.shuffle(strikes)
    try:
        for what in strikes:
            crashes.strike(what)
        code, said = crashes.finish()
        assert code == 0, said
        assert sum(crashes.killed.values()) == 20
        assert psutil.wait_procs(processes_of(tmp_path), timeout=60)[1] == []
        undisturbed = evaluate(tmp_path, crashes.endpoint, *STUDY, *WHERE, "--out", "calm")
        assert undisturbed.returncode == 0, undisturbed.stderr
    finally:
        crashes.process.kill()
        crashes.process.communicate()
        crashes.endpoint.__exit__()
    rows = table(tmp_path / "run")
    assert len(rows) == GAMES * SEEDS
    assert rows == table(tmp_path / "calm")
