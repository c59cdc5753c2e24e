"""Many episodes on one machine, beside the ideal time and beside inspect_ai's ReAct solver.

    uv run python benchmarks/throughput.py [--episodes 200] [--jobs 20] [--turns 5] [--json]
    uv run --with inspect-ai python benchmarks/throughput.py --inspect

A scripted endpoint in a process of its own takes a fixed time for each completion. Every episode
is the same number of turns in a real household game, each a cell in a real kernel that acts once;
the last one answers. The ideal is the time of the completions alone, `--jobs` at once. The peer
plays as many samples with its own ReAct agent and a tool that answers at once: no kernel, no world.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import multiprocessing
import resource
import tempfile
import time
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from replplan.console.progress import RunView
from replplan.domain import Domain
from replplan.evaluate import (
    Conductor,
    EpisodeLine,
    Here,
    HostGate,
    Room,
    RunFolder,
    Study,
    choose_tasks,
)
from replplan.plugins import make_domain

MODEL = "scripted"
USAGE = {"prompt_tokens": 1000, "completion_tokens": 20, "total_tokens": 1020}


@dataclass(frozen=True)
class Load:
    """What is to be done: `seconds` is what each completion takes."""

    episodes: int
    jobs: int
    turns: int
    seconds: float

    @property
    def ideal(self) -> float:
        """The time of the completions alone."""
        return math.ceil(self.episodes / self.jobs) * self.turns * self.seconds


@dataclass(frozen=True)
class Figure:
    """What one of the two took. `share` is of the ideal; memory in MB, of the host's process, after
    a quarter of the episodes (of the peer: at its start) and at the end."""

    name: str
    seconds: float
    share: float
    cpu_seconds: float
    memory_before: float
    memory_end: float


def serve(ready: Connection, load: Load) -> None:
    """The endpoint: a completion after so many seconds, whatever is asked."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
            body = json.loads(await reader.readexactly(int(length))) if length else None
            await asyncio.sleep(load.seconds if body else 0)
            writer.write(reply(body, load))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has left
        finally:
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def reply(body: dict[str, object] | None, load: Load) -> bytes:
    """One HTTP response, whole; streamed where that was asked for."""
    if body is None:
        return http(json.dumps({"object": "list", "data": [{"id": MODEL}]}), "application/json")
    message, usage = say(body, load), USAGE
    frame = {"id": "c", "created": 0, "model": MODEL, "object": "chat.completion"}
    finish = "tool_calls" if "tool_calls" in message else "stop"
    choice = {"index": 0, "finish_reason": finish}
    if not body.get("stream"):
        whole = frame | {"choices": [choice | {"message": message}], "usage": usage}
        return http(json.dumps(whole), "application/json")
    chunk = frame | {"object": "chat.completion.chunk", "choices": [choice | {"delta": message}]}
    last = frame | {"object": "chat.completion.chunk", "choices": [], "usage": usage}
    events = [json.dumps(chunk), json.dumps(last), "[DONE]"]
    return http("".join(f"data: {event}\n\n" for event in events), "text/event-stream")


def say(body: dict[str, object], load: Load) -> dict[str, object]:
    """A cell, or a call of the peer's tools; the last one ends the episode."""
    messages = body["messages"]
    assert isinstance(messages, list)
    if "tools" in body:
        last = sum(m["role"] == "assistant" for m in messages) >= load.turns - 1
        name, given = ("submit", {"answer": "done"}) if last else ("act", {"action": "look"})
        call = {"id": f"call-{len(messages)}", "type": "function", "index": 0}
        function = {"name": name, "arguments": json.dumps(given)}
        return {"role": "assistant", "content": None, "tool_calls": [call | {"function": function}]}
    begun = max(n for n, m in enumerate(messages) if "Welcome to TextWorld" in m["content"])
    last = sum(m["role"] == "assistant" for m in messages[begun:]) >= load.turns - 1
    cell = "answer('done')" if last else f"print({len(messages)}, act('look'))"
    return {"role": "assistant", "content": f"```python\n{cell}\n```"}


def http(content: str, kind: str) -> bytes:
    data = content.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n"
    return (head + "Connection: close\r\n\r\n").encode() + data


