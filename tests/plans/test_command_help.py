"""What the command line says of itself, and of flags that stand in `replplan.toml`."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from replplan.cli import cli
from replplan.errors import ConfigError


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
