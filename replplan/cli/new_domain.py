"""`replplan new-domain`: a world of your own to begin with."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("new-domain")
@click.argument("name")
@click.option(
    "--to", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Where to.  [default: a new folder called NAME]",
)  # fmt: skip
def new_domain(name: str, to: Path | None) -> None:
    """Write a package with a world of your own to begin with.

    It has a world, a scorer, a demonstration and tests, and runs at once.
    """
    from replplan.new_domain import new_domain as write

    for path in write(name, to):
        click.echo(path)
    click.echo(
        f'next: cd {to or name} && pip install -e ".[test]" && pytest && replplan run {name}',
        err=True,
    )
