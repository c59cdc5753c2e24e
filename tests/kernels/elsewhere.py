"""Kernels that others have started, and a real Kernel Gateway, for tests."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager

TOKEN = "a-token-of-this-test"


_WITHOUT_US = """
import os, sys
sys.path = [p for p in sys.path if not os.path.isdir(os.path.join(p or ".", "replplan_kernels"))]
from ipykernel import kernelapp
kernelapp.launch_new_instance()
"""


class RunningKernel:
    """A kernel of somebody else, who uses it as well."""

    def __init__(self, manager: AsyncKernelManager) -> None:
        self.manager = manager
        self.file = str(manager.connection_file)

    async def run(self, code: str) -> str:
        """What a cell of its owner prints."""
        client: Any = self.manager.client()
        client.start_channels()
        printed = list[str]()

        def hear(message: dict[str, Any]) -> None:
            printed.append(message["content"].get("text", ""))

        try:
            await client.wait_for_ready(timeout=90)
            await client.execute_interactive(code, output_hook=hear, timeout=90)
        finally:
            client.stop_channels()
        return "".join(printed)

    async def given_back(self) -> None:
        """Wait until it is its owner's alone: whoever used it has gone a moment earlier."""
        async with asyncio.timeout(90):
            while await self.run("import sys; print(type(sys.stdout).__name__)") != "OutStream\n":
                pass


@asynccontextmanager
async def running_kernel(folder: Path, transport: str = "tcp") -> AsyncIterator[RunningKernel]:
    """A stock kernel that cannot import replplan, with its connection file in a folder."""
    manager = AsyncKernelManager(
        transport=transport, connection_file=str(folder / "theirs.json"), kernel_name="python3"
    )
    spec: Any = manager.kernel_spec
    spec.argv = [sys.executable, "-c", _WITHOUT_US, "-f", "{connection_file}"]
    if transport == "ipc":
        manager.ip = str(folder / "k")
    await manager.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        async with asyncio.timeout(90):
            client: Any = manager.client()
            client.start_channels()
            await client.wait_for_ready()
            client.stop_channels()
        yield RunningKernel(manager)
    finally:
        if await manager.is_alive():
            await manager.shutdown_kernel(now=True)
        await manager.cleanup_resources()


class Gateway:
    """A Kernel Gateway on loopback."""

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self.process, self.url = process, url

    @property
    def address(self) -> str:
        """With its token, as people give it."""
        return f"{self.url}/?token={TOKEN}"

    def get(self, path: str) -> Any:
        """What it says at a path."""
        request = urllib.request.Request(
            f"{self.url}{path}", headers={"Authorization": f"token {TOKEN}"}
        )
        with urllib.request.urlopen(request, timeout=20) as reply:
            return json.load(reply)


WARM = {
    "argv": [],
    "display_name": "warm",
    "language": "python",
    "metadata": {
        "kernel_provisioner": {"provisioner_name": "replplan-zygote", "config": {"preload": []}}
    },
}


@contextmanager
def gateway(folder: Path) -> Iterator[Gateway]:
    """Start a real one, wait until it answers, and end it. It has a kernel `warm` of our zygote."""
    (folder / "kernels" / "warm").mkdir(parents=True)
    (folder / "kernels" / "warm" / "kernel.json").write_text(json.dumps(WARM))
    port = _free_port()
    command = [sys.executable, "-m", "kernel_gateway", "--KernelGatewayApp.ip=127.0.0.1"]
    command += [f"--KernelGatewayApp.port={port}", f"--KernelGatewayApp.auth_token={TOKEN}"]
    command += [
        "--KernelGatewayApp.port_retries=0",
        "--JupyterWebsocketPersonality.list_kernels=True",
    ]
    with (folder / "gateway.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=log,
            stderr=log,
            env={**os.environ, "JUPYTER_PATH": str(folder)},
        )
    try:
        made = Gateway(process, f"http://127.0.0.1:{port}")
        while not _answers(made):
            assert process.poll() is None, (folder / "gateway.log").read_text()
            time.sleep(0.05)
        yield made
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()


def _answers(gateway: Gateway) -> bool:
    try:
        gateway.get("/api")
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _free_port() -> int:
    """One below those that the system hands out: until it is used, nobody is given it."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port
