"""The app as a page: on loopback alone, and for whoever has the token alone."""

from __future__ import annotations

import hmac
import logging
import os
import secrets
import shlex
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from replplan.errors import ConfigError

if TYPE_CHECKING:
    from aiohttp import web

HOST = "127.0.0.1"
_POLICY = "default-src 'self' 'unsafe-inline' data: blob: ws:; frame-ancestors 'none'"
"""The page fetches nothing from other machines, such as fonts."""
_MORE = """<style>.xterm .xterm-viewport { overflow-y: hidden; }</style>
<script>
new MutationObserver((_, watch) => {
  if (document.body.classList.contains("-first-byte")) {
    watch.disconnect();
    document.querySelector(".xterm-helper-textarea").focus();
  }
}).observe(document.body, {attributes: true});
</script></body>"""
"""Has keys go to the app as soon as it is there, where the page alone waits for a click, and no bar
for scrolling, where there is nothing to scroll."""


def serve(what: Path | None, port: int = 0, theme: str = "") -> None:
    """Serve the app until Ctrl-C; each tab of a browser is an app of its own.

    Args:
        what: a trace, the folder of a run, or None for the start screen.
        port: the port; 0 for a free one.
        theme: the name of a theme.

    Raises:
        ConfigError: textual-serve is not installed, or the port is taken.
    """
    try:
        from aiohttp import web
        from textual_serve.server import Server
    except ImportError as e:
        raise ConfigError("--browser needs textual-serve: pip install 'replplan[browser]'") from e
    from replplan_tui.app import check_theme

    check_theme(theme)
    token, place = secrets.token_urlsafe(24), _listening(port)
    port = place.getsockname()[1]

    class Guarded(Server):
        """Lets in who has the token."""

        async def _make_app(self) -> web.Application:
            app: web.Application = await super()._make_app()
            app.middlewares.append(guard(token, port))
            return app

        async def on_startup(self, app: web.Application) -> None:
            """The address is told already."""

    command = shlex.join([sys.executable, "-m", "replplan_tui.served", theme, str(what or "")])
    server = Guarded(command, host=HOST, port=port, title="replplan")
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    click.echo(f"http://{HOST}:{port}/?token={token}")
    click.echo("open this in a browser on this machine; Ctrl-C ends it", err=True)
    sys.stdout.flush()
    web.run_app(server._make_app(), sock=place, print=None)


def guard(token: str, port: int) -> Any:
    """A middleware that lets requests in which have the token, as a query or as its cookie.

    It also wants the request to be meant for this address, so that no page of another site can
    reach the app by a name that it has pointed here.
    """
    from aiohttp import web

    here, cookie = f"{HOST}:{port}", cookie_of(port)
    own = {here, f"localhost:{port}"}

    @web.middleware
    async def check(request: web.Request, handler: Any) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if request.host not in own or (origin and origin.partition("://")[2] not in own):
            raise web.HTTPForbidden(text="this page is for this machine alone")
        if request.host != here:  # where the page's own addresses point, and its cookie
            raise web.HTTPFound(f"http://{here}{request.path_qs}")
        given = request.query.get("token")
        if given is not None and _equal(given, token):
            response: web.StreamResponse = web.HTTPFound(request.path)
            response.set_cookie(cookie, token, httponly=True, samesite="Strict")
            return response
        if not _equal(request.cookies.get(cookie, ""), token):
            raise web.HTTPForbidden(text="open the address that `replplan watch --browser` printed")
        answered: web.StreamResponse = await handler(request)
        if not answered.prepared:
            answered.headers["Content-Security-Policy"] = _POLICY
        if request.path == "/" and isinstance(answered, web.Response):
            answered.text = (answered.text or "").replace("</body>", _MORE)
        return answered

    return check


def cookie_of(port: int) -> str:
    """The name of the token's cookie. A browser sends cookies to every port of a machine, so that
    with one name the pages of two of us would take each other's."""
    return f"replplan-token-{port}"


def _equal(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())


def _listening(port: int) -> socket.socket:
    """A port that nobody takes from us, and at which a page that is opened at once may wait."""
    try:
        return socket.create_server((HOST, port))
    except OSError as e:
        why = os.strerror(e.errno or 0)
        raise ConfigError(f"port {port} cannot be had: {why}; choose another") from e
