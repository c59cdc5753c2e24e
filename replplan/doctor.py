"""What this machine can and cannot do for replplan, found out by trying it."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path

from replplan.config import new_trace_path
from replplan.errors import KernelError, ReplplanError
from replplan.kernel import KernelOptions
from replplan.plugins import domain_names, kernel_opener, package_checks
from replplan.record import Record


class Check(Record):
    """One thing that was tried: what was found, and what would mend it.

    `needed` says that no plan can run without it; `within` names the group that a check is one of
    many of.
    """

    what: str
    ok: bool
    finding: str
    remedy: str = ""
    needed: bool = False
    within: str = ""


Examine = Callable[[], Awaitable[list[Check]]]
"""What the entry-point group `replplan.checks` names: the checks of a package's own."""


async def examine() -> list[Check]:
    """Try everything; a check that fails is a finding, not an error."""
    return [
        _python(),
        await _kernel(),
        *await _of_packages(),
        _embedded_model(),
        _endpoint(),
        _traces(),
        _domains(),
    ]


def _python() -> Check:
    version = f"{platform.python_implementation()} {platform.python_version()}"
    return Check(what="python", ok=True, finding=f"{version} on {platform.platform()}", needed=True)


async def _kernel() -> Check:
    """A kernel as plans open it, and the next one, which finds everything warm."""
    try:
        first, again = await _answer(), await _answer()
    except ReplplanError as e:
        return Check(what="kernel", ok=False, finding=str(e), needed=True)
    finding = f"a kernel started and answered in {first:.2f} s, the next one in {again:.2f} s"
    return Check(what="kernel", ok=True, finding=finding, needed=True)


async def _answer() -> float:
    """Seconds until a fresh kernel has answered.

    Raises:
        ReplplanError: it did not.
    """
    began = time.perf_counter()
    async with kernel_opener()(KernelOptions()) as kernel:
        result = await kernel.execute("1 + 1", timeout=30)
    if result.value != "2":
        raise KernelError(f"a kernel started, and does not know what 1 + 1 is: {result}")
    return time.perf_counter() - began


async def _of_packages() -> list[Check]:
    found = []
    for name, load in package_checks().items():
        try:
            found += await load()()
        except Exception as e:  # noqa: BLE001 - whatever another package does wrong is a finding
            wrong = f"its checks failed: {type(e).__name__}: {e}"
            found.append(Check(what=name, ok=False, finding=wrong))
    return found


def _embedded_model() -> Check:
    from replplan.local import list_models

    if find_spec("xllamacpp") is None:
        return Check(
            what="embedded model",
            ok=False,
            finding="its runtime is not installed",
            remedy='pip install "replplan[local]"',
        )
    model = list_models()[0]
    return Check(
        what="embedded model",
        ok=model.path is not None,
        finding=f"{model.name} {'at ' + str(model.path) if model.path else 'is not pulled'}",
        remedy="replplan model pull",
    )


def _endpoint() -> Check:
    url = os.environ.get("OPENAI_BASE_URL")
    key = bool(os.environ.get("OPENAI_API_KEY"))
    finding = f"{url or 'the default of OpenAI'}, {'a key is set' if key else 'no key is set'}"
    return Check(
        what="endpoint",
        ok=bool(url or key),
        finding=finding if url or key else "none is configured",
        remedy="set OPENAI_API_KEY, or OPENAI_BASE_URL, or give --base-url",
    )


def _traces() -> Check:
    folder = new_trace_path("", "").parent
    near: Path = next(p for p in (folder, *folder.parents) if p.exists())
    ok = os.access(near, os.W_OK)
    free = shutil.disk_usage(near).free / 1e9
    return Check(
        what="traces",
        ok=ok,
        finding=f"{folder}, {free:.1f} GB free" if ok else f"{near} cannot be written",
        remedy="name a file with --trace",
    )


def _domains() -> Check:
    names = domain_names()
    return Check(what="domains", ok=bool(names), finding=", ".join(names) or "none", needed=True)
