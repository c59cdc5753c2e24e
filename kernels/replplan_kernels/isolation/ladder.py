"""Which walls this machine can put up: the strongest that works, found out by trying.

1. `namespaces`: the forked kernel goes into namespaces of its own, with a root of its own.
2. `bubblewrap`: the zygote is started inside of bubblewrap; Landlock and seccomp for each kernel.
3. `landlock`: Landlock and seccomp for each kernel, without namespaces.

Each level has limits of resources and a filter of system calls. There is no fourth: a machine that
has none of these runs cells only where the user said that they need no walls.
"""

from __future__ import annotations

import functools
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal, get_args

from replplan.errors import ConfigError, KernelError
from replplan_kernels.isolation import bubblewrap, view
from replplan_kernels.isolation.helper import Helper
from replplan_kernels.isolation.walls import Walls

Level = Literal["namespaces", "bubblewrap", "landlock"]
LEVELS: tuple[Level, ...] = get_args(Level)

WORKS = "replplan_kernels.isolation.trial:works"


def strongest() -> Level | None:
    """The strongest level that works here; None where none does. Tried once (0.1 s)."""
    return next((level for level in LEVELS if why_not(level) is None), None)


@functools.cache
def why_not(level: Level) -> str | None:
    """Why this machine has not got a level, in a few words; None if it works.

    The level is tried for real, in a process that is thrown away.
    """
    if not sys.platform.startswith("linux"):
        return "this is not Linux"
    if level == "bubblewrap" and not bubblewrap.find():
        return "bubblewrap is not installed"
    with tempfile.TemporaryDirectory(prefix="replplan-") as folder:
        walls = Walls(folder=os.path.realpath(folder))
        order = {"request": prepare(walls, level=level), "function": WORKS, "arguments": []}
        outside = command_prefix(walls) if level == "bubblewrap" else []
        with Helper(outside) as helper:
            answer = helper.ask(order)
    return None if answer.get("result") == "works" else str(answer.get("error", "it broke off"))


def prepare(walls: Walls, isolation: str = "auto", level: Level | None = None) -> dict[str, Any]:
    """What a forked kernel needs to wall itself in: the request for `enter.enter`, as plain JSON.

    Args:
        walls: what the kernel may reach.
        isolation: "auto" for what this machine offers, "none" for nothing.
        level: a certain level, whatever this machine offers.

    Raises:
        KernelError: this machine offers none.
        ConfigError: a path of `walls` is not absolute, does not exist, or shows too much.
    """
    if isolation == "none":
        return {"level": "none", "walls": walls.to_json()}
    level = level or strongest()
    if level is None:
        raise KernelError(_refusal())
    _check(walls)
    return {"level": level, "walls": walls.to_json(), "view": view.view(walls)}


def command_prefix(walls: Walls) -> list[str]:
    """What starts a zygote, or a stock kernel, inside of bubblewrap: to be put before its command.

    Raises:
        ConfigError: as `prepare`.
    """
    _check(walls)
    return bubblewrap.prefix(walls)


def _check(walls: Walls) -> None:
    for path in (walls.folder, *walls.all_readable(), *walls.all_writable()):
        if not Path(path).is_absolute():
            raise ConfigError(f"the path {path} for a kernel is not absolute: give the whole path")
        if not Path(path).exists():
            raise ConfigError(f"{path}, which a kernel is to see, does not exist")
        if Path(path).resolve() == Path("/"):
            raise ConfigError("a kernel cannot be given the whole file system: name a folder in it")
    names = [Path(file).name for file in walls.files]
    twice = sorted({name for name in names if names.count(name) > 1})
    if walls.private and twice:
        raise ConfigError(f"two files are called {twice[0]}: rename one, or give their folder")


def _refusal() -> str:
    reasons = "; ".join(f"{level}: {why_not(level)}" for level in LEVELS)
    return (
        f"cells cannot be walled in on this machine ({reasons}): "
        "run replplan in a container, or say --isolation none to run them as yourself"
    )
