"""Agents that have plans made: of the openai SDK, and of pydantic-ai (docs/examples)."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest
from endpoint import Page
from plans import cell, script

from replplan import as_tool
from replplan.errors import ConfigError

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"


def calling(name, arguments):
    """A completion that calls a tool."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"id": "call_1", "type": "function", "function": function}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    head = {"id": "c", "object": "chat.completion", "created": 0, "model": "gpt-5-mini"}
    return Page(json.dumps(head | {"choices": [choice]}), "application/json")


@pytest.mark.parametrize("example", ["agent_tool", "pydantic_ai_agent"])
def test_an_agent_calls_a_plan_and_reads_its_answer(
    example, endpoint, tmp_path, monkeypatch, capsys
):
    if example == "pydantic_ai_agent":
        pytest.importorskip("pydantic_ai", reason="pydantic-ai is not installed")
    (tmp_path / "sales.csv").write_text("region,sales\nnorth,3\nsouth,5\n")
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    monkeypatch.setenv("OPENAI_API_KEY", endpoint.key)
    monkeypatch.chdir(tmp_path)
    endpoint.models[0] = "gpt-5-mini"
    endpoint.script(
        calling("plan", {"goal": "add up the sales", "files": ["sales.csv"]}),
        cell("answer(sum(int(r.split(',')[1]) for r in list(open('sales.csv'))[1:]))"),
        lambda body: f"Together {json.loads(body['messages'][-1]['content'])['answer']}.",
    )
    runpy.run_path(str(EXAMPLES / f"{example}.py"), run_name="__main__")
    assert capsys.readouterr().out.strip() == "Together 8."
    first, _, last = endpoint.bodies
    assert first["tools"][0]["function"]["parameters"]["properties"]["files"]["items"]["enum"] == [
        "sales.csv"
    ]
    assert last["messages"][-1]["role"] == "tool"
    assert last["messages"][-1]["tool_call_id"] == "call_1"


async def test_what_is_wrong_goes_back_to_the_model_as_words(tmp_path):
    tool = as_tool(files=[tmp_path / "a.csv"], model=script(root=["answer((1, 2))"]))
    assert "no JSON" in json.loads(await tool.call("{"))["error"]
    for wrong in (["b"], "b", [["a.csv"]], 5):
        said = json.loads(await tool.call({"goal": "g", "files": wrong}))["error"]
        assert "there are: a.csv" in said
    for right in (["a.csv"], "a.csv"):
        said = json.loads(await tool.call({"goal": "g", "files": right}))["error"]
        assert "cannot be read" in said


def test_it_is_a_plain_function_too():
    told = []
    tool = as_tool("work_out", model=script(root=["answer([1, 2])"]), done=told.append)
    assert json.loads(tool(goal="two numbers")) == {"answer": [1, 2], "stop_reason": "answered"}
    assert told[0].usage.turns == 1
    assert tool.schema["function"]["name"] == "work_out"
    with pytest.raises(ConfigError, match="did you mean limits"):
        as_tool(limit=3)
