"""What `replplan doctor` is told of kernels here: how they start, and which walls hold."""

from __future__ import annotations

import asyncio

from replplan.doctor import Check
from replplan.errors import KernelError
from replplan_kernels.enclosure import left_out
from replplan_kernels.isolation.attempts import Attempt, every_attempt
from replplan_kernels.isolation.ladder import LEVELS, Level, strongest, why_not
from replplan_kernels.isolation.proof import CONTROL, Finding, prove
from replplan_kernels.zygote.launch import can_fork

_LEVELS: dict[Level, str] = {
    "namespaces": "each kernel is in namespaces of its own, with a root of its own",
    "bubblewrap": "kernels are inside of bubblewrap, each behind Landlock and seccomp",
    "landlock": "each kernel is behind Landlock and seccomp, without namespaces",
}
_CONTAIN = "run replplan in a container, or say --isolation none to run cells as yourself"


async def examine() -> list[Check]:
    """Find out how kernels start, and try every wall around them (about four seconds)."""
    return [await _start(), *await asyncio.to_thread(_walls)]


async def _start() -> Check:
    """How, and what the warm process leaves to cells to import: that is told, and no fault."""
    what = "start of kernels"
    if reason := can_fork():
        remedy = "no need: kernels only start more slowly, and need --isolation none"
        return Check(what=what, ok=False, finding=f"started afresh: {reason}", remedy=remedy)
    try:
        cold = "".join(f"; {line}: left to the cells that import it" for line in await left_out())
    except KernelError as error:
        return Check(what=what, ok=False, finding=f"none starts: {error}")
    return Check(what=what, ok=True, finding=f"forked from a warm process{cold}")


def _walls() -> list[Check]:
    level = None if can_fork() else strongest()
    if level is None:
        return [Check(what="isolation", ok=False, finding=_no_level(), remedy=_CONTAIN)]
    found = prove(level)
    return [_isolation(level, found), *map(_wall, every_attempt(), found[1:-1])]


def _no_level() -> str:
    if reason := can_fork():
        return f"none: a kernel that is not forked cannot be walled in ({reason})"
    reasons = "; ".join(f"{level}: {why_not(level)}" for level in LEVELS)
    return f"none of the walls can be put up here ({reasons})"


def _isolation(level: Level, found: list[Finding]) -> Check:
    """The sum. Walls that are known to be open at this level are told, and no fault."""
    tried = found[1:-1]
    broken = any(not f.held for f in found if f.what == CONTROL)
    open_ones = [f for f in tried if not f.held]
    finding = f"{_LEVELS[level]}; {len(tried)} ways out were tried, "
    finding += f"{len(open_ones)} of them open" if open_ones else "every one is closed"
    if broken:
        finding += "; but an ordinary computation does not work there"
    ok = not broken and all(f.known for f in open_ones)
    return Check(what="isolation", ok=ok, finding=finding, remedy=_CONTAIN)


def _wall(attempt: Attempt, found: Finding) -> Check:
    told = found.detail if found.held else found.known or f"not known to be so: {found.detail}"
    return Check(what=found.what, ok=found.held, finding=told, within=f"walls: {attempt.family}")
