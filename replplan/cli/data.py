"""`replplan data`: the official data of a domain."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("domain", metavar="DOMAIN")
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where to.  [default: where the domain looks for it]",
)
def data(domain: str, folder: Path | None) -> None:
    """Download the official data of DOMAIN.

    It prints the folder that `--data` then takes.

    For example: replplan data alfworld
    """
    from replplan.plugins import domain_class

    click.echo(domain_class(domain).download(folder))
