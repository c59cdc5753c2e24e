"""Keeps a test run off every network but loopback, and off the user's own files and keys."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from pathlib import Path
from typing import Any

PRIVATE = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "IPYTHONDIR")
XDG = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


class NetworkRefused(BaseException):
    """A test reached for a host beyond loopback. No `except Exception` may hide that."""


class Guard:
    """Refuses connections and look-ups of names by Python code of this process, while `on`.

    It listens to Python's audit events, so that it also holds for what the standard library and
    asyncio do. Processes that a test starts are not covered.
    """

    def __init__(self) -> None:
        self.on = False

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if self.on and event.startswith("socket."):
            self._look(event.removeprefix("socket."), args)

    def _look(self, event: str, args: tuple[Any, ...]) -> None:
        if event in {"connect", "sendto", "sendmsg"}:
            family, address = args[0].family, args[1]
            if family in (socket.AF_INET, socket.AF_INET6) and address is not None:
                self._allow(address[0])
        elif event in {"getaddrinfo", "gethostbyname", "gethostbyaddr"}:
            self._allow(args[0])

    def _allow(self, host: object) -> None:
        if not is_loopback(host):
            raise NetworkRefused(f"tests may talk to loopback only, this one wanted {host!r}")


def is_loopback(host: object) -> bool:
    """Whether `host`, a name or an address, is this machine and this machine alone."""
    name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    if name in {"localhost", "localhost.localdomain", "0.0.0.0", "::", socket.gethostname()}:
        return True
    try:
        return ipaddress.ip_address(name.split("%")[0]).is_loopback
    except ValueError:
        return False


def make_private(home: Path) -> None:
    """Give this process, and those it starts, an empty home and none of the user's keys."""
    for name in list(os.environ):
        if name.startswith("OPENAI_") or name.upper() in PROXIES:
            del os.environ[name]
    for name in PRIVATE:
        os.environ[name] = str(home)
    for name in XDG:
        os.environ[name] = str(home / name.lower())


GUARD = Guard()
sys.addaudithook(GUARD)
