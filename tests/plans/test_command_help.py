"""What the command line says of itself, and of flags that stand in `replplan.toml`."""

from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner

from replplan.cli import cli
from replplan.errors import ConfigError
from replplan.plugins import make_domain
from replplan.task_choice import choose_task


def said(*args):
    return CliRunner().invoke(cli, args, catch_exceptions=False).output


@pytest.mark.parametrize("args", [(), ("pool",), ("model",)])
def test_the_help_says_what_each_command_is_for_in_one_whole_line(args):
    listed = said(*args, "--help").partition("Commands:")[2].partition("\n\n")[0]
    lines = [line for line in listed.splitlines() if line.strip()]
    assert len(lines) > 2
    assert [line for line in lines if not line.endswith(".") or line.endswith("...")] == []


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_the_list_of_domains_fits_into_any_terminal(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    told = [line for line in said("domains").splitlines() if " is not installed: " not in line]
    assert max(map(len, told)) <= columns
    assert any("--goods-seed" in line for line in told)
    assert "shopping by instruction" in " ".join(" ".join(told).split())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('modle = "x"', "replplan.toml: modle: no command has such a flag; did you mean model?"),
        ("[run]\nturn = 3", "replplan.toml: turn: `replplan run` has no such flag; did you mean"),
        ("[rnu]\nturns = 3", "replplan.toml: there is no command 'rnu'"),
    ],
)
def test_what_is_no_flag_in_replplan_toml_is_named(tmp_path, monkeypatch, text, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "replplan.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        said("domains")
    assert str(caught.value).startswith(sentence)


def test_the_tasks_of_a_domain_are_listed_with_those_that_are_in_no_split():
    told = said("domains", "alfworld").splitlines()
    assert "dev: 120 tasks, the default" in [line.strip() for line in told]
    outside = told[told.index("in no split, for --task:") + 1 :]
    assert "demo-two  two  find two spraybottle and put them in countertop" in outside
    data = json.loads(said("domains", "alfworld", "--json"))
    assert data["tasks"] == {"train": 3000, "dev": 120, "test": 240}
    assert [task["id"] for task in data["examples"]] == [line.split()[0] for line in outside]
    for task in data["examples"]:
        assert choose_task(make_domain("alfworld", {}), None, task["id"], 0).goal == task["goal"]


def test_the_tasks_of_a_split_are_listed_a_line_each():
    told, data = (said("domains", "tables", "--split", "dev", *flag) for flag in ([], ["--json"]))
    tasks = make_domain("tables", {}).tasks("dev")
    assert [line.split()[0] for line in told.splitlines()] == [task.id for task in tasks]
    assert [task["goal"] for task in json.loads(data)] == [task.goal for task in tasks]


def test_a_domain_whose_tasks_are_not_here_says_why_and_the_rest(monkeypatch):
    monkeypatch.setitem(sys.modules, "reasoning_gym", None)
    told = said("domains", "reasoning-gym")
    assert "--generator" in told
    assert 'pip install "replplan[reasoning-gym]"' in told


@pytest.mark.parametrize("flags", [("--split", "dev"), ("--data", "x")])
def test_tasks_of_no_domain_are_refused(flags):
    assert "tasks of which DOMAIN?" in said("domains", *flags)
