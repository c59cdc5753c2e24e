"""The examples of docs/embedding.md run, with an endpoint that answers from a script."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from pathlib import Path

from plans import cell

PAGE = Path(__file__).resolve().parents[2] / "docs" / "embedding.md"
BLOCK = re.compile(r"<!-- cells: (.*?) -->\n```python\n(.*?)```", re.S)


def test_the_examples_run(endpoint, tmp_path, monkeypatch, capsys):
    """A comment before each holds the cells: `|` between turns, `||` between plans."""
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    monkeypatch.setenv("OPENAI_API_KEY", endpoint.key)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sales.csv").write_text("region,month,sales\nsouth,3,1\n")
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) == 6
    space, results = {"__name__": "page"}, []
    for cells, code in blocks:
        turns = [turn.strip().replace("; ", "\n") for turn in re.split(r"\|+", cells)]
        endpoint.models[0] = "gpt-5-mini"
        endpoint.script(*map(cell, turns))
        run(code, space)
        results.append(space["result"])
    came = [(r.answer, r.stop_reason, r.error) for r in results[1:3]]
    assert came == [([28, 3], "answered", None), (100, "answered", None)]
    assert results[4].answer == "kept"
    assert [space[n].answer for n in ("first", "second", "third")] == [3, 6, 6]
    printed = capsys.readouterr().out
    assert printed.startswith("south answered ")
    assert printed.endswith("all of it is gone\n")


def run(code, space):
    """Run a block, which may await at its top level, as in a notebook."""
    compiled = compile(code, str(PAGE), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if compiled.co_flags & inspect.CO_COROUTINE:
        asyncio.run(eval(compiled, space))
    else:
        exec(compiled, space)
