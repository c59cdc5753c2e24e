"""`replplan export`: a trace as something else."""

from __future__ import annotations

from pathlib import Path

import click

FORMATS = ("html", "notebook", "sft", "inspect")


@click.command()
@click.argument("trace", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--to", required=True, type=click.Choice(FORMATS),
    help="html: one page that opens from disk, the plan as a tree of REPLs."
    " notebook: cells that run again, with what they called as it was recorded."
    " sft: chat data for training, a line a session, with the loss mask; takes a run as well."
    " inspect: .eval logs of inspect_ai in a folder, for `inspect view`; takes a run as well.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="PATH",
    help="Where to; - for standard output.  [default: beside TRACE, named like it]",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Write over a file that is there already.")
def export(trace: Path, to: str, out: Path | None, force: bool) -> None:
    """Write TRACE as something else: a page, a notebook, data.

    For example: replplan export plan.jsonl --to html
    """
    from replplan.export.formats import export as write

    for path in write(trace, to, out, replace=force):
        click.echo(path)
