"""The official engine, truly installed: as our own, word for word, with and without its caches.

These tests need the extra (`uv run --extra alfworld pytest`), and are skipped without it.
"""

from __future__ import annotations

import copy
import gzip
import json
import os
import pickle
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from kitchen import kitchen_data
from plans import play, script

from replplan.domain import Environment, Task
from replplan.errors import DomainError
from replplan_domains.alfworld import ALFWorld

pytestmark = pytest.mark.skipif(
    not all(find_spec(name) for name in ("alfworld", "textworld", "fast_downward")),
    reason="the official engine is not installed: uv run --extra alfworld pytest",
)
PROCESSES = 2
DRAWN = ALFWorld()
HERE = Path(__file__).parent


def start(script: str, *args: object) -> subprocess.Popen[str]:
    """A script of this folder in a process of its own, where warnings are not errors."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])}
    command = [sys.executable, str(HERE / script), *map(str, args)]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)


def printed(process: subprocess.Popen[str]) -> Any:
    out, _ = process.communicate()
    assert process.returncode == 0
    return json.loads(out.splitlines()[-1])


@pytest.mark.slow
def test_both_engines_say_the_same_on_every_official_game(
    data_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Minutes long: how far it has come is told as it goes on."""
    folder = data_folder / "alfworld"
    if not folder.is_dir():
        pytest.skip(f"no official games: there is no folder {folder}")
    with capfd.disabled():  # the processes keep the error stream that they are started with
        started = [start("side_by_side.py", folder, part, PROCESSES) for part in range(PROCESSES)]
    found = [printed(process) for process in started]
    assert [d for f in found for d in f["different"]] == []
    assert sum(f["games"] for f in found) == 140 + 402
    assert sum(f["steps"] for f in found) >= 20_000
    assert all(len(f["kinds"]) == 6 for f in found)


@pytest.mark.slow
def test_caches_change_no_transcript() -> None:
    """The engine as it comes, and the engine with its caches, play the same drawn games."""
    stock, cached = (start("transcripts.py", mode, 4, 20) for mode in ("stock", "caches"))
    plain, fast = printed(stock), printed(cached)
    assert plain["caches"] is False
    assert fast["caches"] is True
    assert len(plain["said"]) == 4 * 21
    assert plain["said"] == fast["said"]


@pytest.mark.slow
def test_drawn_games_load_in_the_official_engine_and_are_won_there() -> None:
    """A game of each kind in both wordings and more, along its plan."""
    found = printed(start("transcripts.py", "drawn", 23, 0))
    assert found["different"] == []
    assert found["won"] == 23


@pytest.fixture
def games(tmp_path: Path) -> Path:
    """A folder with one small game."""
    line = json.dumps(kitchen_data(id="kitchen/1"))
    (tmp_path / "valid_seen.jsonl.gz").write_bytes(gzip.compress(line.encode()))
    return tmp_path


async def test_a_plan_is_played_in_the_official_engine(games: Path) -> None:
    """In a process of its own, by the path of every world; the older word is understood."""
    domain = ALFWorld(data=games, engine="official")
    cell = (
        "act('go to countertop 1')\nact('take apple 3 from countertop 1')\n"
        "print(act('dance'))\nact('go to sidetable 1')\nact('put apple 3 in/on sidetable 1')"
    )
    played = await play(script(root=[cell]), domain=domain)
    assert (played.result.stop_reason, played.result.solved) == ("world_ended", True)
    said = [e.observation for e in played.of("acted")]
    assert said[2] == "Nothing happens."
    assert said[4] == "You move the apple 3 to the sidetable 1."


@pytest.fixture
def official(games: Path) -> Any:
    """The small game in the official engine, in this process; what was opened is closed."""
    opened: list[Environment] = []
    domain = ALFWorld(data=games, engine="official", strict=True, actions=3)

    def open_() -> Environment:
        opened.append(domain.open(domain.tasks("valid_seen")[0]))
        return opened[-1]

    yield open_
    for environment in opened:
        environment.close()


def test_two_games_at_once_are_two(official: Any) -> None:
    one, other = official(), official()
    assert one.reset() == other.reset()
    one.step("go to countertop 1")
    assert other.step("look").observation.startswith("You are in the middle of a room.")
    assert one.step("look").observation.startswith("You are facing the countertop 1")
    assert one.step("put mug 1 in/on countertop 1").observation == "Nothing happens."
    assert one.step("look").truncated
    assert one.step(None).truncated
    one.reset()
    assert one.step(None).observation == "Nothing happens."


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_copy_is_refused_in_a_sentence(official: Any, copied: Any) -> None:
    environment = official()
    with pytest.raises(DomainError, match="cannot be copied; our own engine's can"):
        copied(environment)


def test_a_game_that_the_engine_cannot_read_is_named(tmp_path: Path) -> None:
    tree = tmp_path / "valid_seen" / "a-1" / "trial_1"
    tree.mkdir(parents=True)
    (tree / "game.tw-pddl").write_text("{}")
    domain = ALFWorld(data=tmp_path, engine="official")
    task = Task(
        id="a-1/trial_1", domain="alfworld", split="valid_seen", goal="", data=kitchen_data()
    )
    with pytest.raises(DomainError, match="cannot read this game"):
        domain.open(task)
