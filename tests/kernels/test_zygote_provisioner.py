"""Kernels of the zygote in the hands of others: kernel managers, nbclient, kernelspecs."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager, KernelManager
from traitlets import default
from zygote_kernels import PATIENCE, Cells, wait_for_end

from replplan.errors import KernelError
from replplan_kernels.zygote import can_fork, provisioner
from replplan_kernels.zygote.client import close_shared

pytestmark = pytest.mark.skipif(can_fork() is not None, reason=str(can_fork()))


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KernelSpecManager]:
    """A folder with one kernelspec, and the zygote that it brings about."""
    folder = tmp_path_factory.mktemp("kernels")
    chosen = {"provisioner_name": "replplan-zygote", "config": {"preload": []}}
    spec = {
        "argv": ["this-is-not-used"],
        "display_name": "Forked",
        "language": "python",
        "env": {"FROM_SPEC": "yes"},
        "metadata": {"kernel_provisioner": chosen},
    }
    (folder / "forked").mkdir()
    (folder / "forked" / "kernel.json").write_text(json.dumps(spec))
    yield KernelSpecManager(kernel_dirs=[str(folder)], ensure_native_kernel=False)
    close_shared()


@pytest.fixture(params=["ipc", "tcp"])
def manager(
    request: pytest.FixtureRequest, specs: KernelSpecManager, tmp_path: Path
) -> AsyncKernelManager:
    return AsyncKernelManager(
        kernel_name="forked",
        kernel_spec_manager=specs,
        transport=request.param,
        connection_file=str(tmp_path / "kernel.json"),
    )


@asynccontextmanager
async def started(manager: AsyncKernelManager, **options: Any) -> AsyncIterator[Cells]:
    """A client of the manager's kernel, which ends with it if it has not been ended before."""
    await manager.start_kernel(**options)
    cells = Cells(manager.get_connection_info())
    try:
        yield cells
    finally:
        cells.close()
        await manager.shutdown_kernel(now=True)


async def test_a_manager_starts_it_and_ends_it(manager: AsyncKernelManager) -> None:
    async with started(manager) as cells:
        pid = await cells.value("os.getpid()", "import os")
        assert manager.transport == cells.client.transport
        assert json.loads(_read(manager.connection_file))["transport"] == manager.transport
        assert await cells.value("os.environ['FROM_SPEC']") == "yes"
        await manager.shutdown_kernel()
    wait_for_end(pid)
    assert not await manager.is_alive()
    assert not os.path.exists(manager.connection_file)  # noqa: ASYNC240, PTH110


def _read(path: str) -> str:
    return Path(path).read_text()


async def test_a_restart_keeps_the_address(manager: AsyncKernelManager) -> None:
    async with started(manager) as cells:
        before = manager.get_connection_info()
        first = await cells.value("os.getpid()", "import os")
        await manager.restart_kernel(now=True)
        assert manager.get_connection_info() == before
        again = Cells(before)  # the other may not have noticed yet that it lost its kernel
        assert await again.value("os.getpid()", "import os") != first
        again.close()


async def test_an_interrupt_ends_the_cell_and_not_the_kernel(
    manager: AsyncKernelManager, tmp_path: Path
) -> None:
    async with started(manager) as cells:
        await cells.reply("x = 1")
        begun = tmp_path / "begun"
        long = f"import os, time\nos.mkdir({str(begun)!r})\ntime.sleep(600)"
        running = asyncio.ensure_future(cells.reply(long))
        async with asyncio.timeout(PATIENCE):
            while not begun.exists():
                await asyncio.sleep(0.01)
        await manager.interrupt_kernel()
        assert (await running)["ename"] == "KeyboardInterrupt"
        assert await cells.value("x") == 1


async def test_its_death_is_noticed(manager: AsyncKernelManager) -> None:
    async with started(manager) as cells:
        assert await manager.is_alive()
        assert manager.provisioner is not None
        waiting = asyncio.ensure_future(manager.provisioner.wait())
        cells.send("import os; os._exit(9)")
        assert await asyncio.wait_for(waiting, PATIENCE) == 9
        assert not await manager.is_alive()


async def test_what_the_caller_sets_reaches_it_and_what_the_host_has_does_not(
    manager: AsyncKernelManager, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OF_THE_HOST", "secret")
    env = {**os.environ, "OF_THE_CALLER": "1"}
    names = "[n in os.environ for n in ('OF_THE_HOST', 'OF_THE_CALLER', 'PATH')]"
    async with started(manager, env=env, cwd=str(tmp_path)) as cells:
        assert await cells.value(names, "import os") == [False, True, True]
        assert await cells.value("os.getcwd()") == str(tmp_path)


def test_a_blocking_manager_uses_it_as_well(specs: KernelSpecManager) -> None:
    manager: Any = KernelManager(kernel_name="forked", kernel_spec_manager=specs)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        reply = client.execute("1", reply=True, timeout=PATIENCE)
        assert reply["content"]["status"] == "ok"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_notebook_runs_in_it(specs: KernelSpecManager) -> None:
    cell = nbformat.v4.new_code_cell("print('hello', end='')\n6 * 7")
    notebook = nbformat.v4.new_notebook(cells=[cell])

    class Manager(AsyncKernelManager):
        @default("kernel_spec_manager")
        def _ours(self) -> KernelSpecManager:
            return specs

    nbclient.NotebookClient(notebook, kernel_name="forked", kernel_manager_class=Manager).execute()
    said, result = notebook.cells[0].outputs
    assert said["text"] == "hello"
    assert result["data"]["text/plain"] == "42"


async def test_asked_for_by_name_it_never_falls_back(
    manager: AsyncKernelManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provisioner, "can_fork", lambda: "there is no fork here")
    with pytest.raises(KernelError, match=r"replplan-zygote.*there is no fork here"):
        await manager.start_kernel()


async def test_it_refuses_to_be_asked_for_encryption(manager: AsyncKernelManager) -> None:
    assert manager.kernel_spec is not None
    manager.kernel_spec.metadata["supported_encryption"] = "curve"
    manager.transport_encryption = "required"
    try:
        with pytest.raises(KernelError, match="encrypt"):
            await manager.start_kernel()
    finally:
        del manager.kernel_spec.metadata["supported_encryption"]


async def test_a_signal_after_its_end_hits_nobody(manager: AsyncKernelManager) -> None:
    await manager.start_kernel()
    process: Any = manager.provisioner
    kernel = process.process
    os.kill(kernel.pid, signal.SIGKILL)
    assert await asyncio.wait_for(kernel.ended(), PATIENCE) == -signal.SIGKILL
    process.pgid = os.getpgid(0)  # as if the number had been given to somebody else
    await process.send_signal(signal.SIGTERM)
    await manager.shutdown_kernel(now=True)
