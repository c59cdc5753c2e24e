"""Episodes in worker processes: the same results, and a worker's death costs what it just played."""

from __future__ import annotations

import asyncio
import threading

import psutil
from endpoint import PATIENCE, Said
from players import Player, evaluate, table

from replplan.evaluate.messages import TO_HOST, Begin, Enter, GateReply, Play, Settle, in_a_line
from replplan.evaluate.study import Study
from replplan.evaluate.worker import Worker
from replplan.telemetry import Telling
from replplan.trace import read_trace

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
    said = run.communicate(timeout=300)[0]
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
    run.communicate(timeout=300)
    assert psutil.wait_procs(everyone, timeout=60)[1] == []
    endpoint.script(player)
    never.set()
    assert evaluate(tmp_path, endpoint, "--resume", "run", "--workers", 1).returncode == 0
    assert len(table(tmp_path / "run")) == 4


class DyingHost:
    """Lets one request pass, and is killed before it hears what became of it."""

    def __init__(self, requests):
        self.requests, self.asked_again, self.has_gone = requests, asyncio.Event(), False

    def write(self, line):
        message = TO_HOST.validate_json(line)
        self.has_gone = self.has_gone or isinstance(message, Settle)
        if isinstance(message, Enter):
            self.asked_again.set() if self.has_gone else self.let_pass(message)
        if self.has_gone:
            raise BrokenPipeError

    def let_pass(self, enter):
        self.requests.feed_data(in_a_line(GateReply(ask=enter.ask, value=1.0)))

    def flush(self):
        pass


async def test_a_reply_that_comes_as_the_host_is_killed_makes_no_episode_fail(
    tmp_path, endpoint, monkeypatch
):
    monkeypatch.setenv("OPENAI_API_KEY", endpoint.key)
    endpoint.script(Player(1))
    study = Study(
        domain="alfworld", tasks={"dev": ("dev-0000-pick",)}, models=(endpoint.model,),
        base_url=endpoint.url,
    )  # fmt: skip
    requests, trace = asyncio.StreamReader(), tmp_path / "trace.jsonl"
    host = DyingHost(requests)
    serving = asyncio.create_task(Worker(host).serve(requests))
    requests.feed_data(in_a_line(Begin(study=study, telling=Telling())))
    requests.feed_data(in_a_line(Play(job=study.jobs()[0], trace=str(trace))))
    await asyncio.wait_for(host.asked_again.wait(), PATIENCE)
    requests.feed_eof()
    await serving
    assert list(read_trace(trace))[-1].stop_reason == "cancelled"
