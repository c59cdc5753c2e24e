"""Planning from Python."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from plans import cell, script

from replplan import Limits, open_kernel, plan, plan_sync, stream
from replplan.errors import ConfigError
from replplan.trace import read_trace


def answering(value="42"):
    return script(root=[f"answer({value})"])


def test_plan_sync_waits_for_the_answer(tmp_path):
    path = tmp_path / "trace.jsonl"
    result = plan_sync("the answer", model=answering(), trace=path)
    assert (result.answer, result.stop_reason) == (42, "answered")
    assert result.trace == str(path)
    assert [e.type for e in read_trace(path)][-1] == "plan_finished"


def test_what_a_cell_prints_is_kept_beside_the_trace(tmp_path):
    path, moved = tmp_path / "made" / "trace.jsonl", tmp_path / "moved"
    cells = ["for i in range(9_000): print(i)", "print('short')\nanswer(1)"]
    plan_sync("print much", model=script(root=cells), trace=path)
    path.parent.rename(moved)
    much, short = [e.result for e in read_trace(moved / path.name) if e.type == "cell_finished"]
    assert (moved / much.full_output).read_text() == "".join(f"{i}\n" for i in range(9_000))
    assert short.full_output is None
    assert len(list(moved.iterdir())) == 2


async def test_plan_sync_works_inside_a_running_loop():
    assert plan_sync("the answer", model=answering()).answer == 42


async def test_plan_sync_raises_in_a_running_loop_what_plan_raises():
    with pytest.raises(ConfigError, match="nowhere"):
        plan_sync("g", files=["nowhere.csv"], model=answering())


def test_ctrl_c_ends_a_plan_that_a_notebook_waits_for():
    """In a running loop, where the plan has a thread of its own."""
    code = """
import asyncio, os, signal
from replplan import plan_sync, ScriptedModel
from replplan.errors import ReplplanError
fence = chr(96) * 3
model = ScriptedModel([f"{fence}python\\nprint('on', flush=True)\\nwhile True: pass\\n{fence}"])
ended = []
def on_event(event):
    if event.type == "output_streamed" and "on" in event.text:  # the line's end may come alone
        os.kill(os.getpid(), signal.SIGINT)
    if event.type == "plan_finished":
        ended.append(event.stop_reason)
signal.signal(signal.SIGINT, signal.default_int_handler)
async def main():
    try:
        plan_sync("wait", model=model, on_event=on_event)
    except KeyboardInterrupt:
        print("interrupted", ended, flush=True)
asyncio.new_event_loop().run_until_complete(main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "interrupted ['cancelled']\n", done.stderr


async def test_stream_gives_the_events_as_they_happen():
    told = []
    types = [e.type async for e in stream("g", model=answering(), on_event=told.append)]
    assert types[0] == "plan_started"
    assert types[-1] == "plan_finished"
    assert types == [e.type for e in told]


async def test_leaving_a_stream_ends_the_plan():
    told = []
    model = script(root=["print('on', flush=True)\nwhile True: pass"])
    events = stream("g", model=model, on_event=told.append)
    async for event in events:
        if event.type == "output_streamed":
            break
    await events.aclose()
    assert told[-1].stop_reason == "cancelled"


async def test_many_plans_at_once_in_one_loop():
    plans = [plan(f"number {i}", model=answering(i)) for i in range(8)]
    assert [r.answer for r in await asyncio.gather(*plans)] == list(range(8))


def test_tools_run_in_this_process():
    secret = object()

    def lookup(name: str) -> bool:
        """Whether the name is known."""
        return name == "fig" and secret is not None

    model = script(root=["answer([lookup('fig'), lookup(name='yew')])"])
    assert plan_sync("g", model=model, tools=[lookup]).answer == [True, False]
    assert "lookup(name: str) -> bool: Whether the name" in str(model.requests[0].messages[0])


def test_limits_hold():
    result = plan_sync("g", model=script(root=["1", "2", "3"]), limits=Limits(turns=2))
    assert (result.stop_reason, result.answer) == ("limit:turns", None)


def test_each_request_holds_the_parameters_that_were_given(endpoint):
    endpoint.script(cell("print(ask('?'))"), "4", cell("answer(1)"))
    given = {"model": endpoint.model, "base_url": endpoint.url, "api_key": endpoint.key}
    params = {"temperature": 0, "chat_template_kwargs": {"enable_thinking": False}}
    assert plan_sync("g", **given, params=params).answer == 1
    assert [body.items() >= params.items() for body in endpoint.bodies] == [True] * 3
    with pytest.raises(ConfigError, match="local is at no endpoint that takes temperature"):
        plan_sync("g", model="local", params=params)
    with pytest.raises(ConfigError, match="params is a dict"):
        plan_sync("g", **given, params="temperature")


def test_a_model_that_is_given_stays_open():
    model = answering()
    closed = []
    model.close = lambda: closed.append(1)
    plan_sync("g", model=model)
    assert closed == []


async def test_open_kernel_is_a_notebook_of_its_own():
    async with open_kernel() as kernel:
        result = await kernel.execute("1 + 1", timeout=60)
        assert (result.value, result.error, result.output) == ("2", None, "")
        assert (await kernel.execute("undefined(1)")).error.name == "NameError"
