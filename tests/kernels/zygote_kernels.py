"""Kernels of a zygote, and a plain Jupyter client for them."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import os
import select
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient

from replplan_kernels.zygote import ForkedKernel, Going, Launch, Zygote

PATIENCE = 30.0
"""Seconds after which something that must happen counts as a hang."""


class Cells:
    """Runs cells in a kernel."""

    def __init__(self, connection: Mapping[str, Any]) -> None:
        self.client: Any = AsyncKernelClient()
        self.client.load_connection_info(dict(connection))
        self.client.start_channels(hb=False, stdin=False)

    async def reply(self, code: str, **options: Any) -> dict[str, Any]:
        # Or ipykernel aborts what comes right behind the reply of a cell that failed.
        message = self.client.execute(code, stop_on_error=False, **options)
        reply = await self.client._async_recv_reply(message, timeout=PATIENCE)
        return dict(reply["content"])

    async def value(self, expression: str, before: str = "") -> Any:
        """The value of an expression, after some code."""
        reply = await self.reply(before, user_expressions={"it": expression})
        assert reply["status"] == "ok", reply
        assert reply["user_expressions"]["it"]["status"] == "ok", reply
        return ast.literal_eval(reply["user_expressions"]["it"]["data"]["text/plain"])

    def send(self, code: str) -> None:
        """Run a cell and wait for nothing."""
        self.client.execute(code)

    def close(self) -> None:
        self.client.stop_channels()
        self.client.context.destroy(linger=0)


@asynccontextmanager
async def started(
    zygote: Zygote,
    launch: Launch = Launch(),  # noqa: B008
    going: Going = Going(),  # noqa: B008
) -> AsyncIterator[tuple[ForkedKernel, Cells]]:
    kernel = await zygote.start(launch, going)
    cells = Cells(kernel.connection)
    try:
        yield kernel, cells
    finally:
        cells.close()
        kernel.kill()
        await asyncio.wait_for(kernel.ended(), PATIENCE)
        kernel.release()


def wait_for_end(pid: int) -> None:
    """Wait until a process is gone, waited for by whoever has to."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    ended = poll.poll(PATIENCE * 1000)
    os.close(descriptor)
    assert ended, f"process {pid} is still there"


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def streams(pid: int) -> list[str]:
    """What its standard input, output and error are."""
    return [str(Path(f"/proc/{pid}/fd/{number}").readlink()) for number in range(3)]


def begun_with(pid: int) -> bytes:
    """The environment that a process was started with."""
    return Path(f"/proc/{pid}/environ").read_bytes()


def memory_holds(pid: int, secret: bytes) -> bool:
    """Whether these bytes are anywhere in what a process may write to."""
    maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in maps:
            span, rights, *_ = line.split()
            if rights.startswith("rw"):
                begin, end = (int(part, 16) for part in span.split("-"))
                with contextlib.suppress(OSError):  # it was given back meanwhile
                    memory.seek(begin)
                    if secret in (memory.read(end - begin) or b""):
                        return True
    return False
