"""What kind of kernel is wanted of a zygote, and whether there can be one here."""

from __future__ import annotations

import functools
import importlib.metadata
import json
import os
import secrets
import sys
import sysconfig
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from replplan.record import Json

_ALLOWED = {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "LD_LIBRARY_PATH"}
_ALLOWED |= {"LANG", "LANGUAGE", "TZ"}
_PORTS = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")


@functools.cache
def can_fork() -> str | None:
    """Why kernels cannot be forked from a zygote here; None where they can."""
    if sys.platform != "linux":
        return f"forking a warm kernel is not safe on {sys.platform}: it needs Linux"
    if not hasattr(os, "fork") or not hasattr(os, "pidfd_open"):
        return "this Python has no os.fork or no os.pidfd_open"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "this is a free-threaded Python, in which a fork is not safe"
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError as error:
        return f"this system refuses pidfd_open ({error.strerror})"
    version = importlib.metadata.version("ipykernel")
    if not (7, 4) <= tuple(int(part) for part in version.split(".")[:2]) < (8, 0):
        return f"ipykernel {version} is installed, and only 7.4 to 7.x is known inside"
    return None


def clean_environment(given: Mapping[str, str] = {}) -> dict[str, str]:
    """The host's environment without its keys: what is on the allow-list, and what is given."""
    kept = {n: v for n, v in os.environ.items() if n in _ALLOWED or n.startswith("LC_")}
    return kept | dict(given)


@dataclass(frozen=True)
class Launch:
    """What kind of kernel is wanted. A spare serves any start of its own kind.

    Attributes:
        transport: over which sockets its clients reach it.
        ip: the address that it listens on, for tcp.
        early: a "module:function" that confines the process, called before there is a socket or
            a second thread: `function(request, keep, announce=descriptor, lifeline=descriptor)`.
            It must leave the descriptors of `keep` open. It may come back in another process, if
            it has written a line of JSON to `announce`, `{"kernel": pid, "init": pid or null}`;
            by then the first process has to be gone for good. At the end of file of `lifeline`
            that init has to end.
        options: what it reads in the request, beside `folder`.
        prepare: gives more of these for the kernel's own fresh folder, on the host.
        spare: whether more kernels of this kind are likely to be wanted.
        by_message: whether cells come by Jupyter's messages: one in reserve has then run one.
    """

    transport: Literal["ipc", "tcp"] = "ipc"
    ip: str = "127.0.0.1"
    early: str = ""
    options: Mapping[str, Json] = field(default_factory=dict)
    prepare: Callable[[Path], Mapping[str, Json]] | None = None
    spare: bool = True
    by_message: bool = True

    @property
    def key(self) -> Hashable:
        """Equal for launches that are alike."""
        return (
            self.transport,
            self.ip,
            self.early,
            json.dumps(dict(self.options)),
            self.prepare,
            self.by_message,
        )

    def request(
        self, folder: Path, connection: Mapping[str, Any] | None, *, spare: bool
    ) -> dict[str, Any]:
        """What the kernel hears first."""
        prepared = self.prepare(folder) if self.prepare else {}
        return {
            **self.options,
            **prepared,
            "folder": str(folder),
            "early": self.early,
            "rehearsed": spare and self.by_message,
            "connection": dict(connection or self._connection(folder)),
            "connection_file": str(folder / "kernel.json"),
        }

    def _connection(self, folder: Path) -> dict[str, Any]:
        ipc = self.transport == "ipc"
        return {
            "transport": self.transport,
            "ip": str(folder / "k") if ipc else self.ip,
            "key": secrets.token_hex(16),
            "signature_scheme": "hmac-sha256",
            **{name: number if ipc else 0 for number, name in enumerate(_PORTS, 1)},
        }


@dataclass(frozen=True)
class Going:
    """What a kernel is told when it is wanted.

    Attributes:
        cwd: its working folder; None for where `early` has left it, else for the host's.
        env: its environment; None for the host's without its keys.
        setup: each a "module:function", called as `function(app, request)`.
        options: what these read in the request.
    """

    cwd: Path | None = None
    env: Mapping[str, str] | None = None
    setup: tuple[str, ...] = ()
    options: Mapping[str, Json] = field(default_factory=dict)

    def word(self, launch: Launch) -> dict[str, Any]:
        """As the kernel hears it."""
        env = clean_environment() if self.env is None else dict(self.env)
        cwd = str(self.cwd or ("" if launch.early else Path.cwd()))
        return {**self.options, "cwd": cwd, "env": env, "setup": self.setup}
