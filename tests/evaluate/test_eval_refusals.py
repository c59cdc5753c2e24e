"""What `replplan eval` refuses, each in a sentence, and with nothing left behind."""

from __future__ import annotations

import pytest

from replplan.cli import main


@pytest.fixture
def refused(tmp_path, endpoint, monkeypatch, capsys):
    """What it says to these arguments when it refuses them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    monkeypatch.setenv("OPENAI_API_KEY", endpoint.key)

    def run(*args):
        monkeypatch.setattr("sys.argv", ["replplan", "eval", *args])
        with pytest.raises(SystemExit) as left:
            main()
        assert left.value.code == 2
        assert not list(tmp_path.rglob("episodes.jsonl"))
        return capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (
            ("alfworld", "--model", "scripted-1", "--method", "repl-pan"),
            "there is no method 'repl-pan'",
        ),
        (
            ("alfworld", "--model", "scripted-1", "--method", "flat/no-childs"),
            "'no-childs' is no switch",
        ),
        (("alfworld", "--model", "scripted-9"), "serves scripted-1, scripted-2"),
        (("alfworld",), "which model of"),
        (("alfworld", "--model", "scripted-1", "--limit", "0"), "there is no task to be done"),
        (("alfworld", "--model", "scripted-1", "--split", "tset"), "no split 'tset'"),
        (("alfwrld", "--model", "scripted-1"), "did you mean alfworld?"),
        (("--resume", "nowhere"), "is no run folder"),
        (("--resume", "nowhere", "--seeds", "3"), "leave out --seeds"),
        (("alfworld", "--model", "scripted-1", "--retry-failed"), "goes with --resume"),
        (("alfworld", "--model", "scripted-1", "--limt", "3"), "did you mean --limit?"),
        (("alfworld", "--model", "scripted-1", "--param", "0.5"), "'0.5' is no parameter"),
        (
            ("alfworld", "--model", "local", "--param", "top_p=1"),
            "local is at no endpoint that takes top_p",
        ),
        (("study.toml",), "there is no study file"),
        ((), "which DOMAIN?"),
    ],
)
def test_what_cannot_be_run_is_said_in_a_sentence(refused, args, said):
    assert said in refused(*args)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"version": 7}', "is of a run of version 7; this replplan reads 1"),
        ('{"version": 1}', "run.json is damaged"),
        ("{", "run.json is damaged"),
    ],
)
def test_a_run_folder_that_cannot_be_read_is_left_as_it_is(tmp_path, refused, text, said):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text(text)
    assert said in refused("--resume", "run")
    assert "holds a run already" in refused(
        "alfworld", "--model", "scripted-1", "--limit", "1", "--out", "run"
    )
    assert [p.name for p in (tmp_path / "run").iterdir()] == ["run.json"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("domain = 3", "names no domain"),
        ('domain = "alfworld"\nmethods = "react"', "did you mean method?"),
        ('domain = "alfworld"\nlimit = "many"', "limit = 'many'"),
        ("domain =", "is not valid TOML"),
    ],
)
def test_a_wrong_study_file_is_told_of(tmp_path, refused, text, said):
    (tmp_path / "study.toml").write_text(text)
    assert said in refused("study.toml")


def test_a_folder_with_something_in_it_is_left_alone(tmp_path, refused):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").write_text("mine")
    said = refused("alfworld", "--model", "scripted-1", "--limit", "1", "--out", "run")
    assert "run is not empty: name another folder with --out" in said
    assert [p.name for p in (tmp_path / "run").iterdir()] == ["mine.txt"]
