"""What a Python kernel has to read of the system. All else is hidden."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

SYSTEM = (
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/bin",
    "/sbin",
    "/nix/store",
    "/gnu/store",
)
"""Programs and libraries. Some are symbolic links, and stay such."""

ETC = (
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/crypto-policies",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/pki/ca-trust",
    "/etc/pki/tls/certs",
    "/etc/pki/tls/openssl.cnf",
    "/etc/protocols",
    "/etc/services",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/timezone",
)
"""Settings that programs need and that hold nothing private: no users, no keys, no hosts."""

NETWORK_ETC = ("/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/gai.conf")
"""What finding a host by name takes, for kernels with the host's network."""

DEVICES = ("null", "zero", "full", "random", "urandom")

PROCESSORS = "/sys/devices/system/cpu"

PACKAGE = Path(__file__).resolve().parents[1]
"""This package, from a checkout or installed."""

PACKAGES = ("site-packages", "dist-packages")


def system_paths(network: bool) -> list[str]:
    """What of the system is to be read, as far as it exists."""
    wanted = (*SYSTEM, *ETC, *(NETWORK_ETC if network else ()), PROCESSORS)
    return [path for path in wanted if readable(path)]


def python_paths() -> list[str]:
    """What this Python is made of: its prefixes, the installed packages, and this one.

    A package that is run from a checkout is bound alone, never the checkout or a home folder.
    """
    folders = [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix]
    folders += [entry for entry in sys.path if Path(entry).name in PACKAGES]
    return list(outermost([str(PACKAGE), *filter(_narrow, filter(readable, folders))]))


OURS = ("replplan", "replplan_domains", "replplan_tui")
"""What of replplan no cell is to read: a world that is drawn from a seed could be drawn again."""


def hidden_paths(names: Iterable[str]) -> list[str]:
    """Where packages of these names are installed, beside this package or elsewhere."""
    folders = {PACKAGE.parent, *map(Path, sys.path)}
    places = [folder / name for folder in folders if folder.name in PACKAGES for name in names]
    return sorted(str(place) for place in places if place.is_dir())


def outermost(paths: Iterable[str]) -> Iterator[str]:
    """The paths that lie in none of the others, each once."""
    kept: list[Path] = []
    for path in sorted({Path(p) for p in paths}):
        if not any(path.is_relative_to(other) for other in kept):
            kept.append(path)
            yield str(path)


def readable(path: str) -> bool:
    """Whether this process can get at it at all."""
    try:
        return Path(path).exists()
    except OSError:
        return False


def _narrow(folder: str) -> bool:
    """Whether a folder may be shown whole: the root or a home folder may not."""
    return not Path.home().is_relative_to(Path(folder).resolve())
