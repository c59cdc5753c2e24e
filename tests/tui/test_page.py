"""A plan that is started and steered in a real browser, and what its trace then holds."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from threading import Event
from urllib.parse import urlsplit
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
import websocket
from app_page import app_page
from commands import environment
from endpoint import Said
from plans import cell
from tab import Tab

from replplan.trace import read_trace

CELLS = ["x = 1", "act('go to shelf 2')", "answer('wrong')", "y = 1", "z = ask('which one?')",
         "answer([x, y, z])"]  # fmt: skip


@pytest.fixture
def tab(tmp_path):
    with Tab(tmp_path / "browser", 1500, 800) as tab:
        yield tab


@pytest.fixture
def page(tmp_path, endpoint):
    """The address of the start screen, in a folder of its own."""
    (tmp_path / "replplan.toml").write_text(f'model = "{endpoint.model}"\nturns = 5\n')
    with app_page(cwd=tmp_path, env=environment(tmp_path / "home", endpoint)) as address:
        yield address


def traces(tmp_path):
    """The trace of a plan, and behind it that of its branch, whose name is longer."""
    folder = tmp_path / "home" / ".local" / "state" / "replplan" / "traces"
    return [list(read_trace(path)) for path in sorted(folder.iterdir(), key=lambda p: len(p.name))]


@dataclass
class Player:
    """The cells of a plan, and of what branches from it: what a turn gets depends on the turns before it alone.
    The first reply waits until `go` is set."""

    go: Event = field(default_factory=Event)
    shown: int | None = None

    def __call__(self, body):
        said = sum(m["role"] == "assistant" for m in body["messages"])
        self.shown = said if self.shown is None else self.shown  # those of demonstrations
        return Said(cell(CELLS[said - self.shown]), after=self.go)


def start(tab, page, task):
    """A household game, from the start screen; no key waits for a click."""
    tab.open(page)
    tab.until("start a plan", "alfworld")
    tab.press("tab")
    tab.until_field()
    tab.write(task)
    tab.press("enter")
    tab.until("alarmclock")


def step_by_step(tab):
    tab.until("paused before the next turn")
    tab.press("s")
    tab.until("You arrive at shelf 2", "paused before the next turn")
    tab.press("m")
    tab.until_field("Say to root")
    tab.write("be quick\nand quiet")
    tab.press("ctrl+s")
    tab.until("it will be read", gone=("Say to root",))
    tab.press("w")
    tab.until_field("Your cell in root")
    tab.write("x += 41\nx")
    tab.press("ctrl+s")
    tab.until("[own 1]", "x int 42", gone=("Your cell",))


def cell_by_cell(tab):
    tab.press("a")
    tab.until("each cell waits for you")
    tab.press("p")
    tab.until("answer('wrong')", "y run")
    tab.press("x")
    tab.until_field("Reject the cell")
    tab.write("too early")
    tab.press("enter")
    tab.until("y = 1", "y run", gone=("Reject the cell",))
    tab.press("e")
    tab.until_field("Edit the cell")
    tab.write("0")
    tab.press("ctrl+s")
    tab.until("which one?", "y run", gone=("Edit the cell",))


def ask_and_limit(tab):
    tab.press("t", "y")
    tab.until("r reply")
    tab.press("r")
    tab.until_field("Your answer")
    tab.write("the left")
    tab.press("ctrl+s")
    tab.until("the limit of 5 turns is used up", gone=("Your answer",))
    tab.press("l")
    tab.until_field("model calls")
    tab.write("50")  # over what stands there
    tab.press("enter")
    tab.until("answer([x, y, z])", "y run", "6/50")


def branch_and_end(tab):
    tab.press("b")
    tab.until("branch 1", "answer [42, 10")
    tab.press("[", "p")
    tab.until("answer([x, y, z])", "y run")
    tab.press("a")
    tab.until("solved: the plan answered", gone=("y run",))


@pytest.mark.slow
def test_a_plan_is_steered_in_a_browser(tmp_path, endpoint, page, tab):
    player = Player()
    endpoint.script(player)
    start(tab, page, "demo-pick")
    endpoint.wait_for(1)
    tab.press("p")
    tab.until("paused")
    player.go.set()
    step_by_step(tab)
    cell_by_cell(tab)
    ask_and_limit(tab)
    branch_and_end(tab)
    plan, branch = traces(tmp_path)
    reviews = [(e.verdict, e.code, e.reason) for e in plan if e.type == "cell_reviewed"]
    assert reviews == [
        ("refused", "", "too early"), ("edited", "y = 10", ""), ("run", "", ""), ("run", "", ""),
    ]  # fmt: skip
    assert [e.code for e in plan if e.type == "own_cell_started"] == ["x += 41\nx"]
    assert [e.text for e in plan if e.type == "noted"] == ["be quick\nand quiet"]
    assert [e.answer for e in plan if e.type == "ask_answered"] == ["the left"]
    assert [e.limits.turns for e in plan if e.type == "limits_raised"] == [50]
    assert [e.paused for e in plan if e.type == "paused"] == [True, False, True, False]
    assert [e.type for e in branch].count("branched") == 1
    assert [t[-1].answer.value for t in (plan, branch)] == [[42, 10, "the left"]] * 2


def test_a_tab_that_is_closed_ends_its_plan(tmp_path, endpoint, page):
    """As a browser does it: by a web socket, and with the cookie of the token."""
    endpoint.script(cell("import time\nprint('in it')\nwhile True: time.sleep(0.01)"))
    jar = CookieJar()
    build_opener(HTTPCookieProcessor(jar)).open(page, timeout=60).close()
    (cookie,) = jar
    address = f"ws://{urlsplit(page).netloc}/ws?width=100&height=30"
    tab = websocket.create_connection(address, 60, cookie=f"{cookie.name}={cookie.value}")
    read_until(tab, b"alfworld")
    tab.send(json.dumps(["stdin", "\x13"]))
    read_until(tab, b"in it")
    tab.close()
    end = time.monotonic() + 60
    while (last := traces(tmp_path)[0][-1]).type != "plan_finished":
        assert time.monotonic() < end
    assert last.stop_reason == "cancelled"


def read_until(tab, word):
    said = b""
    while word not in said:
        more = tab.recv()
        said += more if isinstance(more, bytes) else b""
