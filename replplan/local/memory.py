"""How much memory this process and its children may still take."""

from __future__ import annotations

from pathlib import Path

from replplan.errors import ModelError

CGROUPS = Path("/sys/fs/cgroup")
MEMINFO = Path("/proc/meminfo")


def require(needed: int) -> None:
    """See that there is room for a model.

    Raises:
        ModelError: there is too little.
    """
    free = available()
    if free is not None and free < needed:
        raise ModelError(
            f"the embedded model needs {needed / 1e6:.0f} MB of memory and {free / 1e6:.0f} MB "
            "are free: end other programs, or name an endpoint with --model and --base-url"
        )


def available() -> int | None:
    """Bytes that are free on this machine and within its container; None where it is not told."""
    known = [n for n in (_of_machine(MEMINFO), _of_container(CGROUPS)) if n is not None]
    return min(known, default=None)


def _of_machine(meminfo: Path) -> int | None:
    for line in _read(meminfo).splitlines():
        name, _, rest = line.partition(":")
        if name == "MemAvailable":
            return int(rest.split()[0]) * 1024
    return None


def _of_container(group: Path) -> int | None:
    limit, used = _read(group / "memory.max").strip(), _read(group / "memory.current").strip()
    if not (limit.isdigit() and used.isdigit()):
        return None  # no limit, or control groups of the first version
    stat = dict(line.split() for line in _read(group / "memory.stat").splitlines())
    cache = int(stat.get("inactive_file", 0))  # pages of files go when memory is wanted
    return max(0, int(limit) - int(used) + cache)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
