"""What the user lets cells reach beside their working folder: folders, and the network."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

import pytest
from other_machines import pretended

from replplan.errors import ConfigError
from replplan.kernel import KernelOptions
from replplan.mount import Mount
from replplan_kernels import enclosure
from replplan_kernels.ipython import open_ipython
from replplan_kernels.isolation import ladder
from replplan_kernels.zygote.launch import can_fork


@pytest.fixture(params=ladder.LEVELS)
def level(request, monkeypatch):
    if reason := can_fork() or ladder.why_not(request.param):
        pytest.skip(reason)
    monkeypatch.setattr(ladder, "strongest", lambda: request.param)
    monkeypatch.setattr(enclosure, "strongest", lambda: request.param)
    return request.param


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "there").write_text("here")
    return tmp_path / "in"


TRY = """from pathlib import Path
def attempt(what):
    try: return what()
    except OSError: return 'refused'
place = Path({place!r})
print(attempt((place / 'there').read_text), attempt(lambda: (place / 'made').write_text('x')))"""


@pytest.mark.parametrize(
    ("mount", "says", "made"),
    [
        (None, "refused refused", False),
        ("{}", "here refused", False),
        ("{}:ro", "here refused", False),
        ("{}:rw", "here 1", True),
    ],
)
async def test_a_folder_is_reached_as_was_said(level, folder, mount, says, made):
    mounts = (Mount.parse(mount.format(folder)),) if mount else ()
    async with open_ipython(KernelOptions(mounts=mounts)) as kernel:
        result = await kernel.execute(TRY.format(place=str(folder)), timeout=30)
    assert result.output == says + "\n"
    assert (folder / "made").exists() == made


@pytest.mark.parametrize("network", [False, True])
async def test_the_network_is_reached_only_when_asked_for(level, network):
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"import socket\nsocket.create_connection({server.getsockname()!r}, 10).send(b'x')"
        async with open_ipython(KernelOptions(network=network)) as kernel:
            result = await kernel.execute(code, timeout=30)
        assert (result.value == "1") == network
        assert (result.error is None) == network
        server.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            server.accept()[0].close()
            assert network


async def test_a_kernel_after_one_with_a_mount_has_none(level, folder):
    async with open_ipython(KernelOptions(mounts=(Mount(folder, writable=True),))):
        pass
    async with open_ipython(KernelOptions()) as kernel:
        result = await kernel.execute(TRY.format(place=str(folder)), timeout=30)
    assert result.output == "refused refused\n"


async def test_the_files_and_the_folder_of_the_user_are_there(level, folder, tmp_path):
    (tmp_path / "sales.csv").write_text("1,2")
    files = (tmp_path / "sales.csv",)
    for options in (KernelOptions(files=files), KernelOptions(folder=folder, files=files)):
        async with open_ipython(options) as kernel:
            assert (await kernel.execute("open('sales.csv').read()")).value == "'1,2'"


@pytest.mark.skipif(
    pretended() == "no-socket", reason="a kernel that runs elsewhere takes no mounts at all"
)
@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/no/such/folder", "there is no /no/such/folder to mount"),
        ("/", "the whole file system cannot be mounted"),
        ("/tmp", "kernels keep their sockets in it"),
        ("/proc/self", "every kernel has a /proc of its own"),
    ],
)
async def test_what_cannot_be_mounted_is_named(path, says, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", "/tmp")
    with pytest.raises(ConfigError, match=says):
        async with open_ipython(KernelOptions(mounts=(Mount(Path(path)),))):
            pass


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("a/b", Mount(Path("a/b"))),
        ("a:rw", Mount(Path("a"), writable=True)),
        ("a:ro", Mount(Path("a"))),
        ("C:/a", Mount(Path("C:/a"))),
        ("a:rw:rw", Mount(Path("a:rw"), writable=True)),
    ],
)
async def test_a_mount_as_text(text, mount):
    assert Mount.parse(text) == mount
