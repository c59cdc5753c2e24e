"""Demonstrations from notebooks: read, kept apart, chosen."""

import json
import os
import sqlite3
import subprocess
import sys

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from notebooks import demo, opening, stream, write

from replplan.errors import ConfigError
from replplan.pool import Pool, read_demonstration
from replplan.prompt import demonstration_messages


def test_a_notebook_becomes_the_turns_that_it_shows(tmp_path):
    messages = list(demonstration_messages(read_demonstration(demo(tmp_path, "root", 1))))
    assert [m.role for m in messages] == ["user", "assistant"] * 4
    assert "You see a fridge 1." in messages[0].content
    assert messages[1].content == "```python\nprint('x')\n```"
    assert messages[2].content == "x" * 10
    assert messages[4].content == "cell 2, line 1\nZeroDivisionError: division by zero"
    assert messages[6].content == "Out: 1"
    assert messages[7].content == "```python\nanswer(1)\n```"


def test_what_stands_between_the_cells_is_told_there(tmp_path):
    cells = [
        new_markdown_cell("The task."),
        new_markdown_cell("More of it."),
        new_code_cell("print(1)", outputs=[stream("1\n")]),
        new_markdown_cell("Now again."),
        new_code_cell("answer(2)"),
        new_markdown_cell("Written for people only: nothing comes behind it."),
    ]
    path = write(tmp_path / "root" / "1.ipynb", cells)
    told = [m.content for m in demonstration_messages(read_demonstration(path))]
    assert told[0].endswith("The task.\n\nMore of it.")
    assert told[2] == "1\n\nNow again."
    assert len(told) == 4


def test_what_jupyter_displays_is_printed_for_a_model(tmp_path):
    picture = new_output(
        "display_data", data={"image/png": "aGk=", "text/plain": "<Figure 640x480>"}
    )
    cell = new_code_cell("plot()", outputs=[stream("a\n"), picture, stream("b\n")])
    path = write(tmp_path / "root" / "1.ipynb", [cell])
    ((_, result),) = read_demonstration(path).turns
    assert result.output == "a\n<Figure 640x480>\nb\n"
    assert [(d.mime, d.data) for d in result.displays] == [("image/png", "aGk=")]


def test_a_notebook_is_read_again_only_when_it_changed(tmp_path):
    path = opening(tmp_path, "root", "1", "before")
    first = read_demonstration(path)
    assert read_demonstration(path) is first
    opening(tmp_path, "root", "1", "after!")
    os.utime(path, ns=(1, 1))
    assert read_demonstration(path).opening == "after!"
    opening(tmp_path, "root", "1", "of another length")
    os.utime(path, ns=(1, 1))
    assert read_demonstration(path).opening == "of another length"


# ------------------------------------------------------------------ which are chosen
TASKS = {
    "1-heat": "Your task is to: heat some egg and put it in garbagecan.",
    "2-look": "Your task is to: examine the tissuebox with the desklamp.",
    "3-put": "Your task is to: put two apples on the sidetable.",
    "4-cool": "Your task is to: cool some bread and put it in cabinet.",
    "5-clean": "Your task is to: clean some knife and put it in drawer.",
}


def names(demonstrations):
    return [d.source.stem for d in demonstrations]


@pytest.fixture
def tasks(tmp_path):
    for name, text in TASKS.items():
        opening(tmp_path, "root", name, text)
    opening(tmp_path, "find", "1", "This notebook solves the sub-task `find('egg')`.")
    return tmp_path


@pytest.mark.parametrize(
    ("task", "likest"),
    [
        ("Your task is to: heat a potato and put it in fridge.", "1-heat"),
        ("Your task is to: examine the book with the desklamp.", "2-look"),
        ("Your task is to: put an apple on the table.", "3-put"),  # apple is apples to it
        ("Your task is to: cool some tomato and put it in microwave.", "4-cool"),
        ("Your task is to: clean some fork and put it on table.", "5-clean"),
    ],
)
def test_the_likest_stands_nearest_to_the_task(tasks, task, likest):
    chosen = Pool((tasks,)).choose("root", task)
    assert names(chosen)[-1] == likest
    assert len(chosen) == 4
    assert {d.repl for d in chosen} == {"root"}


