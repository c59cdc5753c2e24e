"""What replplan costs a program that plans with it, beside the model's own time.

    uv run python benchmarks/embedding.py [--plans 20] [--peer] [--json]

A scripted endpoint on loopback writes the same three cells to everybody: a plan of three turns. The
overhead of a plan is its wall time, kernel included, less the time in which it waited for the
endpoint. `--peer` runs smolagents' CodeAgent against the same endpoint, in an environment of its
own that uv makes for this run and that is gone after it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from endpoint import Body, Endpoint

from replplan import Planner, ScriptedModel, plan

CELLS = (
    "values = [3, 1, 2]\nprint(sorted(values))",
    "total = sum(values)\nprint(total)",
    "{done}(total)",
)
ANSWER = 6
ENDLESS = "```python\nprint('on', flush=True)\nwhile True: pass\n```"
PEER = """
import json, statistics, sys, time
from smolagents import CodeAgent, OpenAIModel, __version__
from smolagents.monitoring import LogLevel

url, key, name, plans = sys.argv[1:]
waited = 0.0

class Timed(OpenAIModel):
    def generate(self, *args, **kwargs):
        global waited
        began = time.perf_counter()
        try:
            return super().generate(*args, **kwargs)
        finally:
            waited += time.perf_counter() - began

overheads, walls = [], []
for _ in range(int(plans) + 2):
    waited, began = 0.0, time.perf_counter()
    model = Timed(model_id=name, api_base=url, api_key=key)
    agent = CodeAgent(tools=[], model=model, verbosity_level=LogLevel.OFF)
    answer = agent.run("add the values")
    walls.append(time.perf_counter() - began)
    overheads.append(walls[-1] - waited)
    assert answer == 6, answer
medians = [1e3 * statistics.median(times[2:]) for times in (overheads, walls)]
print(json.dumps({"version": __version__, "ms": medians}))
"""


def replplan_reply(body: Body) -> str:
    """The cell of this turn, as replplan's models write it."""
    turn = sum(m["role"] == "assistant" for m in body["messages"])
    return f"```python\n{CELLS[turn].format(done='answer')}\n```"


def peer_reply(body: Body) -> str:
    """The same for smolagents, whose prompt holds every reply so far."""
    turn = json.dumps(body["messages"]).count("Thought: on.")
    return f"Thought: on.\n<code>\n{CELLS[turn].format(done='final_answer')}\n</code>"


@dataclass(frozen=True)
class Took:
    """Milliseconds of a plan: in all, and without the time in which it waited for the endpoint."""

    wall: float
    overhead: float


async def one(endpoint: Endpoint, planner: Planner | None = None) -> Took:
    """A plan of three turns."""
    waited = 0.0

    def on_event(event: Any) -> None:
        nonlocal waited
        waited += event.seconds if event.type == "model_replied" else 0.0

    began = time.perf_counter()
    if planner is not None:
        result = await planner.plan("add the values", on_event=on_event)
    else:
        named = {"model": endpoint.model, "base_url": endpoint.url, "api_key": endpoint.key}
        result = await plan("add the values", on_event=on_event, **named)  # type: ignore[arg-type]
    assert result.answer == ANSWER, result
    wall = time.perf_counter() - began
    return Took(1e3 * wall, 1e3 * (wall - waited))


async def overheads(endpoint: Endpoint, plans: int) -> dict[str, float]:
    """What plans cost: the first ever, one after another, and in one kernel that is kept."""
    endpoint.script(replplan_reply)
    first = await one(endpoint)
    fresh = [await one(endpoint) for _ in range(plans + 2)][2:]
    named = {"model": endpoint.model, "base_url": endpoint.url, "api_key": endpoint.key}
    async with Planner(**named) as planner:  # type: ignore[arg-type]
        kept = [await one(endpoint, planner) for _ in range(plans + 2)][2:]
    began = time.perf_counter()
    await asyncio.gather(*(one(endpoint) for _ in range(50)))
    return {
        "ms of the first plan, zygote started": first.wall,
        **told("a plan of three turns", fresh),
        **told("a plan in a kernel that is kept", kept),
        "s for 50 plans at once": time.perf_counter() - began,
    }


def told(what: str, plans: list[Took]) -> dict[str, float]:
    return {
        f"ms of overhead, {what}": statistics.median(p.overhead for p in plans),
        f"ms in all, {what}": statistics.median(p.wall for p in plans),
    }


async def leaving() -> float:
    """Seconds from the cancelling of a plan whose cell never ends to the end of all of it."""
    running = asyncio.Event()

    def on_event(event: Any) -> None:
        if event.type == "output_streamed":
            running.set()

    task = asyncio.create_task(plan("for ever", model=ScriptedModel([ENDLESS]), on_event=on_event))
    await running.wait()
    began = time.perf_counter()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return time.perf_counter() - began


def importing() -> float:
    """Seconds that `import replplan` takes, the best of some fresh processes."""
    code = "import time; b = time.perf_counter(); import replplan; print(time.perf_counter() - b)"
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True) for _ in range(5)]
    return min(float(done.stdout) for done in runs)


def peer(endpoint: Endpoint, plans: int) -> dict[str, Any]:
    """smolagents' CodeAgent on the same endpoint."""
    endpoint.script(peer_reply)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "peer.py"
        script.write_text(PEER)
        command = ["uv", "run", "--no-project", "--with", "smolagents[openai]", "python"]
        given = [str(script), endpoint.url, endpoint.key, endpoint.model, str(plans)]
        done = subprocess.run([*command, *given], capture_output=True, text=True, cwd=folder)
    if done.returncode:
        raise SystemExit(f"smolagents did not run:\n{done.stderr[-3000:]}")
    said = json.loads(done.stdout.splitlines()[-1])
    name = f"smolagents {said['version']}'s CodeAgent"
    return dict(zip((f"ms of overhead, {name}", f"ms in all, {name}"), said["ms"], strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--plans", type=int, default=20)
    parser.add_argument("--peer", action="store_true", help="smolagents as well")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with Endpoint() as endpoint:
        figures: dict[str, Any] = {"s of import replplan, best of 5": importing()}
        figures |= asyncio.run(overheads(endpoint, args.plans))
        figures["s from cancel to the end"] = asyncio.run(leaving())
        if args.peer:
            figures |= peer(endpoint, args.plans)
    if args.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"{k:48} {v:9.3f}" for k, v in figures.items()))


if __name__ == "__main__":
    main()
