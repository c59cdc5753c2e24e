"""Demonstrations from notebooks."""

import nbformat
import pytest
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
)

from replplan.errors import ConfigError
from replplan.pool import Pool, read_demonstration
from replplan.prompt import demonstration_messages


def write(path, cells):
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells), path)
    return path


def stream(text):
    return new_output("stream", name="stdout", text=text)


def demo(folder, name, number, length=10):
    cells = [
        new_markdown_cell("You see a fridge 1."),
        new_code_cell("print('x')", outputs=[stream("x" * length + "\n")]),
        new_code_cell(
            "1 / 0",
            outputs=[
                new_output(
                    "error",
                    ename="ZeroDivisionError",
                    evalue="division by zero",
                    traceback=[
                        "\x1b[31mcell 2, line 1\x1b[0m",
                        "ZeroDivisionError: division by zero",
                    ],
                )
            ],
        ),
        new_code_cell("2", outputs=[new_output("execute_result", data={"text/plain": "2"})]),
        new_code_cell("answer(2)"),
    ]
    return write(folder / name / f"{number}.ipynb", cells)


def test_a_notebook_becomes_the_turns_that_it_shows(tmp_path):
    messages = list(demonstration_messages(read_demonstration(demo(tmp_path, "root", 1))))
    assert [m.role for m in messages] == ["user", "assistant"] * 4
    assert "You see a fridge 1." in messages[0].content
    assert messages[1].content == "```python\nprint('x')\n```"
    assert messages[2].content == "x" * 10
    assert messages[4].content == "cell 2, line 1\nZeroDivisionError: division by zero"
    assert messages[6].content == "Out: 2"
    assert messages[7].content == "```python\nanswer(2)\n```"


def test_only_demonstrations_of_the_name_are_chosen_in_order(tmp_path):
    for number in (2, 1):
        demo(tmp_path, "root", number)
    demo(tmp_path, "find", 1)
    chosen = Pool((tmp_path,)).choose("root")
    assert [d.source.name for d in chosen] == ["1.ipynb", "2.ipynb"]
    assert {d.repl for d in chosen} == {"root"}
    assert Pool((tmp_path,)).choose("unheard_of") == ()


def test_no_more_than_there_is_room_for(tmp_path):
    demo(tmp_path, "root", 1, length=100)
    demo(tmp_path, "root", 2, length=100)
    size = Pool((tmp_path,)).choose("root")[0].size
    assert len(Pool((tmp_path,)).choose("root", room=2 * size)) == 2
    assert len(Pool((tmp_path,)).choose("root", room=2 * size - 1)) == 1
    assert Pool((tmp_path,)).choose("root", room=size - 1) == ()


def test_what_is_no_notebook_is_named(tmp_path):
    path = tmp_path / "root" / "1.ipynb"
    path.parent.mkdir()
    path.write_text("{")
    with pytest.raises(ConfigError, match=r"1\.ipynb is no notebook"):
        Pool((tmp_path,)).choose("root")


def test_a_notebook_without_code_is_named(tmp_path):
    write(tmp_path / "root" / "1.ipynb", [new_markdown_cell("only words"), new_code_cell(" ")])
    with pytest.raises(ConfigError, match="holds no code"):
        Pool((tmp_path,)).choose("root")
