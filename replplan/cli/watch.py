"""`replplan watch`: the terminal app."""

from __future__ import annotations

from pathlib import Path

import click

from replplan.cli.options import PORT


@click.command()
@click.argument("what", required=False, metavar="[TRACE or RUN]", type=click.Path(path_type=Path))
@click.option("--browser", is_flag=True, help="Serve it as a page on this machine, by a token.")
@click.option(
    "--port", type=PORT, default=0, metavar="N", help="The port of the page; a free one by default."
)
@click.option("--theme", metavar="NAME", default="", help="A theme, such as textual-light or nord.")
def watch(what: Path | None, browser: bool, port: int, theme: str) -> None:
    """Watch a plan think, steer it, or replay it.

    TRACE is followed as long as it is being written. RUN, the folder of an evaluation, is shown as
    a table of its episodes. With neither, a start screen has recent runs and starts new plans.
    """
    from replplan.errors import ConfigError
    from replplan.plugins import screen

    if what is not None and not what.exists():
        raise ConfigError(f"there is no trace and no run {what}: give the path of one")
    if browser:
        screen("browser")(what, port, theme)
    else:
        screen("watch")(what, theme)
