"""inspect_ai: our planner in its evaluations, our traces as its logs. With the real package."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from commands import environment
from plans import play, script
from players import Player

from replplan.cli import cli
from replplan.errors import ConfigError
from replplan.limits import Limits
from replplan.model import ScriptedModel
from replplan.trace import TraceWriter

pytest.importorskip("inspect_ai")

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "two-things.jsonl"


def inspect(*arguments, folder, endpoint=None):
    """The command `inspect` as people type it."""
    env = environment(folder, INSPECT_DISPLAY="plain")
    if endpoint:
        env |= {"LOOPBACK_BASE_URL": endpoint.url, "LOOPBACK_API_KEY": endpoint.key}
    done = subprocess.run(
        [sys.executable, "-m", "inspect_ai", *arguments, "--log-dir", str(folder / "logs")],
        cwd=folder, env=env, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def logs_of(folder):
    from inspect_ai.log import read_eval_log

    return [read_eval_log(str(path)) for path in sorted(folder.glob("*.eval"))]


@pytest.mark.slow
def test_inspect_evaluates_our_planner_with_its_own_model_and_log(endpoint, tmp_path):
    player = Player(2, loses=("look",))
    endpoint.script(player)
    inspect(
        "eval", "replplan/alfworld", "--model", f"openai-api/loopback/{endpoint.model}",
        "--limit", "2", folder=tmp_path, endpoint=endpoint,
    )  # fmt: skip
    (log,) = logs_of(tmp_path / "logs")
    assert (log.status, log.eval.task) == ("success", "replplan/alfworld")
    scores = {sample.id: sample.scores["outcome"].value for sample in log.samples}
    assert len(scores) == 2
    expected = {task: int(bool(plan)) for task, plan in player.plans.values()}
    assert {task: value["solved"] for task, value in scores.items()} == expected
    assert sum(expected.values()) == 1
    models = [e for sample in log.samples for e in sample.events if e.event == "model"]
    assert len(models) == len(endpoint.bodies)
    for sample in log.samples:
        acted = [e for e in sample.events if e.event == "info" and e.data["type"] == "acted"]
        counted = sample.store["replplan"]["usage"]
        assert len(acted) == counted["actions"] == len(dict(player.plans.values())[sample.id])
        (usage,) = sample.model_usage.values()
        assert usage.total_tokens == counted["input_tokens"] + counted["output_tokens"] > 0
        assert sample.messages[-1].role == "assistant"


@pytest.mark.slow
def test_limits_of_inspect_hold_and_what_they_end_is_scored(endpoint, tmp_path):
    endpoint.script(lambda body: "```python\nfurther()\n```")
    model = f"openai-api/loopback/{endpoint.model}"
    inspect(
        "eval", "replplan/webshop", "--model", model, "--limit", "2", "--token-limit", "5000",
        folder=tmp_path, endpoint=endpoint,
    )  # fmt: skip
    (log,) = logs_of(tmp_path / "logs")
    assert log.status == "success"
    assert [sample.limit.type for sample in log.samples] == ["token"] * 2
    assert [sample.scores["outcome"].value["solved"] for sample in log.samples] == [0, 0]


async def trace_of(path, **options):
    played = await play(**options)
    with TraceWriter(path) as writer:
        for event in played.events:
            writer(event)
    return played


class Thinking(ScriptedModel):
    """A model that tells its thoughts."""

    async def complete(self, request, on_text=None):
        completion = await super().complete(request, on_text)
        return completion.model_copy(update={"thoughts": "Hm."})


async def three_traces(traces):
    """What was played in the first of: answered, out of turns, cut off."""
    good = script(root=["x = inner(1)\n1/0", "answer(x)"], inner=["ask('what?')\nanswer(2)"],
                  ask=["this"])  # fmt: skip
    played = await trace_of(traces / "a.jsonl", model=Thinking(good.replies))
    await trace_of(
        traces / "b.jsonl", model=script(root=["1", "2"]), limits=Limits(seconds=60, turns=1)
    )
    other = script(root=["answer(1)"])
    other.name = "another"
    await trace_of(traces / "c.jsonl", model=other)
    lines = (traces / "c.jsonl").read_text().splitlines(keepends=True)
    (traces / "c.jsonl").write_text("".join(lines[:-1]))
    return played


@pytest.mark.slow
def test_a_run_becomes_logs_that_inspect_reads(tmp_path):
    # Not within a running loop: there inspect patches asyncio, for good.
    played = asyncio.run(three_traces(tmp_path / "run" / "traces"))
    out = tmp_path / "logs"
    cli.main(["export", str(tmp_path / "run"), "--to", "inspect", "--out", str(out)],
             standalone_mode=False)  # fmt: skip
    logs = {log.eval.model: log for log in logs_of(out)}
    assert {name: log.status for name, log in logs.items()} == {
        "scripted": "success", "another": "cancelled",
    }  # fmt: skip
    first, second = logs["scripted"].samples
    assert (first.id, first.epoch, second.id, second.epoch) == ("goal", 1, "goal", 2)
    assert second.limit.type == "turn"
    assert logs["another"].samples[0].error.message == "the trace is cut off"
    kinds = [e.event for e in first.events]
    assert (kinds.count("model"), kinds.count("tool"), kinds.count("span_begin")) == (4, 3, 2)
    replies = [e.output.choices[0].message for e in first.events if e.event == "model"]
    assert [reply.content[0].reasoning for reply in replies] == ["Hm."] * 4
    assert "1/0" in replies[0].text
    (failed,) = [e for e in first.events if e.event == "tool" and e.error]
    assert failed.error.message == "ZeroDivisionError: division by zero"
    assert failed.arguments == {"code": "x = inner(1)\n1/0"}
    assert first.output.completion == "2"
    (usage,) = first.model_usage.values()
    assert usage.total_tokens == played.result.usage.tokens
    listed = json.loads(inspect("log", "list", "--json", folder=tmp_path))
    assert len(listed) == 2


def test_without_inspect_the_export_says_how_to_get_it(monkeypatch, tmp_path):
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r'pip install "replplan\[inspect\]"'):
        cli.main(["export", str(EXAMPLE), "--to", "inspect", "--out", str(tmp_path / "logs")],
                 standalone_mode=False)  # fmt: skip
