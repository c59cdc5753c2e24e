"""The Python of the quick start and of the guides runs, with an endpoint that answers from a script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from plans import cell
from test_embedding import run

from replplan.cli import cli
from replplan.limits import Limits

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"(?:<!-- cells: (.*?) -->\n)?```python\n(.*?)^```", re.S | re.M)
PAGES = ("../README.md", "index.md", "endpoints.md", "costs.md")


def text(page):
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("page", "answers", "printed"),
    [
        ("../README.md", [2], "2 answered "),
        ("index.md", [2], "2 answered\n"),
        ("endpoints.md", ["red", 42], ""),
        ("costs.md", [None], "limit:turns 3 "),
    ],
)
def test_the_python_of_a_page_runs(page, answers, printed, endpoint, monkeypatch, capsys):
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    monkeypatch.setenv("OPENAI_API_KEY", endpoint.key)
    monkeypatch.chdir(ROOT)
    space, got = {"__name__": "page"}, []
    for cells, code in BLOCK.findall(text(page)):
        endpoint.models[0] = "qwen3:8b" if "qwen3:8b" in code else "gpt-5-mini"
        endpoint.script(*[cell(turn.strip()) for turn in cells.split("|") if turn], "red", "red")
        run(
            code.replace("http://127.0.0.1:11434/v1", endpoint.url).replace(
                '"none"', repr(endpoint.key)
            ),
            space,
        )
        got.append(space["result"].answer)
    assert got == answers
    assert capsys.readouterr().out.startswith(printed)


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_flags_are_there(page):
    used = re.findall(r"(?:^|`)(?:uv run )?replplan ([a-z]+)([^`\n]*)", text(page), re.M)
    assert used
    for name, rest in used:
        command = cli.commands[name]
        sub = getattr(command, "commands", {}).get(rest.split()[0] if rest.split() else "")
        known = {flag for p in (sub or command).params for flag in p.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known


def test_the_limits_are_those_that_there_are():
    rows = re.findall(
        r"^\| `(\w+)`: .*? \| (?:`(--[\w-]+)`|from Python) \| (.*?) \|$", text("costs.md"), re.M
    )
    assert [name for name, _, _ in rows] == list(Limits.model_fields)
    flags = {flag for p in cli.commands["plan"].params for flag in p.opts}
    assert {flag for _, flag, _ in rows if flag} <= flags
    for name, _, without in rows:
        default = Limits.model_fields[name].default
        assert without == (f"{default:,.0f}" if default else without)
        assert default or not without[0].isdigit()
