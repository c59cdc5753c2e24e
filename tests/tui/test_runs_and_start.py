"""The table of a run, and the start screen."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from runs import line, make_run
from textual.events import Key
from watching import LARGE, SMALL, press, until
from watching import text_of as text

from replplan.config import new_trace_path
from replplan.errors import ConfigError
from replplan.evaluate.folder import RunFolder
from replplan_tui.app import WatchApp
from replplan_tui.entry import check_terminal, first_screen
from replplan_tui.plan_screen import PlanScreen
from replplan_tui.start_screen import StartScreen
from replplan_tui.table import Table

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "docs" / "examples" / "two-things.jsonl"


@pytest.fixture
def run(tmp_path):
    """A run of three: one ended, one under way, one to come."""
    return make_run(tmp_path / "run")


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_a_run_is_a_table_that_follows_it(run, size):
    folder, jobs = run
    app = WatchApp(first_screen(folder))
    async with app.run_test(size=size) as pilot:
        begun = ("1 of 3 done", "1 solved (100%) · 1 under way", "to come")
        await until(pilot, lambda: all(words in text(app) for words in begun))
        with (folder / "episodes.jsonl").open("a") as file:
            file.write(line(jobs[1], False).model_dump_json() + "\n")
        followed = ("2 of 3 done", "no: world_ended")
        await until(pilot, lambda: all(words in text(app) for words in followed))
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, PlanScreen))
        await until(pilot, lambda: "solved: the world ended" in text(app))
        await press(pilot, "q")
        await until(pilot, lambda: "2 of 3 done" in text(app))


async def test_an_episode_whose_run_broke_off_is_not_under_way(run):
    folder, _ = run
    lock = FileLock(folder / ".lock")
    lock.acquire()
    app = WatchApp(first_screen(folder))
    async with app.run_test(size=LARGE) as pilot:
        await until(pilot, lambda: "1 under way" in text(app))
        lock.release()  # as the system does it for a process that was killed
        await until(pilot, lambda: "1 broken off: `eval --resume` goes on" in text(app))
        assert re.search(r"! +2 +two +broken off", text(app))
        RunFolder.resume(folder, print).close()  # one that looks keeps nobody from going on


async def test_the_chosen_episode_stays_chosen_in_another_order(run):
    folder, jobs = run
    app = WatchApp(first_screen(folder))
    async with app.run_test() as pilot:
        await until(pilot, lambda: "1 of 3 done" in text(app))
        table = app.screen.query_one(Table)
        assert table.cursor_row == 0
        with (folder / "episodes.jsonl").open("a") as file:
            file.write(line(jobs[1], False).model_dump_json() + "\n")
        await press(pilot, "s")  # by result: what was not solved comes first
        await until(pilot, lambda: "2 of 3 done" in text(app) and "by result" in text(app))
        await until(pilot, lambda: table.cursor_row == 1)
        await press(pilot, "j", "k", "enter")
        await until(pilot, lambda: isinstance(app.screen, PlanScreen))
        assert app.screen.pane.feed.path.stem == jobs[0].name


async def test_enter_opens_what_was_chosen_before_it(run):
    """A fast hand, or a slow machine: no key waits for the one before it."""
    folder, jobs = run
    app = WatchApp(first_screen(folder))
    async with app.run_test() as pilot:
        await until(pilot, lambda: "1 of 3 done" in text(app) and app.screen.focused is not None)
        for key in ("down", "enter"):
            app.post_message(Key(key, None))
        await until(pilot, lambda: isinstance(app.screen, PlanScreen))
        assert app.screen.pane.feed.path.stem == jobs[1].name


def test_a_folder_that_is_no_run_says_so(tmp_path):
    with pytest.raises(ConfigError, match="is no run folder"):
        first_screen(tmp_path)


def test_without_a_terminal_it_says_so():
    with pytest.raises(ConfigError, match="needs a terminal"):
        check_terminal()


def test_a_theme_that_is_none_says_so():
    with pytest.raises(ConfigError, match=r"no theme 'no-such'; there are .*textual-light"):
        WatchApp(StartScreen(), "no-such")


async def test_ctrl_c_leaves_the_start_screen_and_a_run(run):
    for screen in (StartScreen(), first_screen(run[0])):
        app = WatchApp(screen)
        async with app.run_test() as pilot:
            await until(pilot, lambda app=app: app.screen.focused is not None)
            await press(pilot, "ctrl+c")
            await until(pilot, lambda app=app: app._exit)


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_the_start_screen_lists_plans_and_says_what_is_missing(size):
    folder = new_trace_path("", "").parent
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(RUN, folder / "a-plan.jsonl")
    (folder / "broken.jsonl").write_text(json.dumps({"type": "nothing"}))
    (folder / "gone.jsonl").unlink(missing_ok=True)
    (folder / "gone.jsonl").symlink_to("nowhere")
    app = WatchApp(first_screen(None))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "demo-two" in text(app))
        app.screen.query_one("#task").value = "no-such-task"
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: "no task 'no-such-task'" in text(app))


async def test_an_endpoint_without_a_model_is_told_beside_the_form(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://me:secret@127.0.0.1:9/v1")
    app = WatchApp(first_screen(None))
    async with app.run_test(size=LARGE) as pilot:
        await until(pilot, lambda: app.screen.focused is not None)
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: "which model of http://127.0.0.1:9/v1?" in text(app))
        assert isinstance(app.screen, StartScreen)


@pytest.fixture
def in_a_folder(tmp_path, monkeypatch, endpoint):
    """Where replplan.toml names the model and its endpoint."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "replplan.toml").write_text(
        f'model = "{endpoint.model}"\nbase-url = "{endpoint.url}"\n'
    )
    monkeypatch.setenv("OPENAI_API_KEY", endpoint.key)


async def start(pilot, goal):
    """A plan of this goal, from the start screen."""
    app = pilot.app
    await until(pilot, lambda: app.screen.focused is not None)
    app.screen.query_one("#domain").value = "notebook"
    app.screen.query_one("#task").value = goal
    await until(pilot, lambda: "goal" in text(app))
    await pilot.click("#start")
    await until(pilot, lambda: isinstance(app.screen, PlanScreen))


@pytest.mark.usefixtures("in_a_folder")
async def test_a_plan_begins_from_the_start_screen(endpoint):
    """Its goal and its model come from the form, the endpoint from replplan.toml."""
    endpoint.script("```python\nanswer(6 * 7)\n```")
    app = WatchApp(first_screen(None))
    async with app.run_test(size=LARGE) as pilot:
        await start(pilot, "six times seven")
        await until(pilot, lambda: "answer 42" in text(app) and "six times seven" in text(app))
        assert app.screen.pane.story.finished.answer.value == 42
        app.screen.pane.feed.join()
        await press(pilot, "q")
        await until(pilot, lambda: "six times seven" in text(app) and "answered" in text(app))


@pytest.mark.usefixtures("in_a_folder")
async def test_a_plan_that_was_left_is_listed_as_it_ended(endpoint):
    endpoint.script("```python\nimport time\ntime.sleep(1000)\n```")
    app = WatchApp(first_screen(None))
    async with app.run_test(size=LARGE) as pilot:
        await start(pilot, "count the sheep")
        await until(pilot, lambda: "time.sleep(1000)" in text(app))
        await press(pilot, "q")
        await until(pilot, lambda: "under way" in text(app) and app.screen.focused is not None)
        await press(pilot, "enter")
        listed = ("recent plans", "count the sheep", "cancelled")
        await until(pilot, lambda: all(words in text(app) for words in listed))
