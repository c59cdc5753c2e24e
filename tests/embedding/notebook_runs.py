"""Runs cells in a real notebook: nbformat, nbclient, and a stock kernel in a process of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import nbformat
from nbclient import NotebookClient

FENCE = "`" * 3
BEGIN = f'''
%load_ext replplan
from replplan import ScriptedModel
def script(**cells):
    fence = "{FENCE}"
    return ScriptedModel({{n: [f"{{fence}}python\\n{{c}}\\n{{fence}}" for c in own] for n, own in cells.items()}})
'''


@dataclass
class Ran:
    """A notebook that was run."""

    notebook: Any

    def outputs(self, number: int) -> list[Any]:
        """The outputs of a cell, counted from 1 behind the opening one; from the end if below."""
        return self.notebook.cells[number].outputs

    def text(self, number: int) -> str:
        """All that a cell printed and showed, as plain text."""
        parts = [
            o.get("text", "") or o.get("data", {}).get("text/plain", "")
            for o in self.outputs(number)
        ]
        return "\n".join(parts)

    def html(self, number: int) -> str:
        """The pages that it showed."""
        return "\n".join(o.get("data", {}).get("text/html", "") for o in self.outputs(number))


def run_notebook(folder, *cells: str) -> Ran:
    """Run these cells, in this folder."""
    made = [nbformat.v4.new_code_cell(c) for c in (BEGIN, *cells)]
    notebook = nbformat.v4.new_notebook(cells=made)
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    return Ran(notebook)
