"""replplan's kernel, walled in as it is by default."""

import asyncio
from contextlib import AsyncExitStack

from timing import report

from replplan import open_kernel

runner, stack = asyncio.Runner(), AsyncExitStack()


def open_():  # type: ignore[no-untyped-def]
    """A fresh one, in place of the one before."""
    runner.run(stack.aclose())
    kernel = runner.run(stack.enter_async_context(open_kernel()))
    return lambda code: runner.run(kernel.execute(code)).output


report(open_)
runner.run(stack.aclose())
