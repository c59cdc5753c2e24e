"""`replplan mcp`: plans as tools of other people's agents."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from replplan.cli.options import PORT, Settings, some_flags

if TYPE_CHECKING:
    from replplan.for_mcp.desk import Desk

_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command()
@click.option("--http", is_flag=True, help="Serve streamable HTTP.  [default: standard input]")
@click.option("--host", default="127.0.0.1", show_default=True, help="With --http: the address.")
@click.option(
    "--port", type=PORT, default=0, metavar="N", help="With --http.  [default: a free one]"
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="With --http: the token that clients send as `Authorization: Bearer TOKEN`.  [default: a"
    " fresh one, printed at the start]",
)
@click.option(
    "--folder",
    "folders",
    multiple=True,
    type=_FOLDER,
    metavar="DIR",
    help="Clients may give plans the files in it; may be given again.  [default: the working"
    " folder]",
)
@click.option(
    "--traces",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where the traces go that clients can read.  [default: a folder in replplan's state"
    " folder]",
)
@some_flags("--model", "--base-url", "--param", "--isolation", "--mount", "--network")
def mcp(
    http: bool, host: str, port: int, token_file: Path | None, folders: tuple[Path, ...],
    traces: Path | None, **flags: Any,
) -> None:  # fmt: skip
    """Serve plans as tools of the Model Context Protocol.

    The tools are `plan`, `plan_in_domain` and `explain_run`. An agent starts it by itself: name
    `replplan mcp --model NAME` in its settings. Limits hold for each plan; a client can ask for
    less.
    """
    import asyncio

    from replplan.extras import require

    require("mcp", "mcp")
    desk = _desk(Settings.from_flags(flags), folders or (Path.cwd(),), traces)
    try:
        asyncio.run(_serve(desk, _address(host, port, token_file) if http else None))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def _desk(settings: Settings, folders: tuple[Path, ...], traces: Path | None) -> Desk:
    import platformdirs

    from replplan.for_mcp.desk import Desk
    from replplan.models import read_params

    return Desk(
        folders=folders,
        traces=traces or platformdirs.user_state_path("replplan") / "traces" / "mcp",
        model=settings.model,
        base_url=settings.base_url,
        params=read_params(settings.param),
        limits=settings.make_limits(),
        kernel=settings.make_kernel_options(),
    )


def _address(host: str, port: int, token_file: Path | None) -> Any:
    from replplan.for_mcp.serve import Address

    return Address(host, port, _read_token(token_file) if token_file else secrets.token_urlsafe())


def _read_token(path: Path) -> str:
    from replplan.errors import ConfigError

    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the token cannot be read from {path}: {error}") from error
    if len(token) < 16:
        raise ConfigError(f"the token in {path} is too short: 16 characters or more")
    return token


async def _serve(desk: Desk, address: Any) -> None:
    from replplan.for_mcp import serve

    if address is None:
        await serve.serve_stdio(desk)
        return

    def ready(url: str) -> None:
        click.echo(f"serving at {url}\ntoken: {address.token}", err=True)

    await serve.serve_http(desk, address, ready)
