"""Notebooks for tests of the pool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output


def write(path: Path, cells: list[Any], **about: Any) -> Path:
    """Write a notebook of these cells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {"replplan": about} if about else {}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), path)
    return path


def stream(text: str) -> Any:
    """What a cell printed."""
    return new_output("stream", name="stdout", text=text)


def opening(folder: Path, repl: str, name: str, text: str, **about: Any) -> Path:
    """A demonstration of one cell, told this."""
    cells = [new_markdown_cell(text), new_code_cell("answer(1)")]
    return write(folder / repl / f"{name}.ipynb", cells, **about)


def demo(folder: Path, repl: str, number: int, length: int = 10) -> Path:
    """A demonstration of four cells; the first prints that many characters."""
    trace = ["\x1b[31mcell 2, line 1\x1b[0m", "ZeroDivisionError: division by zero"]
    error = new_output(
        "error", ename="ZeroDivisionError", evalue="division by zero", traceback=trace
    )
    cells = [
        new_markdown_cell("You see a fridge 1."),
        new_code_cell("print('x')", outputs=[stream("x" * length + "\n")]),
        new_code_cell("1 / 0", outputs=[error]),
        new_code_cell(str(number), outputs=[result(str(number))]),
        new_code_cell(f"answer({number})"),
    ]
    return write(folder / repl / f"{number}.ipynb", cells)


def result(text: str) -> Any:
    """A cell's value."""
    return new_output("execute_result", data={"text/plain": text}, execution_count=1)
