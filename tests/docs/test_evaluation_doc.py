"""The example of docs/evaluation.md runs, and its study file is one."""

from __future__ import annotations

import re
from pathlib import Path

import click
from players import Player

from replplan.cli import evaluate

DOC = (Path(__file__).resolve().parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")


async def test_the_example_runs(tmp_path, endpoint, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", endpoint.key)
    endpoint.script(Player(2))
    (code,) = re.findall(r"```python\n(.*?)```", DOC, re.S)
    names = {}
    exec(code, names)
    assert await names["run"](tmp_path / "run", endpoint.model, endpoint.url) == 2


def test_the_study_file_is_one(tmp_path):
    (text,) = re.findall(r"```toml\n(.*?)```", DOC, re.S)
    (tmp_path / "study.toml").write_text(text)
    command = evaluate.evaluate
    with click.Context(command) as context:
        context.params = {}
        domain, flags, options = evaluate.fill_from(tmp_path / "study.toml", context, {}, {})
    assert (domain, options) == ("alfworld", {"actions": "50"})
    assert (flags["method"], flags["turns"]) == (("repl-plan", "react"), 60)


def test_the_flags_that_the_document_names_are_there():
    known = {option for p in evaluate.evaluate.params for option in p.opts}
    known |= {"--resume", "--html", "--markdown", "--plans", "--inspect"}
    assert set(re.findall(r"`[^`\n]*?(--[a-z-]+)", DOC)) <= known
