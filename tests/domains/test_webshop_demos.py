"""The demonstrations of WebShop, played again in a kernel: together they are one plan that wins."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import nbformat
import pytest

from replplan.episode import Episode
from replplan.kernel import SubtaskCall
from replplan.model import ScriptedModel
from replplan.plugins import kernel_opener
from replplan.pool import read_demonstration
from replplan.prompt import call_text, show
from replplan_domains.webshop import WebShop

DOMAIN = WebShop()
REPLS = ("root", "search", "scan_results", "filter_page", "check_item", "choose_options", "buy")
PATHS = sorted((Path(DOMAIN.demos or "")).glob("*/*.ipynb"))
TOKENS, CHARACTERS_A_TOKEN = 500, 4


def told(path: Path) -> dict[str, Any]:
    return dict(nbformat.read(path, as_version=4).metadata["replplan"])


def of(repl: str) -> list[Path]:
    """The notebooks of a REPL, in the order in which it is entered."""
    return sorted((p for p in PATHS if p.parent.name == repl), key=lambda p: told(p)["entry"])


def turns(repl: str) -> list[tuple[str, str]]:
    """All cells of a REPL, each with what is shown of it."""
    return [(code, show(r)) for p in of(repl) for code, r in read_demonstration(p).turns]


def test_there_are_demonstrations_for_every_step_and_all_are_of_one_plan():
    assert {path.parent.name for path in PATHS} == set(REPLS)
    tasks = {told(path)["task"] for path in PATHS}
    assert [DOMAIN.task(task).split for task in tasks] == ["train"]


@pytest.mark.parametrize("helpers", [True, False])
async def test_the_plan_plays_again_and_wins(helpers):
    """The demonstrations are, to the letter, what the models of such sessions read and write."""
    domain, events = WebShop(helpers=helpers), []
    cells = {r: [f"```python\n{code}\n```" for code, _ in turns(r)] for r in REPLS}
    task = domain.task(told(PATHS[0])["task"])
    episode = Episode(domain, task, ScriptedModel(cells), kernel_opener(), sinks=(events.append,))
    result = await episode.run()
    assert (result.solved, result.stop_reason) == (True, "world_ended")
    codes, shown, openings = defaultdict(list), defaultdict(list), defaultdict(list)
    for event in events:
        repl = event.session.split("/")[-1]
        if event.type == "cell_started":
            codes[repl].append(event.code)
        elif event.type == "cell_finished":
            shown[repl].append(event.shown)
        elif event.type == "session_opened" and repl != "root":
            openings[repl].append(opening(event))
    for repl in REPLS:
        assert list(zip(codes[repl], shown[repl], strict=True)) == turns(repl)
        if repl != "root":
            assert openings[repl] == [read_demonstration(path).opening for path in of(repl)]


def opening(event: Any) -> str:
    """What a child is told that is entered for the first time."""
    names = ("name", "call", "comment", "args")
    call = SubtaskCall(repl=1, parent=0, **{name: getattr(event, name) for name in names})
    return call_text(call, 1)


def test_the_root_is_told_the_first_page():
    task = DOMAIN.task(told(PATHS[0])["task"])
    assert read_demonstration(of("root")[0]).opening == DOMAIN.open(task).reset()


@pytest.mark.parametrize("path", PATHS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_demonstration_is_short_and_sound(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert told(path)["repl"] == path.parent.name
    assert notebook.cells[0].cell_type == "markdown"
    assert read_demonstration(path).size < TOKENS * CHARACTERS_A_TOKEN


def test_demonstrations_are_offered_where_they_can_be_followed():
    assert WebShop(style="react").demos is None
    assert WebShop(style="text_rich").demos is None
    assert WebShop(helpers=False).demos == DOMAIN.demos
