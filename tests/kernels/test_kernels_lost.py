"""Messages that are lost on a kernel of somebody else's, and kernels that are lost."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path

import pytest
import pytest_asyncio
from elsewhere import running_kernel
from jupyter_client.asynchronous.client import AsyncKernelClient
from zmq import Event
from zmq.utils.monitor import recv_monitor_message

from replplan.kernel import KernelOptions
from replplan_kernels.channels import SocketContext, ZmqChannels
from replplan_kernels.ipython import open_ipython

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def theirs(tmp_path_factory):
    async with running_kernel(tmp_path_factory.mktemp("k")) as running:
        yield running


def read(path):
    return Path(path).read_text("utf-8")


async def check(theirs):
    """It is there for whoever comes."""
    async with open_ipython(KernelOptions(kernel=theirs.file, isolation="none")) as kernel:
        assert (await kernel.execute("1 + 1")).value == "2"


async def test_what_is_lost_on_a_kernel_at_first_is_said_again(theirs, monkeypatch):
    lost, send = list[dict](), ZmqChannels.send

    async def lossy(channels, channel, message):
        if channel == "control" and not lost:
            lost.append(message)
        else:
            await send(channels, channel, message)

    monkeypatch.setattr(ZmqChannels, "send", lossy)
    await check(theirs)
    assert lost


async def test_kernels_that_nobody_reaches_any_more_hold_up_no_other(theirs):
    """Each is let go while libzmq tells that it tries to connect again."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        info = json.loads(read(theirs.file)) | {"shell_port": nobody.getsockname()[1]}
        info["key"] = info["key"].encode()
        for n in range(2_000):
            client = AsyncKernelClient(context=SocketContext.instance())
            client.load_connection_info(info)
            channels = ZmqChannels.connected(client, "shell")
            watch = channels.ends(Event.CONNECT_RETRIED)
            if n % 100 == 0:
                await asyncio.wait_for(recv_monitor_message(watch), 20)
            await channels.close()
    await check(theirs)
