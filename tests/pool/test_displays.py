"""What a demonstration takes from the outputs of its notebook, and how large it is."""

from __future__ import annotations

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from notebooks import result, stream, write

from replplan.cell import CellError, CellResult, Display
from replplan.pool import read_demonstration
from replplan.pool.notebook import make_notebook


def displayed(folder, **data):
    """What is read of a cell that displayed this, and what a model is told of it."""
    output = new_output("display_data", data={k.replace("_", "/"): v for k, v in data.items()})
    path = write(folder / "root" / "1.ipynb", [new_code_cell("show()", outputs=[output])])
    ((_, came),) = read_demonstration(path).turns
    (display,) = came.displays
    return (display.mime, display.data, display.text), came.output


@pytest.mark.parametrize(
    ("data", "kept", "told"),
    [
        ({"text_plain": "a cup"}, ("text/plain", "a cup", "a cup"), "a cup"),
        ({"text_html": "<b>", "text_plain": "b"}, ("text/html", "<b>", "b"), "b"),
        ({"text_plain": "b", "text_xml": "<b>"}, ("text/xml", "<b>", "b"), "b"),
        (
            {"application_json": "1", "image_png": "aGk=", "text_plain": "b"},
            ("image/png", "aGk=", "b"),
            "b",
        ),
        ({"text_html": "<b>"}, ("text/html", "<b>", "[text/html]"), "[text/html]"),
        ({}, ("text/plain", "", "[text/plain]"), "[text/plain]"),
    ],
)
def test_of_what_is_displayed_the_richest_form_is_kept_and_the_plain_one_told(
    tmp_path, data, kept, told
):
    assert displayed(tmp_path, **data) == (kept, told + "\n")


def test_a_value_without_a_plain_form_is_told_as_nothing(tmp_path):
    value = new_output("execute_result", data={"text/html": "<b>"}, execution_count=1)
    path = write(tmp_path / "root" / "1.ipynb", [new_code_cell("show()", outputs=[value])])
    ((_, came),) = read_demonstration(path).turns
    assert came.value == ""


def test_what_was_printed_and_displayed_is_told_once(tmp_path):
    """A display whose text stands in the output already came from a kernel of ours."""
    outputs = [stream("<Figure>\n"), new_output("display_data", data={"text/plain": "<Figure>"})]
    path = write(tmp_path / "root" / "1.ipynb", [new_code_cell("show()", outputs=outputs)])
    ((_, came),) = read_demonstration(path).turns
    assert came.output == "<Figure>\n"


def test_the_size_of_a_demonstration_is_that_of_all_that_a_model_reads(tmp_path):
    error = new_output("error", ename="E", evalue="no", traceback=["12345", "789"])
    cells = [
        new_markdown_cell("x" * 1000),
        new_code_cell("y" * 200, outputs=[stream("z" * 30)]),
        new_markdown_cell("u" * 5000),
        new_code_cell("v" * 1, outputs=[result("w" * 2)]),
        new_code_cell("1 / 0", outputs=[error]),
    ]
    demonstration = read_demonstration(write(tmp_path / "root" / "1.ipynb", cells))
    assert demonstration.size == 1000 + 200 + 30 + 5000 + 1 + 2 + len("1 / 0") + len("12345\n789")
    assert demonstration.words == "x" * 1000 + "\n" + "u" * 5000


def test_what_came_of_a_cell_is_written_as_jupyter_does_and_read_back_the_same(tmp_path):
    came = CellResult(
        output="printed\nb\n",
        value="'v'",
        error=CellError(name="E", message="no", traceback="line 1\nE: no"),
        displays=(Display(mime="text/html", data="<b>", text="b"),),
    )
    notebook = make_notebook(
        "It begins.", [("f()", came), ("g()", CellResult())], {1: "Again."}, {}
    )
    nbformat.validate(notebook)
    assert [(c.cell_type, c.source) for c in notebook.cells] == [
        ("markdown", "It begins."), ("code", "f()"), ("markdown", "Again."), ("code", "g()"),
    ]  # fmt: skip
    assert [c.execution_count for c in notebook.cells[1::2]] == [1, 2]
    stream, display, value, error = notebook.cells[1].outputs
    assert (stream.output_type, stream.name, stream.text) == ("stream", "stdout", "printed\nb\n")
    assert display.output_type == "display_data"
    assert display.data == {"text/html": "<b>", "text/plain": "b"}
    assert (value.output_type, value.execution_count) == ("execute_result", 1)
    assert value.data == {"text/plain": "'v'"}
    assert (error.ename, error.evalue, error.traceback) == ("E", "no", ["line 1", "E: no"])
    path = tmp_path / "root" / "1.ipynb"
    path.parent.mkdir()
    nbformat.write(notebook, path)
    read = read_demonstration(path)
    assert read.turns == (("f()", came), ("g()", CellResult()))
    assert (read.opening, read.told) == ("It begins.", {1: "Again."})
