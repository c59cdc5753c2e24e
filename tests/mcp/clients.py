"""Real clients of `replplan mcp`: the SDK's own, with the server as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

from commands import environment

SERVER = ("-m", "replplan", "mcp")


def flags(endpoint, tmp_path):
    return [
        *("--model", endpoint.model, "--base-url", endpoint.url),
        *("--folder", str(tmp_path), "--traces", str(tmp_path / "traces")),
    ]


@asynccontextmanager
async def over_stdio(endpoint, tmp_path, *more):
    """A client of a server that it starts."""
    from mcp import Client, StdioServerParameters

    command = [*SERVER, *flags(endpoint, tmp_path), *more]
    env = environment(Path(os.environ["HOME"]), endpoint)
    started = StdioServerParameters(command=sys.executable, args=command, env=env)
    async with Client(started) as client:
        yield client


@asynccontextmanager
async def over_http(url, token):
    """A client of a server that listens; without a token it sends none."""
    import httpx2
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60, trust_env=False) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        yield client


class Server:
    """`replplan mcp --http` as a process; its address and token are what it prints."""

    def __init__(self, endpoint, tmp_path):
        self.process = subprocess.Popen(
            [sys.executable, *SERVER, "--http", *flags(endpoint, tmp_path)],
            env=os.environ | {"OPENAI_API_KEY": endpoint.key},
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        self.url = self.process.stderr.readline().strip().removeprefix("serving at ")
        self.token = self.process.stderr.readline().strip().removeprefix("token: ")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.code = self.process.wait(60)
        self.process.stderr.close()
