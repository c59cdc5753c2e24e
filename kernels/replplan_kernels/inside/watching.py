"""The host's hold on this process: it says which cell to stop, and when it is gone, so are we."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import threading
from typing import Any

import psutil  # type: ignore[import-untyped]

from replplan_kernels.inside.frames import encode, receive
from replplan_kernels.inside.link import Link
from replplan_kernels.inside.runs import Runs


def watch(runs: Runs, link: Link, folder: str) -> None:
    """Listen to the host on a thread of its own.

    Args:
        runs: the cells that may be stopped.
        link: the calls that then break off.
        folder: the host's private folder, removed if the host is killed.
    """
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(link.path)
    connection.sendall(encode({"watch": os.getpid()}))
    work = _Watcher(runs, link, folder, connection).listen
    threading.Thread(target=work, name="watch", daemon=True).start()


class _Watcher:
    def __init__(self, runs: Runs, link: Link, folder: str, connection: socket.socket) -> None:
        self.runs, self.link, self.folder, self.connection = runs, link, folder, connection
        self.pid = os.getpid()

    def listen(self) -> None:
        try:
            while (frame := receive(self.connection)) is not None:
                signal_helps = self._stop(frame)
                told = {"stopping": frame["stop"], "signal": signal_helps}
                self.connection.sendall(encode(told))
        except OSError:
            pass
        self._host_is_gone()

    def _stop(self, frame: dict[str, Any]) -> bool:
        """Stop a cell; whether SIGINT should follow."""
        run = self.runs.stop(frame["stop"], frame["why"], frame["force"])
        if run is not None:
            spared = 0 if frame["force"] else self.runs.main  # SIGINT wakes that one
            self.link.break_off_cell(run, but=spared)
        return run is None or frame["force"] or run.thread == self.runs.main

    def _host_is_gone(self) -> None:
        if os.getpid() != self.pid:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                process.kill()
        os.killpg(0, signal.SIGKILL)
