"""Tables in a terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from replplan.console.clean import one_line
from replplan.report.runs import Run
from replplan.report.tables import Table


def print_tables(console: Console, tables: Sequence[Table]) -> None:
    """Print them."""
    for table in tables:
        shown = RichTable(
            title=Text(table.title, "bold"), title_justify="left", box=box.SIMPLE_HEAD
        )
        for number, column in enumerate(table.columns):
            shown.add_column(Text(column), justify="right" if number else "left", overflow="fold")
        for row in table.rows:
            shown.add_row(*(Text(one_line(cell)) for cell in row))
        console.print(shown)
        if table.note:
            console.print(Text(f" {table.note}", "dim"))


def markdown(title: str, tables: Sequence[Table]) -> str:
    """Them as Markdown."""
    parts = [f"# {_cell(title)}"]
    for table in tables:
        rule = ["---", *(["---:"] * (len(table.columns) - 1))]
        rows = [table.columns, rule, *table.rows]
        lines = ["| " + " | ".join(map(_cell, row)) + " |" for row in rows]
        parts += [f"## {table.title}", "\n".join(lines), table.note]
    return "\n\n".join(part for part in parts if part) + "\n"


def title_of(runs: Sequence[Run]) -> str:
    """What runs are about, in a line."""
    studies = [run.info.study for run in runs]
    domains = dict.fromkeys(f"{s.domain} {', '.join(s.tasks)}" for s in studies)
    return " and ".join(domains)


def _cell(text: str) -> str:
    return one_line(text).replace("|", "\\|").replace("<", "&lt;")
