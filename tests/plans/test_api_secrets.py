"""A canary stands where secrets stand; neither kernel nor trace may have heard of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from endpoint import Said
from other_machines import pretended
from plans import cell

from replplan import plan

CANARY = "canary-5f1d7c3e"
SEARCH = """
import glob, re

canary = re.compile(b"canary-[5]f1d[7]c3e")  # so that the search does not find itself
found = []
for path in glob.glob("/proc/*/environ") + glob.glob("/proc/*/cmdline"):
    try:
        found += [path] if canary.search(open(path, "rb").read()) else []
    except OSError:
        pass
memory = open("/proc/self/mem", "rb", 0)
searched = 0
for line in open("/proc/self/maps"):
    start, end = (int(n, 16) for n in line.split()[0].split("-"))
    if "rw" not in line.split()[1]:
        continue
    try:
        memory.seek(start)
        data = memory.read(end - start)
    except (OSError, ValueError, OverflowError):
        continue
    searched += len(data)
    found += [line] if canary.search(data) else []
print(found)
answer([not found, searched > 10_000_000, lookup("fig"), lookup.__doc__])
"""
token = CANARY


class Client:
    """What a tool needs a secret for."""

    def __init__(self):
        self.key = token

    def lookup(self, name: str) -> int:
        """How many there are."""
        assert self.key == token
        return len(name)


def read(path):
    return Path(path).read_text()


@pytest.mark.skipif(
    pretended() == "no-socket", reason="a kernel of somebody else's has their secrets"
)
async def test_no_secret_reaches_the_kernel_or_the_trace(endpoint, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("MY_TOKEN", CANARY)
    endpoint.key = CANARY
    endpoint.script(Said(cell(SEARCH)))
    result = await plan(
        "search", model=endpoint.model, base_url=endpoint.url, tools=[Client().lookup]
    )
    trace = read(result.trace)
    found = [json.loads(line) for line in trace.splitlines()]
    output = next(e["result"]["output"] for e in found if e["type"] == "cell_finished")
    assert result.answer == [True, True, 3, "How many there are."], output
    assert CANARY not in trace
    assert endpoint.requests[-1].headers["authorization"] == f"Bearer {CANARY}"


@pytest.mark.skipif(
    pretended() == "no-socket", reason="a kernel that runs elsewhere takes no values"
)
async def test_the_search_finds_a_canary_that_is_there(endpoint):
    """Or else the test above could not fail."""
    endpoint.script(Said(cell(SEARCH)))
    planted = {"settings": {"key": CANARY}}
    result = await plan(
        "search", model=endpoint.model, base_url=endpoint.url, api_key=endpoint.key,
        values=planted, tools=[Client().lookup],
    )  # fmt: skip
    assert result.answer[0] is False


async def test_a_client_that_a_tool_returns_by_mistake_takes_no_class_along(endpoint):
    """Of a class of the user's no more than its name is sent; its module's secrets stay here."""

    def connect() -> Client:
        return Client()

    endpoint.script(Said(cell("connect()")), Said(cell("answer(1)")))
    told = []
    await plan(
        "connect", model=endpoint.model, base_url=endpoint.url, api_key=endpoint.key,
        tools=[connect], on_event=told.append,
    )  # fmt: skip
    shown = next(e.shown for e in told if e.type == "cell_finished")
    assert "TypeError: connect() returned a Client, which cannot be handed to" in shown
