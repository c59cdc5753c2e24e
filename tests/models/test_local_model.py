"""The embedded model with its real weights and its real server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from endpoint import PATIENCE
from weights import require_local_model, servers

from replplan.endpoints.check import check_endpoint
from replplan.endpoints.settings import Settings
from replplan.errors import ModelError
from replplan.local import SMOLLM2, LocalModel, LocalServer, ServerOptions, serve
from replplan.model import Message, Model, Request
from replplan.openai_model import OpenAIModel

NAME = "SmolLM2-135M-Instruct.Q4_1"

HOST = """
import asyncio, sys
from replplan.local import SMOLLM2, LocalServer

async def main():
    server = LocalServer(SMOLLM2)
    await server.start()
    print(server.pid, flush=True)
    sys.stdin.read()

asyncio.run(main())
"""


def ask(text: str = "Name one colour.", **fields: Any) -> Request:
    system = Message(role="system", content="You answer in few words.")
    return Request(messages=(system, Message(role="user", content=text)), **fields)


def ask_for_much() -> Request:
    """Its reply takes half a minute, whatever the model would like to say; of some thousand items
    more the runtime makes no grammar."""
    schema = {"type": "array", "items": {"type": "boolean"}, "minItems": 1000}
    return ask(schema_=schema, max_tokens=2000)


@pytest.fixture(autouse=True)
def _weights() -> None:
    require_local_model()


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    """One server for the tests that leave it as it was."""
    require_local_model()
    server = LocalServer(SMOLLM2)
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


@pytest.fixture
async def client(server: LocalServer) -> AsyncIterator[OpenAIModel]:
    settings = Settings(temperature=0.0, retries=0)
    model = OpenAIModel(NAME, base_url=server.url, api_key=server.key, settings=settings)
    yield model
    await model.close()


# ------------------------------------------------------------------------------------ the model
async def test_it_writes_without_network_key_or_price() -> None:
    model: Model = LocalModel()
    assert (model.name, model.context) == (NAME, 8192)
    pieces: list[str] = []
    first = await model.complete(ask(max_tokens=12), pieces.append)
    again = await model.complete(ask(max_tokens=12))
    assert first.text == "".join(pieces) == again.text
    assert len(pieces) > 1
    assert first.tokens.cost == 0.0
    assert first.tokens.cached == 0
    assert again.tokens.cached >= again.tokens.input - 1
    await model.close()
    await model.close()
    assert (await model.complete(ask(max_tokens=1))).tokens.output == 1
    await model.close()


async def test_a_parent_finds_its_prompt_as_it_left_it_when_its_child_is_done() -> None:
    """They begin with the same long text, and go on apart."""
    beginning = "Things lie on desks, shelves and beds. " * 30
    parent, child = ask(beginning + "Desks? " * 20, max_tokens=1), ask(beginning, max_tokens=1)
    model = LocalModel()
    try:
        await model.complete(parent)
        await model.complete(child)
        again = await model.complete(parent)
        assert again.tokens.cached >= again.tokens.input - 1
    finally:
        await model.close()


async def test_one_server_is_started_for_many_requests() -> None:
    model = LocalModel()
    try:
        await asyncio.gather(*(model.complete(ask(f"{i}?", max_tokens=2)) for i in range(3)))
        assert len(servers()) == 1
    finally:
        await model.close()


async def test_a_server_that_was_killed_is_started_anew() -> None:
    model = LocalModel()
    try:
        await model.complete(ask(max_tokens=1))
        (process,) = servers()
        process.kill()
        await asyncio.to_thread(psutil.wait_procs, [process], PATIENCE)
        assert (await model.complete(ask(max_tokens=1))).tokens.output == 1
    finally:
        await model.close()


async def test_a_server_killed_in_the_middle_is_named_as_the_cause() -> None:
    model = LocalModel()
    heard = asyncio.Event()
    try:
        task = asyncio.create_task(model.complete(ask_for_much(), lambda _: heard.set()))
        await asyncio.wait_for(heard.wait(), PATIENCE)
        (process,) = servers()
        process.kill()
        with pytest.raises(ModelError, match=r"embedded model ended.*-9") as caught:
            await task
        assert caught.value.transient
    finally:
        await model.close()


async def test_a_reply_is_held_to_a_schema(client: OpenAIModel) -> None:
    schema = {
        "type": "object",
        "properties": {"colour": {"enum": ["red", "green"]}, "sure": {"type": "boolean"}},
        "required": ["colour", "sure"],
        "additionalProperties": False,
    }
    completion = await client.complete(ask(schema_=schema, max_tokens=60))
    answer = json.loads(completion.text)
    assert answer["colour"] in {"red", "green"}
    assert isinstance(answer["sure"], bool)


async def test_a_prompt_beyond_the_context_is_refused(client: OpenAIModel) -> None:
    with pytest.raises(ModelError, match="exceeds the available context") as caught:
        await client.complete(ask("word " * 9000))
    assert not caught.value.transient


async def test_a_cancelled_request_leaves_the_server_usable(client: OpenAIModel) -> None:
    heard = asyncio.Event()
    task = asyncio.create_task(client.complete(ask_for_much(), lambda _: heard.set()))
    await asyncio.wait_for(heard.wait(), PATIENCE)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await client.complete(ask(max_tokens=1))).tokens.output == 1


async def test_the_check_finds_it_able(client: OpenAIModel) -> None:
    found = await check_endpoint(client)
    assert found.served == (NAME,)
    assert found.streaming
    assert found.json_schema
    assert found.cached_tokens


# ----------------------------------------------------------------------------------- the server
async def test_the_server_is_closed_to_others(server: LocalServer) -> None:
    process = psutil.Process(server.pid)
    listening = [c.laddr.ip for c in process.net_connections() if c.status == psutil.CONN_LISTEN]
    assert listening == ["127.0.0.1"]
    seen = [*process.cmdline(), *process.environ().values(), repr(server)]
    assert not [text for text in seen if server.key in text]
    stranger = OpenAIModel(NAME, base_url=server.url, api_key="guess", settings=Settings(retries=0))
    with pytest.raises(ModelError, match="does not accept the API key"):
        await stranger.complete(ask())
    await stranger.close()


async def test_it_stops_in_the_middle_of_a_reply() -> None:
    server, heard = LocalServer(SMOLLM2), asyncio.Event()
    await server.start()
    process = psutil.Process(server.pid)
    model = OpenAIModel(NAME, base_url=server.url, api_key=server.key, settings=Settings(retries=0))
    task = asyncio.create_task(model.complete(ask_for_much(), lambda _: heard.set()))
    await asyncio.wait_for(heard.wait(), PATIENCE)
    await server.stop()
    assert not process.is_running()
    with pytest.raises(ModelError):
        await task
    await model.close()
    await server.stop()


async def test_a_start_that_is_cancelled_leaves_nothing() -> None:
    before = set(psutil.Process().children())
    task = asyncio.create_task(LocalServer(SMOLLM2).start())
    await asyncio.sleep(0)  # up to where it waits for the process
    (process,) = set(psutil.Process().children()) - before
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not process.is_running()


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_it_leaves_when_its_host_is_killed_and_leaves_no_file(tmp_path: Path) -> None:
    command, env = [sys.executable, "-c", HOST], os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    ) as host:
        assert host.stdout
        process = psutil.Process(int(host.stdout.readline()))
        assert process.is_running()
        host.send_signal(signal.SIGKILL)
        gone, _ = psutil.wait_procs([process], PATIENCE)
    assert gone == [process]
    assert list(tmp_path.iterdir()) == []


async def test_serving_to_others_ends_with_the_task(tmp_path: Path) -> None:
    ready: asyncio.Queue[LocalServer] = asyncio.Queue()
    options = ServerOptions(log=tmp_path / "logs" / "model.log")
    task = asyncio.create_task(serve(ready.put_nowait, options=options))
    server = await asyncio.wait_for(ready.get(), PATIENCE)
    process = psutil.Process(server.pid)
    assert server.url.startswith("http://127.0.0.1:")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not process.is_running()
    assert (tmp_path / "logs" / "model.log").is_file()


async def test_serving_tells_when_the_server_dies() -> None:
    ready: asyncio.Queue[LocalServer] = asyncio.Queue()
    task = asyncio.create_task(serve(ready.put_nowait))
    server = await asyncio.wait_for(ready.get(), PATIENCE)
    psutil.Process(server.pid).kill()
    with pytest.raises(ModelError, match="ended"):
        await asyncio.wait_for(task, PATIENCE)
