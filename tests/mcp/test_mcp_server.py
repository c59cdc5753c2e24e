"""`replplan mcp` with real clients: plans as tools, progress, cancellation, traces."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import psutil
import pytest
from clients import SERVER, Server, flags, over_http, over_stdio
from endpoint import Hang
from plans import cell

pytest.importorskip("mcp", reason="the extra `mcp` is not installed")


def words(result):
    return result.content[0].text


async def test_an_agent_has_a_plan_made_and_explained(endpoint, tmp_path):
    (tmp_path / "sales.csv").write_text("region,sales\nnorth,3\nsouth,5\n")
    endpoint.script(
        cell("import pandas\n1 / 0"),
        cell("answer(sum(int(r.split(',')[1]) for r in open('sales.csv').readlines()[1:]))"),
    )
    told = []

    async def progress(done, total, message):
        told.append((done, message))

    async with over_stdio(endpoint, tmp_path, "--turns", "7") as client:
        tools = (await client.list_tools()).tools
        assert [t.name for t in tools] == ["plan", "plan_in_domain", "explain_run"]
        assert "files" in tools[0].input_schema["properties"]
        asked = {"goal": "add up the sales", "files": ["sales.csv"], "limits": {"turns": 100}}
        result = await client.call_tool("plan", asked, progress_callback=progress)
        assert not result.is_error, words(result)
        outcome = result.structured_content
        assert (outcome["answer"], outcome["stop_reason"]) == (8, "answered")
        assert outcome["usage"]["turns"] == 2
        assert [n for n, _ in told] == list(range(1, len(told) + 1))
        assert any("[1] import pandas" in message for _, message in told)

        listed = [str(r.uri) for r in (await client.list_resources()).resources]
        assert outcome["trace"] in listed
        trace = (await client.read_resource(outcome["trace"])).contents[0].text
        events = [json.loads(line) for line in trace.splitlines()]
        assert events[0]["type"] == "plan_started"
        assert events[0]["limits"]["turns"] == 7  # the server's own, though more was asked for
        assert events[-1]["type"] == "plan_finished"
        assert endpoint.key not in trace

        explained = words(await client.call_tool("explain_run", {"run": outcome["trace"]}))
        assert "Goal: add up the sales" in explained
        assert "- root [1]: ZeroDivisionError: division by zero" in explained
        assert "Answer: 8" in explained


async def test_what_is_wrong_is_a_sentence_for_the_agent(endpoint, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "secret.txt").write_text("x")
    async with over_stdio(endpoint, tmp_path / "mine") as client:
        wrong = [
            ("plan", {"goal": "g", "files": ["../secret.txt"]}, "not open to clients"),
            ("plan", {"goal": "g", "files": ["none.csv"]}, "none.csv cannot be read"),
            ("plan", {"goal": "  "}, "a plan needs a goal"),
            ("plan", {"goal": "g", "limits": {"turns": 0}}, "greater than 0"),
            ("plan_in_domain", {"domain": "alfwold"}, "did you mean alfworld?"),
            ("plan_in_domain", {"domain": "notebook"}, "use the tool `plan`"),
            ("plan_in_domain", {"domain": "alfworld", "task": "no"}, "has no task 'no'"),
            ("explain_run", {"run": "replplan://traces/../secret.txt"}, "there is no trace"),
            ("explain_run", {"run": "../secret.txt"}, "not open to clients"),
        ]
        for tool, arguments, sentence in wrong:
            result = await client.call_tool(tool, arguments)
            assert result.is_error, arguments
            assert sentence in words(result)
    assert endpoint.bodies == []


async def test_a_task_of_a_domain(endpoint, tmp_path):
    endpoint.script(cell("act('look')\nact('look')"))
    async with over_stdio(endpoint, tmp_path) as client:
        asked = {"domain": "alfworld", "split": "dev", "task": "0", "limits": {"actions": 1}}
        outcome = (await client.call_tool("plan_in_domain", asked)).structured_content
    assert (outcome["score"], outcome["solved"]) == (0.0, False)
    assert outcome["stop_reason"] == "limit:actions"


async def test_a_cancelled_request_ends_its_plan(endpoint, tmp_path):
    endpoint.script(cell("while True:\n    pass"))
    running = asyncio.Event()

    async def progress(done, total, message):
        if "while True" in message:
            running.set()

    async with over_stdio(endpoint, tmp_path) as client:
        asked = client.call_tool("plan", {"goal": "for ever"}, progress_callback=progress)
        call = asyncio.create_task(asked)
        async with asyncio.timeout(120):
            await running.wait()
            call.cancel()
            await asyncio.wait([call])
            (trace,) = (tmp_path / "traces").glob("*.jsonl")
            while '"plan_finished"' not in trace.read_text():
                await asyncio.sleep(0.05)
        assert '"cancelled"' in trace.read_text().splitlines()[-1]


async def test_over_http_with_a_token_alone(endpoint, tmp_path):
    endpoint.script(cell("answer(6 * 7)"))
    with Server(endpoint, tmp_path) as server:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": server.token}):
            asked = urllib.request.Request(server.url, b"{}", headers, method="POST")
            with pytest.raises(urllib.error.HTTPError) as refused:
                await asyncio.to_thread(urllib.request.urlopen, asked)
            refused.value.close()
            assert refused.value.code == 401
        async with over_http(server.url, server.token) as client:
            result = await client.call_tool("plan", {"goal": "six times seven"})
            assert result.structured_content["answer"] == 42
    assert server.code == 0
    assert len(endpoint.bodies) == 1


async def test_a_server_that_is_ended_ends_its_plans(endpoint, tmp_path):
    endpoint.script(Hang("thinking"))
    with Server(endpoint, tmp_path) as server:
        async with over_http(server.url, server.token) as client:
            call = asyncio.create_task(client.call_tool("plan", {"goal": "think"}))
            await asyncio.to_thread(endpoint.wait_for, 1)
            below = psutil.Process(server.process.pid).children(recursive=True)
            server.process.terminate()
            await asyncio.to_thread(endpoint.wait_for_leave)
            await asyncio.to_thread(server.process.wait, 60)
            call.cancel()
            await asyncio.wait([call])
        _, alive = psutil.wait_procs(below, 30)
    assert alive == []
    (trace,) = (tmp_path / "traces").glob("*.jsonl")
    assert '"cancelled"' in trace.read_text().splitlines()[-1]


def test_a_signal_ends_it_though_its_client_stays(endpoint, tmp_path):
    command = [sys.executable, *SERVER, *flags(endpoint, tmp_path)]
    about = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "a", "version": "1"},
    }
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": about}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as server:
        server.stdin.write(json.dumps(hello) + "\n")
        server.stdin.flush()
        assert "replplan" in server.stdout.readline()
        server.send_signal(signal.SIGINT)
        assert server.wait(60) == 130
        assert server.stderr.read() == ""
