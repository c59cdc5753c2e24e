"""Cells that fail, run in this process, and the short form of their errors."""

from __future__ import annotations

import linecache
from textwrap import dedent
from typing import Any

from replplan_kernels.inside.tracebacks import short_error

TITLES = {f"file-of-cell-{n}": f"cell {n}" for n in range(1, 4)}
TITLES["file-of-child"] = "find_mug, cell 2"


def run(source: str, file: str = "file-of-cell-1", **names: Any) -> dict[str, Any]:
    """Run a cell."""
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    names["__name__"] = "__main__"
    exec(compile(source, file, "exec", dont_inherit=True), names)
    return names


def error_of(*cells: str, **names: Any) -> dict[str, str]:
    """Run cells one after the other; the error that the last of them raises."""
    try:
        for number, source in enumerate(cells, 1):
            names = run(dedent(source).strip("\n"), f"file-of-cell-{number}", **names)
    except BaseException as error:  # noqa: BLE001 - a cell may raise anything
        return short_error(error, TITLES.get)
    raise AssertionError("no cell raised an error")


def traceback_of(*cells: str, **names: Any) -> str:
    return error_of(*cells, **names)["traceback"]


def text(lines: str) -> str:
    return dedent(lines).strip("\n")
