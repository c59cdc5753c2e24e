"""What a zygote imports beforehand, and what it leaves to the cells."""

from __future__ import annotations

from pathlib import Path

import pytest
from zygote_kernels import started

from replplan.errors import KernelError
from replplan_kernels.zygote import Zygote, can_fork

pytestmark = pytest.mark.skipif(can_fork() is not None, reason=str(can_fork()))

UNFIT = {
    "_thread_starter": (
        "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()",
        "_thread_starter starts threads when imported",
    ),
    "_broken": (
        "import json; json.broken = True; raise AttributeError('made for another numpy')",
        "_broken cannot be imported (AttributeError: made for another numpy)",
    ),
    "_lacking": (
        "import no_such_module_anywhere",
        "_lacking cannot be imported (ModuleNotFoundError: "
        "No module named 'no_such_module_anywhere')",
    ),
}


def with_modules(folder: Path) -> list[str]:
    """A prefix of the zygote that lets it find these modules."""
    (folder / "modules").mkdir()
    for name, (code, _) in UNFIT.items():
        (folder / "modules" / f"{name}.py").write_text(code)
    (folder / "modules" / "_fine.py").write_text("def start():\n    import _thread_starter")
    return ["env", f"PYTHONPATH={folder / 'modules'}"]


async def test_what_starts_threads_or_is_broken_is_left_to_the_cells() -> None:
    names = ("_fine", "_thread_starter", "_broken", "_lacking", "colorsys")
    with Zygote(names, spare=False, prefix=with_modules) as zygote:
        assert await zygote.left_out() == [told for _, told in UNFIT.values()]
        pid = zygote.warm().popen.pid
        async with started(zygote) as (_, cells):
            warm = "sorted({'_fine', '_thread_starter', 'colorsys'} & set(sys.modules))"
            assert await cells.value(warm, "import sys") == ["_fine", "colorsys"]
            assert await cells.value("hasattr(json, 'broken')", "import json") is False
            before = "import threading; others = threading.active_count(); import _thread_starter"
            assert await cells.value("threading.active_count() - others", before) == 1
        assert zygote.warm().popen.pid == pid


async def test_a_function_that_starts_threads_is_refused() -> None:
    with (
        Zygote(("_fine:start",), prefix=with_modules) as zygote,
        pytest.raises(KernelError, match="_fine:start starts threads"),
    ):
        await zygote.start()


async def test_a_module_that_is_not_installed_is_left_out() -> None:
    with Zygote(("no_such_module_anywhere",), spare=False) as zygote:
        async with started(zygote) as (_, cells):
            assert await cells.value("1") == 1