@pytest.mark.parametrize("kept", [("1-heat", "2-look"), ("4-cool", "5-clean")])
def test_likeness_tells_two_demonstrations_apart(tmp_path, kept):
    for name in kept:
        opening(tmp_path, "root", name, "In the room is a room with a bed. " + TASKS[name])
    for name in kept:
        assert names(Pool((tmp_path,)).choose("root", TASKS[name]))[-1] == name


def test_of_two_that_tell_of_the_same_the_one_that_tells_of_less_else_is_likelier(tmp_path):
    opening(tmp_path, "root", "1", "Find the egg, wash the plate and dry the old mug.")
    opening(tmp_path, "root", "2", "Find the egg, wash the plate.")
    assert names(Pool((tmp_path,)).choose("root", "Find an egg.")) == ["1", "2"]


def test_what_is_like_it_in_one_word_of_many_is_likelier_than_what_is_not_like_it(tmp_path):
    opening(tmp_path, "root", "1", "The egg. " + "Other words of no account are here. " * 200)
    opening(tmp_path, "root", "2", "Nothing alike.")
    assert names(Pool((tmp_path,)).choose("root", "Find an egg.")) == ["2", "1"]


def test_a_python_without_full_text_search_is_told_so(tasks, monkeypatch):
    class Bare(sqlite3.Connection):
        def execute(self, *_):
            raise sqlite3.OperationalError("no such module: fts5")

    monkeypatch.setattr(sqlite3, "connect", lambda path: Bare(path))
    sentence = (
        "demonstrations cannot be put in order: the SQLite of this Python was built without FTS5;"
        " use another Python, or --no-demonstrations"
    )
    with pytest.raises(ConfigError, match=rf"^{sentence}$"):
        Pool((tasks,)).choose("root", TASKS["1-heat"])


@pytest.mark.parametrize("like", ["", "?!", "wholly unlike", '" OR x* NEAR( -a :b^ \x00'])
def test_where_nothing_is_like_it_the_order_is_that_of_the_paths(tasks, like):
    assert names(Pool((tasks,)).choose("root", like)) == ["4-cool", "3-put", "2-look", "1-heat"]


def test_a_very_long_task_chooses_as_well(tasks):
    text = " ".join(f"word{i}" for i in range(20_000)) + " tissuebox desklamp"
    assert names(Pool((tasks,)).choose("root", text))[-1] == "2-look"


def test_of_equally_like_ones_an_earlier_folder_comes_first(tmp_path):
    for folder in ("project", "user"):
        opening(tmp_path / folder, "root", "1", f"The same task in {folder}.")
    folders = [tmp_path / "user", tmp_path / "project"]
    for order in (folders, folders[::-1]):
        assert [d.source.parts[-3] for d in Pool(tuple(order)).choose("root", "the same")] == [
            f.name for f in reversed(order)
        ]


def test_the_same_demonstration_in_two_folders_is_shown_once(tmp_path):
    for folder in ("project", "user"):
        opening(tmp_path / folder, "root", "1", "The same.")
    (only,) = Pool((tmp_path / "project", tmp_path / "user")).choose("root")
    assert only.source.parts[-3] == "project"


def test_no_more_than_there_is_room_for(tmp_path):
    for number in (1, 2):
        demo(tmp_path, "root", number, length=100 + number)
    small = demo(tmp_path, "root", 3, length=10)
    sizes = [d.size for d in Pool((tmp_path,)).all("root")]
    pool = Pool((tmp_path,))
    assert len(pool.choose("root", room=sum(sizes))) == 3
    assert names(pool.choose("root", room=sizes[0] + sizes[2])) == ["3", "1"]
    assert names(pool.choose("root", room=sizes[2])) == [small.stem]
    assert pool.choose("root", room=sizes[2] - 1) == ()


def test_what_does_not_fit_a_method_takes_no_room(tasks):
    pool = Pool((tasks,), most=2)
    chosen = pool.choose("root", TASKS["1-heat"], None, lambda d: "heat" not in d.opening)
    assert len(chosen) == 2
    assert "1-heat" not in names(chosen)


