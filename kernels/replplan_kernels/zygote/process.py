"""The zygote's process, seen from the host."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from replplan_kernels.workspace import private_folder
from replplan_kernels.zygote.forked import ForkedKernel, opened
from replplan_kernels.zygote.launch import Launch, clean_environment
from replplan_kernels.zygote.server import LEFT_OUT

Prefix = Callable[[Path], Sequence[str]]

_DYING_SECONDS = 2.0
_LONGEST_NAME = "9999999/k-5"


class Process:
    """One life of the zygote.

    Args:
        preload: what it imports.
        prefix: the command that it is to be run by, for its folder.
    """

    def __init__(self, preload: tuple[str, ...], prefix: Prefix | None) -> None:
        self.folder = private_folder(_LONGEST_NAME)
        self.owner = os.getpid()
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.setblocking(False)
        host = 0 if prefix else self.owner  # behind a prefix it may be numbered otherwise
        command = [*(prefix(self.folder) if prefix else ()), sys.executable]
        command += ["-m", "replplan_kernels.zygote.server"]
        one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        arguments = [str(theirs.fileno()), str(self.folder), str(host), *preload]
        try:
            with theirs, (self.folder / "stderr").open("wb") as stderr:
                self.popen = subprocess.Popen(
                    [*command, *arguments],
                    env=clean_environment(one | {"IPYTHONDIR": str(self.folder / "ipython")}),
                    cwd=self.folder,
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=stderr,
                    start_new_session=True,
                )
        except BaseException:
            self.control.close()
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def last_words(self) -> str:
        """The last line that it wrote to stderr."""
        with contextlib.suppress(OSError):
            lines = (self.folder / "stderr").read_text("utf-8", "replace").split("\n")
            return next((line.strip() for line in reversed(lines) if line.strip()), "")
        return ""

    def left_out(self) -> list[str]:
        """Which modules it does not keep warm, and why; known when it has forked a kernel."""
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / LEFT_OUT).read_text("utf-8", "replace").splitlines()
        return []

    def why(self) -> str:
        """Why it hung up on a kernel. Blocks for a moment where it is just dying."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self.popen.wait(_DYING_SECONDS)
            words = self.last_words() or f"without a word, with exit code {code}"
            return f"the process that kernels are forked from has ended: {words}"
        return "the kernel did not start: it was killed"

    def ask(
        self,
        launch: Launch,
        number: int,
        connection: Mapping[str, Any] | None,
        *,
        spare: bool = False,
    ) -> ForkedKernel:
        """Ask for a kernel, to be a spare or at once, and do not wait for it.

        Raises:
            BlockingIOError: too many are asked for already.
            OSError: it is gone, or the host is out of descriptors.
        """
        folder = self.folder / str(number)
        folder.mkdir(0o700)
        try:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        except OSError:
            folder.rmdir()
            raise
        kernel = ForkedKernel(ours, folder)
        try:
            with theirs:
                kernel.tell(launch.request(folder, connection, spare=spare))
                socket.send_fds(self.control, [b"fork"], [theirs.fileno()])
        except BaseException:
            kernel.release()
            raise
        return kernel

    def adopt(self, parent: ForkedKernel, branch: ForkedKernel, theirs: socket.socket) -> None:
        """Have it take a branch of a kernel for a kernel.

        Raises:
            OSError: one of the three is gone.
        """
        with opened(branch.pid) as process, opened(parent.pid) as origin:
            socket.send_fds(self.control, [b"adopt"], [theirs.fileno(), process, origin])

    def close(self) -> None:
        """End it, and with it every kernel that it has forked."""
        self.control.close()
        try:
            self.popen.wait(5)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
