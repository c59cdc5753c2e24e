"""Episodes on a Dask cluster: real schedulers and worker processes, one of them killed."""

import contextlib
import itertools
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from concurrent.futures import CancelledError, Future

import psutil
import pytest
from commands import environment
from endpoint import PATIENCE
from players import Player, lines, table

from replplan.errors import ConfigError
from replplan.evaluate.cluster import Cluster, default_jobs, local_workers
from replplan.evaluate.cluster_worker import ClusterBegin, WorkerRoom
from replplan.evaluate.gate import HostGate
from replplan.evaluate.messages import TO_HOST
from replplan.evaluate.study import Study
from replplan.telemetry import Telling

pytest.importorskip("distributed")


class Dask:
    """A scheduler and workers as people start them, one thread each."""

    def __init__(self, folder, endpoint, workers):
        self.folder, self.environment = folder, environment(folder / "home", endpoint)
        self.workers = []
        self.scheduler = self.start("scheduler", "--host", "127.0.0.1", "--port", "0",
                                    "--dashboard-address", "127.0.0.1:0")  # fmt: skip
        self.address = self.wait_for(self.scheduler, r"Scheduler at:\s+(tcp://\S+)")
        for _ in range(workers):
            worker = self.start("worker", self.address, "--no-nanny", "--nthreads", "1",
                                "--no-dashboard", "--host", "127.0.0.1")  # fmt: skip
            self.wait_for(worker, r"Registered to:\s+(tcp://\S+)")
            self.workers.append(worker)

    def start(self, *command):
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *command], cwd=self.folder, env=self.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def wait_for(self, process, pattern):
        for line in process.stderr:
            if found := re.search(pattern, line):
                threading.Thread(target=process.stderr.read, daemon=True).start()
                return found[1]
        raise AssertionError(f"{process.args} ended: {process.wait()}")

    def end(self):
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()
            with contextlib.suppress(ValueError):
                process.stderr.close()


@pytest.fixture
def dask(tmp_path, endpoint):
    made = []

    def make(workers):
        made.append(Dask(tmp_path, endpoint, workers))
        return made[0]

    yield make
    for cluster in made:
        cluster.end()


def to_its_end(run):
    """What a run said that came to its end."""
    told, _ = run.communicate(timeout=500)
    assert run.returncode == 0, told
    return told


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_only_what_it_played(start, endpoint, dask, tmp_path):
    what = ("alfworld", "--limit", "4", "--model", endpoint.model)
    player = Player(4, loses=("look",))
    endpoint.script(player)
    to_its_end(start(tmp_path, endpoint, *what, "--out", "alone"))
    player.played.clear()
    cluster, family, asked = dask(2), [], itertools.count(1)

    def kill_in_the_middle(body):
        if next(asked) == 6:
            playing = [w for w in cluster.workers if psutil.Process(w.pid).children()]
            family.extend(psutil.Process(playing[0].pid).children(recursive=True))
            playing[0].send_signal(signal.SIGKILL)
        return player(body)

    endpoint.script(kill_in_the_middle)
    spread = start(tmp_path, endpoint, *what, "--cluster", cluster.address, "--out", "spread")
    told = to_its_end(spread)
    assert "2 at once" in told
    assert re.search(r"the worker tcp://\S+ has ended; what it played begins elsewhere", told)
    assert table(tmp_path / "spread") == table(tmp_path / "alone")
    kept = lines(tmp_path / "spread")
    assert all((tmp_path / "spread" / line.trace).is_file() for line in kept)
    assert set(player.played) == {line.task for line in kept}
    assert len(player.played) <= len(kept) + 1  # but one episode was begun twice at most
    assert family
    assert not psutil.wait_procs(family, timeout=60)[1]


@pytest.mark.slow
def test_worker_processes_of_ones_own_and_the_dashboard(start, endpoint, tmp_path):
    player, pages, link = Player(3), [], Future()

    def look_at_dashboard(body):
        if not pages:
            with urllib.request.urlopen(link.result(PATIENCE), timeout=PATIENCE) as page:
                pages.append(page.read().decode())
        return player(body)

    endpoint.script(look_at_dashboard)
    told = []
    what = ("alfworld", "--limit", "3", "--model", endpoint.model)
    with start(tmp_path, endpoint, *what, "--cluster", "local:2", "--out", "run") as run:
        for line in run.stdout:
            told.append(line)
            if found := re.search(r"dashboard (http://\S+/status)", line):
                link.set_result(found[1])
    assert run.returncode == 0, "".join(told)
    assert "solved 3/3" in "".join(told)
    assert "Dask Diagnostic UI" in pages[0]
    assert re.search(r"bokeh[\w.-]*\.js", pages[0])  # not the page that says that Bokeh is missing
    assert len(lines(tmp_path / "run")) == 3
    assert not re.search("Traceback|CRITICAL|ERROR", "".join(told)), "".join(told)


class SilentWorker:
    """A Dask worker whose host was killed: whatever is said to it, nobody hears."""

    address = "tcp://nowhere"

    def __init__(self):
        self.said = []

    def log_event(self, topic, told):
        self.said.append(TO_HOST.validate_json(told["message"]).do)


@pytest.mark.slow
def test_a_host_that_was_killed_holds_no_worker(endpoint, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", endpoint.key)
    study = Study(
        domain="alfworld", tasks={"dev": ("dev-0000-pick",)}, models=(endpoint.model,),
        base_url=endpoint.url,
    )  # fmt: skip
    worker = SilentWorker()
    begin = ClusterBegin(run="lost", topic="t", study=study, telling=Telling(), silence=3.0)
    playing = WorkerRoom(begin, worker).play(study.jobs()[0])
    with pytest.raises(CancelledError):
        playing.result(timeout=60)
    assert not endpoint.bodies
    assert set(worker.said) <= {"progress", "enter", "forget"}


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("localhost:8786", "that is no scheduler; give its address, such as tcp://host:8786"),
        ("local:some", "local:N takes a number of worker processes"),
        ("local:0", "local:N takes a number of worker processes"),
    ],
)
def test_an_address_that_is_none_is_refused(address, said):
    with pytest.raises(ConfigError, match=said):
        local_workers(address)


async def test_a_scheduler_that_does_not_answer_is_told(monkeypatch):
    monkeypatch.setattr("replplan.evaluate.cluster._CONNECT_SECONDS", 0.5)
    with pytest.raises(ConfigError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        await default_jobs("tcp://127.0.0.1:9")


async def test_without_dask_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    study = Study(domain="alfworld", tasks={"dev": ("dev-0000-pick",)})
    with pytest.raises(ConfigError, match=r'pip install "replplan\[cluster\]"'):
        async with Cluster("local:1", study, HostGate(1, print)):
            pass
