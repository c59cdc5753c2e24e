"""Tools of a server of the protocol in the cells of a plan."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from commands import environment
from plans import cell, script

from replplan import plan
from replplan.errors import ConfigError

pytest.importorskip("mcp", reason="the extra `mcp` is not installed")

SHOP = f"{sys.executable} {shlex.quote(str(Path(__file__).with_name('shop_server.py')))}"


def sells(process):
    """Whether it is a shop that is still open."""
    try:
        return "shop_server.py" in " ".join(process.cmdline())
    except psutil.Error:
        return False


async def test_cells_call_the_tools_of_a_server_as_typed_functions():
    told = []
    cells = [
        "first = goods('fruit', most=1)[0]['name']",
        "done = buy(first)",
        "try:\n    buy(name='melon')\nexcept RuntimeError as e:\n    why = str(e)",
        "try:\n    goods('bread')\nexcept TypeError as e:\n    wrong = str(e)",
        "answer([first, done, why, wrong, shop_ask('open')])",
    ]
    result = await plan("buy a fruit", model=script(root=cells), mcp=[SHOP], on_event=told.append)
    first, done, why, wrong, asked = result.answer
    assert (first, done, asked) == ("fig", "bought fig", "open? yes")
    assert "melon is sold out" in why
    assert "goods(): kind" in wrong
    prompt = next(e for e in told if e.type == "model_called").messages[0].content
    assert "most: int | None = None, tags: list[str] | None = None) -> list[" in prompt
    assert "- buy(name: str) -> str: Buy something." in prompt
    assert "canary" not in Path(result.trace).read_text()  # noqa: ASYNC240
    mine = psutil.Process().children(recursive=True)
    assert not [p for p in mine if sells(p)]


@pytest.mark.parametrize(
    ("server", "why"),
    [("no-such-command-here", "no-such-command-here"), (f"{SHOP} --broken", "has no licence")],
)
async def test_a_server_that_does_not_start_is_named(server, why):
    with pytest.raises(ConfigError, match="the MCP server") as raised:
        await plan("g", model=script(root=["answer(1)"]), mcp=server)
    assert why in str(raised.value)


def test_on_the_command_line(endpoint, tmp_path):
    endpoint.script(cell("answer(buy('fig'))"))
    command = ["plan", "buy a fig", "--mcp", SHOP, "--json", "--trace", str(tmp_path / "t.jsonl")]
    named = ["--model", endpoint.model, "--base-url", endpoint.url]
    done = subprocess.run(
        [sys.executable, "-m", "replplan", *command, *named],
        env=environment(tmp_path, endpoint),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["answer"] == "bought fig"
