"""The kernels that `kernels.py` measures: ours, and stock ones as jupyter_client starts them."""

from __future__ import annotations

import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager

from replplan.kernel import Function, KernelOptions, Repl, SubtaskCall
from replplan_kernels.ipython import open_ipython

IMPORTS = "import numpy, pandas"


class Echo:
    """The host that the cells of this benchmark call."""

    async def call(self, repl: int, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        return args[0]

    async def subtask(self, call: SubtaskCall, repl: Repl) -> None:
        raise NotImplementedError


class Stock:
    """A stock kernel, as jupyter_client's documentation drives one."""

    def __init__(self, manager: AsyncKernelManager, client: AsyncKernelClient) -> None:
        self.manager, self.client = manager, client

    async def run(self, code: str) -> list[str]:
        """Run a cell, wait for its reply and its idle; what it printed."""
        client: Any = self.client
        sent, printed = client.execute(code, store_history=False), list[str]()
        while (await client.get_shell_msg())["parent_header"].get("msg_id") != sent:
            pass
        while True:
            said = await client.get_iopub_msg()
            if said["parent_header"].get("msg_id") != sent:
                continue
            if said["msg_type"] == "stream":
                printed.append(said["content"]["text"])
            elif said["content"].get("execution_state") == "idle":
                return printed

    @property
    def pid(self) -> int:
        provisioner: Any = self.manager.provisioner
        return int(provisioner.pid)


@asynccontextmanager
async def stock_kernel() -> AsyncIterator[Stock]:
    manager = AsyncKernelManager(kernel_name="python3")
    await manager.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client: Any = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        yield Stock(manager, client)
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)


def our_kernel(isolation: Literal["auto", "none"] = "auto", output: Path | None = None) -> Any:
    echo = Function(name="echo", signature="(x)")
    return open_ipython(
        KernelOptions(calls=Echo(), functions=(echo,), isolation=isolation, output_folder=output)
    )


async def seconds(work: Callable[[], Awaitable[Any]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began
