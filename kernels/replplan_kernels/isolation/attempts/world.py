"""What a host has that a cell must not reach, set up for the attempts."""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from replplan_kernels.isolation.attempts import Seen
from replplan_kernels.isolation.walls import GIB, MIB, Walls

VICTIM = """
import ctypes, os
kept = ctypes.create_string_buffer(os.environb[b"REPLPLAN_CANARY"])
print(ctypes.addressof(kept), flush=True)
input()
"""


class World:
    """A secret in a file, in a process's environment and in its memory; listeners; another kernel.

    Attributes:
        seen: what an attempt is told of it.
        walls: of a kernel beside it, with small limits, so that they are soon reached.
    """

    def __init__(self, base: Path, prefix: Sequence[str] = ()) -> None:
        self.canary = secrets.token_hex(16)
        outside, other, own, sockets = (base / n for n in ("host", "other", "own", "sockets"))
        for folder in (outside, other, own, sockets):
            folder.mkdir(mode=0o755)
        (outside / "secret").write_text(self.canary)
        (other / "kernel.json").write_text(f'{{"key": "{self.canary}"}}')
        self.open = os.open(outside, os.O_RDONLY)
        self._listen(outside, other)
        self.victim, address = self._victim(prefix)
        self.walls = Walls(
            folder=str(own),
            sockets=str(sockets),
            memory=2 * GIB,
            processes=40,
            file_size=8 * MIB,
            open_files=256,
            folder_size=16 * MIB,
            tmp_size=16 * MIB,
            shm_size=8 * MIB,
            inodes=2000,
        )
        self.seen: Seen = self.walls.to_json() | {
            "canary": self.canary,
            "marker": "REPLPLAN_CANARY",
            "outside": str(outside),
            "secret": str(outside / "secret"),
            "other": str(other),
            "descriptor": self.open,
            "unix": str(outside / "listener"),
            "abstract": self.abstract,
            "tcp": self.tcp.getsockname()[1],
            "udp": self.udp.getsockname()[1],
            "pid": self.victim.pid,
            "address": address,
        }

    def heard(self) -> bool:
        """Whether anything came to the host's sockets since it was last asked."""
        arrived = select.select([self.tcp, self.udp, *self.listeners], [], [], 0)[0]
        for listener in arrived:
            if listener is self.udp:
                listener.recv(100)
            else:
                listener.accept()[0].close()
        return bool(arrived)

    def harmed(self) -> bool:
        """Whether the secret's file is other than it was, or something was planted beside it."""
        folders = (Path(self.seen["outside"]), Path(self.seen["other"]))
        planted = [folder / "planted" for folder in folders if (folder / "planted").exists()]
        for path in planted:
            path.unlink()
        changed = Path(self.seen["secret"]).read_text() != self.canary
        Path(self.seen["secret"]).write_text(self.canary)
        return changed or bool(planted)

    def close(self) -> None:
        """End its process, close its sockets."""
        for listener in (self.tcp, self.udp, *self.listeners):
            listener.close()
        os.close(self.open)
        self.victim.communicate(b"\n")

    def _listen(self, outside: Path, other: Path) -> None:
        self.abstract = f"replplan-{self.canary[:8]}"
        self.tcp, self.udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
        self.listeners = [socket.socket(socket.AF_UNIX) for _ in range(3)]
        for loopback in (self.tcp, self.udp):
            loopback.bind(("127.0.0.1", 0))
        names = ("\0" + self.abstract, str(outside / "listener"), str(other / "kernel-1"))
        for listener, name in zip(self.listeners, names, strict=True):
            listener.bind(name)
        for listener in (self.tcp, *self.listeners):
            listener.listen()

    def _victim(self, prefix: Sequence[str]) -> tuple[subprocess.Popen[bytes], int]:
        command = [*prefix, sys.executable, "-I", "-S", "-c", VICTIM]
        pipe, env = subprocess.PIPE, {"REPLPLAN_CANARY": self.canary}
        victim = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, env=env, start_new_session=True
        )  # Ctrl-C in a terminal is the host's to handle
        assert victim.stdout is not None
        return victim, int(victim.stdout.readline())


@contextlib.contextmanager
def a_world(prefix: Sequence[str] = ()) -> Iterator[World]:
    """A world in a temporary folder of its own.

    Args:
        prefix: what to put before the command of the process that holds the secret.
    """
    base = Path(tempfile.mkdtemp(prefix="replplan-")).resolve()
    base.chmod(0o755)
    world = World(base, prefix)
    try:
        yield world
    finally:
        world.close()
        shutil.rmtree(base)
