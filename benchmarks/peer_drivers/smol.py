"""smolagents' executor: an interpreter of its own, in this process."""

from smolagents.local_python_executor import LocalPythonExecutor  # type: ignore[import-not-found]
from timing import report


def open_():  # type: ignore[no-untyped-def]
    """A fresh one; it needs to be told of its tools before it knows `print`."""
    executor = LocalPythonExecutor(additional_authorized_imports=[], timeout_seconds=None)
    executor.send_tools({})
    return lambda code: executor(code).logs


report(open_)