def test_a_demonstration_of_another_domain_is_not_offered(tmp_path):
    opening(tmp_path, "root", "1", "for all")
    opening(tmp_path, "root", "2", "for alfworld", domain="alfworld")
    opening(tmp_path, "root", "3", "for webshop", domain="webshop")
    assert names(Pool((tmp_path,), "alfworld").choose("root")) == ["2", "1"]
    assert names(Pool((tmp_path,), "other").choose("root")) == ["1"]
    assert len(Pool((tmp_path,)).choose("root")) == 3


@pytest.mark.parametrize("name", ["unheard_of", "../root", "root/..", "", ".", "a.b", "/etc"])
def test_a_name_without_demonstrations_has_none(tasks, name):
    assert Pool((tasks / "root", tasks)).choose(name, "x") == ()


def test_names_like_it_are_offered_where_a_name_has_none(tmp_path):
    for name in ("find_object", "find_objects_in", "cook", "root", "flat"):
        opening(tmp_path, name, "1", "x")
    opening(tmp_path, "find_objectz", "1", "x", domain="another")
    pool = Pool((tmp_path,), "mine")
    assert pool.similar("find_objects") == ("find_object", "find_objects_in")
    assert pool.similar("find_object") == ()
    assert pool.similar("fetch_object") == ()
    assert pool.similar("roots") == pool.similar("float") == pool.similar("xyz") == ()


# ------------------------------------------------------------------ bad notebooks
CODE = {"cell_type": "code", "source": "1", "outputs": [], "metadata": {}, "execution_count": 1}
GOOD = {"cells": [CODE], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "no notebook"),
        ("", "no notebook"),
        ("1", "no notebook"),
        ("[]", "no notebook"),
        ("{}", "no notebook"),
        ("\ufeff{}", "no notebook"),
        (GOOD | {"nbformat": 99}, "Unsupported nbformat version 99"),
        (GOOD | {"nbformat": "four"}, "Unsupported nbformat version four"),
        (GOOD | {"cells": 5}, "no notebook"),
        (GOOD | {"cells": ["x"]}, "no notebook"),
        (GOOD | {"cells": [{"cell_type": "code"}]}, "no notebook"),
        (GOOD | {"cells": []}, "holds no code"),
        (GOOD | {"cells": [CODE | {"outputs": [{"output_type": "odd"}]}]}, "is not valid"),
        (GOOD | {"cells": [CODE | {"source": " "}]}, "holds no code"),
        (b"\xff\xfe", "no notebook"),
    ],
)
def test_what_is_no_demonstration_is_named_in_a_sentence(tmp_path, content, why):
    path = tmp_path / "root" / "bad.ipynb"
    path.parent.mkdir()
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError, match=rf"bad\.ipynb .*{why}") as raised:
        Pool((tmp_path,)).choose("root")
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there_or_a_folder_in_its_place_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"1\.ipynb cannot be read: No such file"):
        read_demonstration(tmp_path / "1.ipynb")
    (tmp_path / "root" / "1.ipynb").mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"1\.ipynb cannot be read: Is a directory"):
        Pool((tmp_path,)).choose("root")


def test_notebooks_of_other_makers_are_read(tmp_path):
    """Of an older version, without ids where there should be some, hidden copies beside them."""
    for name, content in (
        ("old", GOOD | {"nbformat_minor": 2}),
        ("no-ids", GOOD | {"nbformat_minor": 5, "metadata": {"replplan": "odd"}}),
        ("odd", GOOD | {"metadata": {"replplan": {"domain": 3}}}),
        ("._old", {}),
    ):
        path = tmp_path / "root" / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))
    code = {"cell_type": "code", "language": "python", "input": "2", "outputs": []}
    three = {"worksheets": [{"cells": [code]}], "metadata": {}, "nbformat": 3, "nbformat_minor": 0}
    (tmp_path / "root" / "three.ipynb").write_text(json.dumps(three))
    found = Pool((tmp_path,), "any").all("root")
    assert {d.source.stem: d.turns[0][0] for d in found} == {
        "old": "1",
        "no-ids": "1",
        "odd": "1",
        "three": "2",
    }


def test_demonstrations_are_read_without_the_library_that_is_slow_to_import(tmp_path):
    path = demo(tmp_path, "root", 1)
    code = (
        "import sys; from pathlib import Path; from replplan.pool.notebook import read_demonstration;"
        f"d = read_demonstration(Path({str(path)!r})); print(len(d.turns), 'nbformat' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("4 False\n", "")
