"""AutoGen's Jupyter executor: a stock kernel, driven by nbclient."""

import asyncio

from autogen_core import CancellationToken  # type: ignore[import-not-found]
from autogen_core.code_executor import CodeBlock  # type: ignore[import-not-found]
from autogen_ext.code_executors.jupyter import (  # type: ignore[import-not-found]
    JupyterCodeExecutor,
)
from timing import report

runner = asyncio.Runner()
opened = []


def open_():  # type: ignore[no-untyped-def]
    """A fresh one, in place of the one before."""
    while opened:
        runner.run(opened.pop().stop())
    executor = JupyterCodeExecutor()
    runner.run(executor.start())
    opened.append(executor)

    def run(code: str) -> str:
        block = CodeBlock(code=code, language="python")
        done = runner.run(executor.execute_code_blocks([block], CancellationToken()))
        return str(done.output)

    return run


report(open_)
runner.run(opened.pop().stop())
