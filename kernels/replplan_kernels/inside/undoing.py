"""Gives a kernel that is not ours back as it was."""

from __future__ import annotations

import builtins
import getpass
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from replplan_kernels.inside.relay import Relay

_ABSENT = object()


class Before:
    """What the kernel was before it became ours: made, and given back, on its main thread."""

    def __init__(self, kernel: Any) -> None:
        shell = kernel.shell
        places: list[tuple[Any, str]] = [
            (threading.Thread, "start"),
            (ThreadPoolExecutor, "submit"),
            (time, "sleep"),
            (threading, "excepthook"),
            (builtins, "input"),
            (getpass, "getpass"),
            (sys, "stdout"),
            (sys, "stderr"),
        ]
        places += [(stream, n) for stream in (sys.stdout, sys.stderr) for n in ("write", "flush")]
        hooks = ("do_execute", "_execute_sleep", "pre_handler_hook", "post_handler_hook")
        places += [(kernel, name) for name in hooks]
        places += [(shell, name) for name in ("system", "automagic")]
        places += [(shell.compile, "ast_parse")]
        places += [(part, "session") for part in (shell.displayhook, shell.display_pub)]
        self.shell, self.kind = shell, type(shell)
        self.places = [(where, name, _value(where, name)) for where, name in places]
        self.transformers = list(shell.ast_transformers)
        self.on_signal = signal.getsignal(signal.SIGINT)
        self.names = dict(shell.user_ns)

    def give_back(self, ours: dict[str, Any]) -> None:
        """Put everything back; of the names bound since, those of ours go and all others stay."""
        space = self.shell.user_ns
        for name, value in ours.items():
            if space.get(name) is value:
                del space[name]
        self.shell.__class__ = self.kind
        for name in (*ours, "exit", "quit"):
            if name in self.names:
                space.setdefault(name, self.names[name])
        for where, name, value in self.places:
            if value is _ABSENT:
                vars(where).pop(name, None)
            else:
                setattr(where, name, value)
        self.shell.ast_transformers[:] = self.transformers
        signal.signal(signal.SIGINT, self.on_signal)


def _value(where: Any, name: str) -> Any:
    """What stands at a place itself, not what its class has for it."""
    found = vars(where).get(name, _ABSENT)
    return getattr(where, name) if found is _ABSENT and _is_trait(where, name) else found


def _is_trait(where: Any, name: str) -> bool:
    return name in getattr(type(where), "_traits", {})


class Visit:
    """The stay of a host in a kernel with which it shares no file system, and maybe no more.

    Attributes:
        folder: a private one of ours, with the socket of the link.
        link: the path of that socket.
        names: gives what is bound in the root.
    """

    def __init__(self, kernel: Any, visit: str, *, owned: bool) -> None:
        self.kernel, self.owned = kernel, owned
        if (earlier := getattr(kernel, "_replplan_visit", None)) is not None:
            earlier.end()  # of a host that was killed
        self._before: Before | None = Before(kernel)
        self._was_in = os.getcwd()  # noqa: PTH109 - as text
        self.folder = tempfile.mkdtemp(prefix="rp-")
        self.relay = Relay(kernel, self.folder, visit)
        self.link = self.relay.path
        work = Path(self.folder) / "work"
        work.mkdir()
        os.chdir(work)
        self.names: Callable[[], dict[str, Any]] = dict
        kernel._replplan_visit = self

    @property
    def over(self) -> bool:
        """Whether the kernel is given back."""
        return self._before is None

    def end(self) -> None:
        """Give the kernel back as it was, on its main thread. May be called twice."""
        if self._before is None:
            return
        before, self._before = self._before, None
        self.relay.end()
        before.give_back(self.names())
        os.chdir(self._was_in)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.kernel._replplan_visit = None
