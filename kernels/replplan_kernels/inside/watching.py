"""The host's hold on this process: it says which cell to stop, and when it is gone, so are we."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import psutil  # type: ignore[import-untyped]

from replplan_kernels.inside.frames import encode, receive
from replplan_kernels.inside.link import Link
from replplan_kernels.inside.variables import find, variables

if TYPE_CHECKING:
    from replplan_kernels.inside.install import ReplKernel

Branch = Callable[[dict[str, Any]], None]


def greet(link: Link) -> socket.socket:
    """A connection on which the host can say what is to be done with this process."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(link.path)
    connection.sendall(encode({"watch": os.getpid()}))
    return connection


def watch(connection: socket.socket, ours: ReplKernel, folder: str, branch: Branch) -> None:
    """Listen to the host on a thread of its own.

    Args:
        connection: from `greet`.
        ours: the cells that may be stopped, and the calls that then break off.
        folder: the host's private folder, removed if the host is killed.
        branch: is told when the kernel is to be branched.
    """
    work = Watcher(connection, ours, folder, branch).listen
    threading.Thread(target=work, name="watch", daemon=True).start()


def outlive_parent() -> None:
    """Have ipykernel's own watch over our parent leave us alone: it would end us before we, who
    hear that the host has gone, have tidied up."""
    from ipykernel import parentpoller

    module, parent = cast("Any", parentpoller), os.getppid()
    module.os = SimpleNamespace(getppid=lambda: parent)


class Watcher:
    """Hears from the host. See `watch`."""

    def __init__(
        self, connection: socket.socket, ours: ReplKernel, folder: str, branch: Branch
    ) -> None:
        self.connection, self.folder, self.branch = connection, folder, branch
        self.ours, self.runs, self.link = ours, ours.runs, ours.link
        self.pid = os.getpid()

    def listen(self) -> None:
        """Do what the host says, until it is gone."""
        try:
            while (frame := receive(self.connection)) is not None:
                if "branch" in frame:
                    self.branch(frame["branch"])
                    continue
                if "variables" in frame:
                    self.connection.sendall(encode({"variables": self._see(frame["variables"])}))
                    continue
                signal_helps = self._stop(frame)
                told = {"stopping": frame["stop"], "signal": signal_helps}
                self.connection.sendall(encode(told))
        except OSError:
            pass
        self.host_is_gone()

    def _see(self, number: int) -> list[list[str]]:
        """The variables of a REPL."""
        repl = find(self.ours.root, number)
        if repl is None:
            return []
        return variables(repl, {*self.ours.names(repl), *self.ours.hidden})

    def _stop(self, frame: dict[str, Any]) -> bool:
        """Stop a cell; whether SIGINT should follow."""
        run = self.runs.stop(frame["stop"], frame["why"], frame["force"])
        if run is not None:
            spared = 0 if frame["force"] else self.runs.main  # SIGINT wakes that one
            self.link.break_off_cell(run, but=spared)
        if run is not None and frame["force"]:
            return self.runs.hears_signals()
        return run is None or run.thread == self.runs.main

    def host_is_gone(self) -> None:
        """Leave, and leave nothing behind."""
        if os.getpid() != self.pid or self.ours.give_back():
            return
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        os.killpg(0, signal.SIGKILL)
