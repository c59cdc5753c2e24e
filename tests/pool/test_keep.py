"""From the traces of real plans to demonstrations, and back into prompts."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from keeping import GAME, TASK, keep, record
from plans import cell, household, play

from replplan.cell import CellResult
from replplan.errors import ConfigError
from replplan.model import ScriptedModel
from replplan.pool import Pool, read_demonstration
from replplan.pool.keep import draft
from replplan.pool.places import Place
from replplan.pool.recorded import choose_sessions, read_plan
from replplan.prompt import demonstration_messages
from replplan.trace import TraceWriter
from replplan_domains.notebook import Notebook

WON_BY_A_CHILD = {
    "root": [cell("finish(fetch())")],
    "fetch": [cell("act('go to shelf 2')\nact('take alarmclock 1 from shelf 2')\nanswer('done')")],
    "finish": [
        cell("print('on my way')"),
        cell("act('go to sidetable 1')\nact('move alarmclock 1 to sidetable 1')"),
    ],
}

GOAL = {
    "root": [
        cell(
            "class Picture:\n    def _repr_png_(self): return b'png'\n"
            "    def __repr__(self): return 'a picture'\n"
            "display(Picture())\nPicture()"
        ),
        cell("count('a')"),
        cell("# once more\ncount('b'), count('c')"),
        cell("try:\n    lost()\nexcept Exception as e:\n    print(e)"),
        cell("'one\\n\\n  two ünïcode \\\\x1b'"),
        cell("print('  spaces kept  \\n\\n')"),
        cell("answer(3)"),
    ],
    "count": [
        cell("seen = [get_args()[0]]\nanswer(len(seen))"),
        cell("seen.append(get_args()[0])\nseen"),
        cell("answer(len(seen))"),
        cell("seen.append(get_args()[0]); answer(len(seen))"),
    ],
    "lost": [cell("1 / 0")] * 10,
}


@pytest.fixture(scope="module")
def game(tmp_path_factory):
    path = tmp_path_factory.mktemp("game") / "t.jsonl"
    return asyncio.run(record(path, GAME, domain=household(), task=TASK))


@pytest.fixture(scope="module")
def goal(tmp_path_factory):
    path = tmp_path_factory.mktemp("goal") / "t.jsonl"
    return asyncio.run(record(path, GOAL, domain=Notebook(goal="count the letters")))


def transcript(played, session):
    """What a session's model read and wrote, rejected replies and their answers apart."""
    shown = {e.turn: e.shown for e in played.of("cell_finished") if e.session == session}
    return [
        text
        for e in played.of("cell_started")
        if e.session == session
        for text in (cell(e.code), shown.get(e.turn, ""))
    ]


def messages(path):
    return [m.content for m in demonstration_messages(read_demonstration(path))]


# ------------------------------------------------------------------ what is kept
def test_a_solved_game_is_kept_session_by_session(game, tmp_path):
    trace, played = game
    assert played.result.solved
    kept = keep(trace, tmp_path)
    assert set(kept) == {"root/demo-pick.ipynb", "fetch/demo-pick.ipynb"}
    for session in ("root", "root/fetch"):
        path = tmp_path / session.split("/")[-1] / "demo-pick.ipynb"
        assert messages(path)[1:] == transcript(played, session)[:-1]


