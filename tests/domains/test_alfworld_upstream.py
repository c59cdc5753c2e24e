"""The official engine and its games, before it is installed and before they are downloaded."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_alfworld_data import write_tree

from replplan.cli import cli
from replplan.errors import ConfigError, DomainError
from replplan_domains.alfworld import ALFWorld, upstream

SCRIPT = """
import sys
from pathlib import Path
folder = Path(sys.argv[sys.argv.index("--data-dir") + 1]) / "json_2.1.1"
folder.mkdir(parents=True)
print("downloading")
print("half of it", file=sys.stderr)
if {code} == 1:
    raise OSError("no network")
if {code} == 2:
    sys.stderr.write("a bar\\nTraceback (most recent call last):\\nOSError: no network\\n")
    sys.exit(1)
sys.exit({code})
"""


@pytest.fixture
def installed(monkeypatch):
    """As with the extra, as far as is looked at before a game is opened."""
    monkeypatch.setattr(upstream, "PACKAGES", ("json",))


@pytest.fixture
def script(tmp_path, monkeypatch, installed):
    """A download script in place of upstream's, which ends with a given code."""
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))

    def write(code: int) -> Path:
        (tmp_path / upstream.DOWNLOAD).write_text(SCRIPT.format(code=code))
        return tmp_path / "games"

    return write


def test_there_are_two_engines():
    with pytest.raises(ConfigError, match="no engine 'fast'; choose one of own, official"):
        ALFWorld(engine="fast")


def test_what_is_missing_is_said_with_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(upstream, "PACKAGES", ("there_is_no_such_package",))
    with pytest.raises(ConfigError, match=r'not installed: type `pip install "replplan\[alfworld'):
        ALFWorld(data=tmp_path, engine="official")
    with pytest.raises(ConfigError, match="not installed"):
        ALFWorld.download(tmp_path)


def test_games_are_found_where_upstream_finds_them(installed, monkeypatch, tmp_path):
    write_tree(tmp_path)
    monkeypatch.setenv("ALFWORLD_DATA", str(tmp_path))
    domain = ALFWorld(engine="official")
    assert domain.splits() == ("valid_unseen",)
    assert len(domain.tasks("valid_unseen")) == 1
    assert ALFWorld().splits() == ("train", "dev", "test")


def test_data_goes_before_what_upstream_finds(installed, monkeypatch, tmp_path):
    write_tree(tmp_path)
    monkeypatch.setenv("ALFWORLD_DATA", str(tmp_path / "nowhere"))
    assert ALFWorld(data=tmp_path, engine="official").splits() == ("valid_unseen",)


def test_no_games_anywhere_is_said_with_how_to_get_them(installed, monkeypatch, tmp_path):
    monkeypatch.delenv("ALFWORLD_DATA", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ConfigError, match=r"no folder .*alfworld; type `replplan data alfworld`"):
        ALFWorld(engine="official")
    upstream.usual_folder().mkdir(parents=True)  # as a download leaves it that did not get far
    with pytest.raises(ConfigError, match=r"nothing in .*alfworld; type `replplan data alfworld`"):
        ALFWorld(engine="official")


def test_data_runs_upstreams_download_and_says_where_it_is(script):
    games = script(0)
    done = CliRunner().invoke(cli, ["data", "alfworld", "--to", str(games)])
    assert (done.exit_code, done.stdout) == (0, f"{games}\n")
    assert (games / "json_2.1.1").is_dir()


def test_a_download_that_fails_is_said(script):
    games = script(3)
    with pytest.raises(DomainError, match=r"did not come to its end \(exit code 3\); .* goes on"):
        ALFWorld.download(games)


def test_of_its_traceback_the_last_line_is_said(script, capfd):
    games = script(1)
    with pytest.raises(DomainError, match=r"did not come to its end \(OSError: no network\); what"):
        ALFWorld.download(games)
    assert sorted(capfd.readouterr().err.splitlines()) == ["downloading", "half of it"]


def test_what_came_at_once_with_a_traceback_is_passed_on(script, capfd):
    games = script(2)
    with pytest.raises(DomainError, match=r"did not come to its end \(OSError: no network\); what"):
        ALFWorld.download(games)
    said = capfd.readouterr().err.splitlines()
    assert sorted(said) == ["a bar", "downloading", "half of it"]


def test_a_download_goes_where_upstream_looks(script, monkeypatch, tmp_path):
    script(0)
    monkeypatch.setenv("ALFWORLD_DATA", str(tmp_path / "usual"))
    assert ALFWorld.download(None) == tmp_path / "usual"


def test_a_domain_without_data_says_so():
    done = CliRunner().invoke(cli, ["data", "notebook"])
    assert str(done.exception) == "the domain notebook has no data to download"


def test_the_engine_is_not_imported_before_a_game_is_opened(tmp_path, installed):
    write_tree(tmp_path)
    before = set(sys.modules)
    ALFWorld(data=tmp_path, engine="official").tasks("valid_unseen")[0]
    assert not {"textworld", "alfworld", "fast_downward"} & (set(sys.modules) - before)