class Meter:
    """Time, processor time of this process and its children, and this process's memory."""

    def __init__(self) -> None:
        self._began, self._cpu = time.perf_counter(), cpu()
        self.before = memory()

    def figure(self, name: str, load: Load) -> Figure:
        seconds = time.perf_counter() - self._began
        spent = cpu() - self._cpu
        return Figure(name, seconds, load.ideal / seconds, spent, self.before, memory())


class Sampler(RunView):
    """A view that takes this process's memory after a quarter of the episodes."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self._meter = meter

    def finished(self, line: EpisodeLine) -> None:
        super().finished(line)
        if self.board.done == self.board.total // 4:
            self._meter.before = memory()


def memory() -> float:
    return float(psutil.Process().memory_info().rss / 1e6)


def cpu() -> float:
    own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in own)


async def ours(load: Load, url: str, folder: Path) -> Figure:
    domain: Domain = make_domain("alfworld", {})
    study = Study(
        domain="alfworld",
        tasks=choose_tasks(domain, ["train"], load.episodes),
        models=(MODEL,),
        base_url=url,
    )
    with RunFolder.create(folder / "run", study) as run:
        meter = Meter()
        conductor = Conductor(run, Sampler(meter), load.jobs)
        room = Room(study, HostGate(load.jobs, conductor.end), domain)
        ending = await conductor.run(Here(room))
        figure = meter.figure("replplan", load)
        wrong = [line for line in run.lines.values() if line.answer != "done"]
        if ending.kind != "complete" or wrong:
            raise RuntimeError(f"{ending}; first wrong: {wrong[:1]}")
    return figure


def theirs(load: Load, url: str, folder: Path) -> Figure:
    """inspect_ai's ReAct agent on the same endpoint."""
    from inspect_ai import Task, eval  # noqa: A004 its own name
    from inspect_ai.agent import react
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.model import get_model
    from inspect_ai.tool import Tool, tool

    @tool
    def act() -> Tool:
        async def execute(action: str) -> str:
            """Act in the world.

            Args:
                action: what to do.
            """
            return "You are in the middle of a room."

        return execute

    samples = [Sample(input=f"Do task {n}.", target="done") for n in range(load.episodes)]
    task = Task(dataset=MemoryDataset(samples), solver=react(tools=[act()]))
    model = get_model(f"openai-api/scripted/{MODEL}", base_url=url, api_key="none")
    meter = Meter()
    (log,) = eval(
        task,
        model,
        max_connections=load.jobs,
        max_samples=load.jobs,
        log_dir=str(folder / "logs"),
        display="none",
    )
    figure = meter.figure("inspect_ai ReAct", load)
    if log.status != "success":
        raise RuntimeError(log.error.message if log.error else log.status)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--episodes", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="what a completion takes")
    parser.add_argument("--inspect", action="store_true", help="measure inspect_ai as well")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    load = Load(args.episodes, args.jobs, args.turns, args.seconds)
    figures = measure(load, inspect=args.inspect)
    if args.json:
        rows = [asdict(figure) for figure in figures]
        print(json.dumps({"load": asdict(load), "ideal": load.ideal, "figures": rows}))
        return
    print(f"{load}\nideal: {load.ideal:.1f} s")
    for f in figures:
        print(f"{f.name}: {f.seconds:.1f} s, {f.share:.1%} of ideal, {f.cpu_seconds:.1f} s CPU")
        print(f"    memory {f.memory_before:.0f} -> {f.memory_end:.0f} MB")


def measure(load: Load, *, inspect: bool) -> list[Figure]:
    """Both, one after the other, on the same endpoint."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    endpoint = context.Process(target=serve, args=(there, load), daemon=True)
    endpoint.start()
    url = f"http://127.0.0.1:{here.recv()}/v1"
    try:
        with tempfile.TemporaryDirectory() as folder:
            figures = [asyncio.run(ours(load, url, Path(folder)))]
            if inspect:
                figures.append(theirs(load, url, Path(folder)))
        return figures
    finally:
        endpoint.terminate()
        endpoint.join()


if __name__ == "__main__":
    main()