def test_a_notebook_reads_well_in_jupyter(game, tmp_path):
    keep(game[0], tmp_path)
    notebook = nbformat.read(tmp_path / "fetch" / "demo-pick.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata["kernelspec"] == {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    assert notebook.metadata["language_info"] == {"name": "python"}
    about = notebook.metadata["replplan"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", about.pop("date"))
    assert about == {
        "domain": "alfworld",
        "repl": "fetch",
        "task": "demo-pick",
        "call": "fetch('alarmclock', ['shelf 1', 'shelf 2'])",
        "comment": "it is on a shelf",
        "args": ["'alarmclock'", "['shelf 1', 'shelf 2']"],
        "model": "scripted",
    } | {"model": about["model"]}
    assert [c.cell_type for c in notebook.cells] == ["markdown", "code", "code", "code"]
    assert notebook.cells[0].source.startswith("This notebook solves the sub-task `fetch(")
    assert [c.execution_count for c in notebook.cells[1:]] == [1, 2, 3]
    assert notebook.cells[2].outputs[0].ename == "KeyError"


def test_the_cell_that_ended_the_world_has_no_error_of_ours(game, tmp_path):
    keep(game[0], tmp_path)
    code, result = read_demonstration(tmp_path / "root" / "demo-pick.ipynb").turns[-1]
    assert "move {clock}" in code
    assert result.error is None


async def test_a_child_that_won_the_game_is_kept_although_it_did_not_answer(tmp_path):
    trace, played = await record(
        tmp_path / "t.jsonl", WON_BY_A_CHILD, domain=household(), task=TASK
    )
    assert played.result.stop_reason == "world_ended"
    kept = keep(trace, tmp_path, name="won")
    assert set(kept) == {"root/won.ipynb", "fetch/won.ipynb", "finish/won.ipynb"}
    assert kept["finish/won.ipynb"].turns == 2


def test_the_cell_that_won_is_kept_where_its_kernel_told_nothing_more(game, tmp_path):
    """It broke while the plan was unwound."""
    _, played = game
    *_, last = played.of("cell_finished")
    trace = tmp_path / "t.jsonl"
    with TraceWriter(trace) as write:
        for event in played.events:
            if event is not last:
                write(event)
    keep(trace, tmp_path)
    told, whole = (read_demonstration(tmp_path / n / "demo-pick.ipynb") for n in ("root", "fetch"))
    assert [code for code, _ in told.turns] == [
        e.code for e in played.of("cell_started") if e.session == "root"
    ]
    assert told.turns[-1][1] == CellResult()
    assert len(whole.turns) == 3


def test_a_child_that_is_called_again_is_one_notebook(goal, tmp_path):
    trace, played = goal
    kept = keep(trace, tmp_path, "root", "count")
    assert set(kept) == {"root/count-the-letters.ipynb", "count/count-the-letters.ipynb"}
    told = messages(tmp_path / "count" / "count-the-letters.ipynb")
    expected = transcript(played, "root/count")
    assert told[1::2] == expected[::2]
    asked = next(e for e in reversed(played.of("model_called")) if e.session == "root/count")
    assert told[-2] == asked.messages[-1].content
    assert "once more" in told[2]
    assert "`count('c')`" in told[-2]
    again = keep(trace, tmp_path, "root", "count")
    assert {p: d.text for p, d in again.items()} == {p: d.text for p, d in kept.items()}


def test_everything_that_was_shown_comes_back_to_the_letter(goal, tmp_path):
    trace, played = goal
    keep(trace, tmp_path, "root")
    assert (
        messages(tmp_path / "root" / "count-the-letters.ipynb")[1:]
        == transcript(played, "root")[:-1]
    )


async def test_kept_once_it_leads_the_next_plan(game, tmp_path):
    """A kept demonstration stands in the prompt of a session of its name, before its task."""
    keep(game[0], tmp_path)
    pool = Pool((tmp_path,), "alfworld")
    model = ScriptedModel({"root": [cell("fetched('x')")], "fetched": [cell("answer(1)")] * 9})
    await play(model, domain=household(), task=1, pool=pool)
    first = model.requests[0].messages
    assert [m.role for m in first] == ["system", *["user", "assistant"] * 3, "user"]
    child = next(r for r in model.requests if r.session == "root/fetched").messages
    assert child[-1].content.endswith(
        "There is no example of `fetched`, but there is one of `fetch`:"
        " where that does what is wanted here, call it."
    )


# ------------------------------------------------------------------ what is not
def test_only_sessions_that_answered_are_kept(goal, tmp_path):
    trace, _ = goal
    with pytest.raises(ConfigError, match="lost did not answer; that did: root, root/count"):
        keep(trace, tmp_path, "lost")
    with pytest.raises(ConfigError, match="nowhere is not there"):
        keep(trace, tmp_path, "nowhere")


def test_an_answer_that_nothing_measured_is_kept_when_named(goal, tmp_path):
    with pytest.raises(ConfigError, match=r"nothing measured .* --session root --session count"):
        keep(goal[0], tmp_path)


async def test_equal_sessions_are_kept_once(tmp_path):
    script = {
        "root": [cell("[one(), two()]"), cell("answer(1)")],
        "one": [cell("ready()"), cell("answer(1)")],
        "two": [cell("ready()"), cell("answer(1)")],
        "ready": [cell("answer(1)"), cell("answer(1)")],
    }
    trace, _ = await record(tmp_path / "t.jsonl", script)
    assert len(keep(trace, tmp_path / "p", "root", "ready", "one", "two")) == 4


async def test_several_sessions_of_a_name_are_numbered(tmp_path):
    script = {
        "root": [cell("[one(), two()]"), cell("answer(1)")],
        "one": [cell("ready(1)"), cell("answer(1)")],
        "two": [cell("ready(2)"), cell("answer(1)")],
        "ready": [cell("answer(1)"), cell("answer(2)")],
    }
    trace, _ = await record(tmp_path / "t.jsonl", script)
    kept = keep(trace, tmp_path / "p", "ready", name="good.ipynb")
    assert set(kept) == {"ready/good.ipynb", "ready/good-2.ipynb"}


async def test_nothing_of_this_machine_or_its_user_is_kept(tmp_path):
    home = Path.home()
    script = {
        "root": [
            cell(f"key = 'sk-abcdefgh1234567890XY'\nprint('{home}/notes.txt', 'me@example.org')"),
            cell("raise ValueError('in /tmp/tmpab12cd/x.csv for me@example.org')"),
            cell("look_into('/home/somebody/data.csv')"),
            cell("answer('x')"),
        ],
        "look_into": [cell("answer(get_args())")],
    }
    trace, _ = await record(tmp_path / "t.jsonl", script)
    kept = keep(trace, tmp_path / "p", "root", "look_into")
    texts = "".join(d.text for d in kept.values())
    for private in ("sk-abc", str(home), "example.org", "tmpab12cd", "somebody"):
        assert private not in texts
    for put in ("<secret>", "~/notes.txt", "<e-mail>", "/tmp/.../x.csv", "~/data.csv"):
        assert put in texts
    assert kept["root/a-goal.ipynb"].scrubbed["e-mail"] >= 2


LIKE_A_KEY = "AKIAIOSFODNN7EXAMPLE"


async def test_products_of_matrices_and_pictures_stay_as_they_are(tmp_path):
    cells = [
        "class W:\n    co = 1\n    def __matmul__(self, other): return 'product'\nw = mean = W()",
        "w@mean.co",
        f"key = 'AKIAIOSF' + '{LIKE_A_KEY[8:]}'\n"
        "display({'image/png': key, 'text/plain': 'p'}, raw=True)",
        "answer(1)",
    ]
    script = {"root": [cell(code) for code in cells]}
    trace, _ = await record(tmp_path / "t.jsonl", script, domain=Notebook(goal="me@example.org"))
    kept = keep(trace, tmp_path, "root")
    assert set(kept) == {"root/e-mail.ipynb"}
    turns = read_demonstration(tmp_path / "root" / "e-mail.ipynb").turns
    assert turns[1][0] == "w@mean.co"
    assert [d.data for _, result in turns for d in result.displays] == [LIKE_A_KEY]
    assert "me@example.org" not in kept["root/e-mail.ipynb"].text


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("«Xs, and Os X»", "Xs-and-Os-X"),
        ("Mail ann@example.org", "Mail-e-mail"),
        ("?!", "kept"),
        ("abcde " * 20, "-".join(["abcde"] * 10)),
        ("one word after another, " * 9, "one-word-after-another-one-word-after-another-one-word-after"),
    ],
)  # fmt: skip
def test_a_notebook_is_named_by_the_first_words_of_its_goal(goal, words, name, tmp_path):
    plan = read_plan(goal[0])
    told = replace(plan, started=plan.started.model_copy(update={"goal": words}))
    (kept,) = draft(told, choose_sessions(plan, ["root"]), Place("user", tmp_path))
    assert kept.path == tmp_path / "root" / f"{name}.ipynb"
